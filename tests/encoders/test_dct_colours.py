"""The DCT encoder's colour spaces: against PIL's conversion, and the released code's offset by hand."""

import numpy as np
import pytest
import torch
from PIL import Image

from encoders import create
from encoders.colours import coloured
from encoders.dct import Dct


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pictures(*shape: int) -> torch.Tensor:
    return torch.rand(shape, generator=generator(7)) * 2 - 1


def test_ycbcr_is_pils_conversion_within_rounding() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (8, 6, 3), dtype=np.uint8)
    pils = np.asarray(Image.fromarray(pixels).convert("YCbCr")).astype(np.float64)
    images = torch.from_numpy(pixels).permute(2, 0, 1)[None] / 127.5 - 1
    ours = create("dct", block_size=2, stride=2, colour="ycbcr").frame(images)[0].permute(1, 2, 0).numpy()
    # PIL centres chroma on 128 where [-1, 1] has 127.5, and cuts to whole numbers rather than rounding.
    np.testing.assert_allclose(ours * 127.5 + [127.5, 128, 128], pils, atol=1.01)


def test_luma_and_chroma_are_the_channels_of_ycbcr() -> None:
    images = pictures(2, 3, 16, 16)
    luma, chroma, both = (create("dct", colour=colour) for colour in ("luma", "chroma", "ycbcr"))
    assert luma.frame(images).shape == (2, 1, 16, 16)
    assert torch.equal(torch.cat([luma.frame(images), chroma.frame(images)], dim=1), both.frame(images))
    one, two, three = (float(encoder.operations((3, 16, 16), 16)) for encoder in (luma, chroma, both))
    assert one + two == three
    assert luma.calibrate(images, generator()).encode(images, 16, generator()).shape == (16, 2, 1, 16, 16)


def test_the_released_conversion_shifts_chroma_of_the_centred_one() -> None:
    images = pictures(2, 3, 8, 8)
    centred, released = coloured(images, "ycbcr"), coloured(images, "ycbcr-released")
    assert torch.equal(released[:, 0], centred[:, 0])
    torch.testing.assert_close(released[:, 1:], centred[:, 1:] + 128 / 255)


@pytest.mark.parametrize(
    ("rgb", "expected"),
    [
        ((0, 0, 0), (0, 0.50196, 0.50196)),
        ((1, 1, 1), (1, 0.50196, 0.50196)),
        # Pure red and pure blue, (1, −1, −1) and (−1, −1, 1).
        (
            (1, -1, -1),
            (0.299 - 0.587 - 0.114, -0.168736 + 0.331264 - 0.5 + 0.50196, 0.5 + 0.418688 + 0.081312 + 0.50196),
        ),
        ((-1, -1, 1), (-0.299 - 0.587 + 0.114, 1.50196, -0.5 + 0.418688 - 0.081312 + 0.50196)),
    ],
)
def test_the_released_conversion_by_hand(rgb: tuple[int, ...], expected: tuple[float, ...]) -> None:
    pixel = coloured(torch.tensor(rgb, dtype=torch.float32).view(1, 3, 1, 1), "ycbcr-released").flatten()
    torch.testing.assert_close(pixel, torch.tensor(expected), atol=1e-5, rtol=0)


def test_the_released_colours_reach_frame_and_spikes() -> None:
    images = pictures(3, 3, 8, 8)
    encoder = create("dct", colour="ycbcr-released").calibrate(images, generator())
    assert isinstance(encoder, Dct)
    assert torch.equal(encoder.frame(images), coloured(images, "ycbcr-released"))
    centred = create("dct", colour="ycbcr", thresholds=encoder.thresholds).encode(images, 16, generator())
    released = encoder.encode(images, 16, generator())
    assert torch.equal(released[:, :, 0], centred[:, :, 0])
    assert not torch.equal(released[:, :, 1:], centred[:, :, 1:])


def test_frames_in_rgb_leave_the_code_in_its_own_colours() -> None:
    images = pictures(4, 3, 8, 8)
    own = create("dct", colour="ycbcr").calibrate(images, generator())
    rgb = create("dct", colour="ycbcr", frames="rgb").calibrate(images, generator())
    assert torch.equal(rgb.frame(images), images)
    assert torch.equal(rgb.encode(images, 16, generator()), own.encode(images, 16, generator()))
    # The train no longer sends what the ANN was trained on, so it promises no resolution.
    assert rgb.info.resolution is None
    assert own.info.resolution is not None


def test_overlapping_frames_in_rgb_are_the_blocks_of_the_pixels() -> None:
    images = pictures(2, 3, 8, 8)
    encoder = create("dct", colour="ycbcr", frames="rgb", stride=2)
    assert torch.equal(encoder.frame(images), create("dct", stride=2).frame(images))
