"""Time to first spike: T2FSNN's threshold worked by hand, and every 8-bit value in one window."""

import math

import pytest
import torch

from encoders import create
from encoders.base import EncoderError


def train(pixels: list[int], timesteps: int) -> torch.Tensor:
    images = (torch.tensor(pixels) / 127.5 - 1).view(1, 1, 1, -1)
    return create("ttfs").encode(images, timesteps, torch.Generator())[:, 0, 0, 0]


def test_pixels_worked_by_hand() -> None:
    # T = 3: θ = 1, 255^−½ = 0.0626, 1/255. Pixel 16 is 0.0627, pixel 15 is 0.0588.
    middle = 255**-0.5
    spikes = train([255, 254, 16, 15, 1, 0], 3)
    expected = [[1, 0, 0, 0, 0, 0], [0, middle, middle, 0, 0, 0], [0, 0, 0, 1 / 255, 1 / 255, 0]]
    torch.testing.assert_close(spikes, torch.tensor(expected), atol=1e-7, rtol=0)


@pytest.mark.parametrize("timesteps", [2, 16, 80])
def test_every_pixel_but_black_fires_once_at_its_time(timesteps: int) -> None:
    spikes = train(list(range(256)), timesteps)
    assert (spikes > 0).sum(dim=0).tolist() == [0] + [1] * 255
    tau = (timesteps - 1) / math.log(255)
    for pixel in range(1, 256):
        # First whole t at or after −τ·ln p; the rounding guards the exact hits at both ends.
        assert spikes[:, pixel].argmax() == math.ceil(round(-tau * math.log(pixel / 255), 9))


def test_a_fine_window_tells_every_value_from_the_next() -> None:
    # Neighbouring bright values differ by 1/255 in ln p, so τ must exceed 255 steps.
    times = train(list(range(1, 256)), 1500).argmax(dim=0).tolist()
    assert times == sorted(times, reverse=True)
    assert len(set(times)) == 255


def test_one_timestep_is_refused() -> None:
    with pytest.raises(EncoderError, match="at least 2 timesteps"):
        train([1], 1)
