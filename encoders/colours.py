"""The DCT encoder's colour spaces, as matrices and offsets on RGB in [-1, 1].

"ycbcr" is JPEG's full-range YCbCr; on [-1, 1] input its offsets vanish and every channel stays in [-1, 1].
"ycbcr-released" is what the authors' code does to input that is already in [-1, 1]: JPEG's offset of 128 for 8-bit
chroma, here 128/255, is added all the same. Chroma then lies in [-0.498, 1.502] with grey at 0.502.
"luma" and "chroma" are the first, and the last two, channels of "ycbcr".
"""

import torch
from torch import Tensor

from encoders.errors import EncoderError

_YCBCR = torch.tensor([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])
_MATRICES = {"ycbcr": _YCBCR, "ycbcr-released": _YCBCR, "luma": _YCBCR[:1], "chroma": _YCBCR[1:]}
_OFFSETS = {"ycbcr-released": torch.tensor([0.0, 128 / 255, 128 / 255])}
COLOURS = ("rgb", *_MATRICES)


def channels_of(colour: str, given: int) -> int:
    """How many channels images of `given` channels have in this colour space."""
    return given if colour == "rgb" else len(_MATRICES[colour])


def coloured(images: Tensor, colour: str) -> Tensor:
    """RGB images `[N, 3, H, W]` in [-1, 1] in a colour space of `COLOURS`; "rgb" gives any images back as they are."""
    if colour == "rgb":
        return images
    if images.shape[1] != 3:
        raise EncoderError(f"colour '{colour}' needs 3 channels, the images have {images.shape[1]}")
    converted = torch.einsum("oc,nchw->nohw", _MATRICES[colour].to(images.device, non_blocking=True), images)
    if colour not in _OFFSETS:
        return converted
    return converted + _OFFSETS[colour].to(images.device, non_blocking=True).view(-1, 1, 1)
