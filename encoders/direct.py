"""Direct input: the image itself at every timestep; the first layer's neurons do the coding (DIET-SNN)."""

from dataclasses import dataclass

import torch
from torch import Tensor

from encoders.base import EncoderInfo, Operations, Unfitted, admit


@dataclass(frozen=True)
class Direct(Unfitted):
    """x at each t: analog values rather than spikes, so that the first layer multiplies (Rathi & Roy).

    >>> import torch
    >>> from encoders import create
    >>> images = torch.tensor([1.0, 0.0, -0.5]).view(1, 1, 1, 3)
    >>> create("direct").encode(images, timesteps=2, key=0).flatten(1)  # [T, pixels]
    tensor([[ 1.0000,  0.0000, -0.5000],
            [ 1.0000,  0.0000, -0.5000]])
    """

    @property
    def info(self) -> EncoderInfo:
        """Analog, in [-1, 1]; the same at every step."""
        return EncoderInfo("analog", True, 1, (-1.0, 1.0), "Rathi & Roy 2021, DIET-SNN", resolution=1e-6)

    def encode(
        self, images: Tensor, timesteps: int, key: int, ids: Tensor | None = None, dtype: torch.dtype = torch.float32
    ) -> Tensor:
        """The images `[N, C, H, W]` repeated: `[T, N, C, H, W]` (a view of one copy)."""
        admit(images, timesteps, key, ids)
        return images.to(dtype).expand(timesteps, *images.shape)

    def operations(self, shape: tuple[int, int, int], timesteps: int) -> Operations:
        """None: the cost lies in the first layer."""
        return Operations()
