"""Latency: spike times worked by hand."""

import pytest
import torch

from encoders import create
from encoders.base import EncoderError


def times(intensities: list[float], timesteps: int) -> list[int]:
    images = (torch.tensor(intensities) * 2 - 1).view(1, 1, 1, -1)
    spikes = create("latency").encode(images, timesteps, torch.Generator())[:, 0, 0, 0]
    assert torch.equal(spikes.sum(dim=0), torch.ones(len(intensities)))
    return spikes.argmax(dim=0).tolist()


def test_pixels_worked_by_hand() -> None:
    # T − 1 = 4 steps: 4·(1 − p) = 0, 1, 1.6, 2, 4.
    assert times([1.0, 0.75, 0.6, 0.5, 0.0], 5) == [0, 1, 2, 2, 4]


def test_halves_round_to_the_even_step() -> None:
    # 4·(1 − p) = 0.5, 1.5, 2.5, 3.5.
    assert times([0.875, 0.625, 0.375, 0.125], 5) == [0, 2, 2, 4]


def test_in_a_single_step_everything_fires() -> None:
    assert times([1.0, 0.3, 0.0], 1) == [0, 0, 0]


def test_no_timesteps_are_refused() -> None:
    with pytest.raises(EncoderError, match="timesteps must be a whole number from 1"):
        times([1.0], 0)
