"""Poisson: rate → intensity in expectation, within binomial bounds, and the errors."""

import pytest
import torch

from encoders import create
from encoders.base import EncoderError


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("rate", [1.0, 0.25])
@pytest.mark.parametrize("intensity", [-1.0, -0.6, -0.05, 0.0, 0.3, 1.0])
def test_signed_spikes_average_to_the_intensity(intensity: float, rate: float) -> None:
    train = create("poisson", rate=rate).encode(torch.full((1, 1, 20, 20), intensity), 100, generator())
    count, probability = train.numel(), abs(intensity) * rate
    spread = (probability * (1 - probability) / count) ** 0.5
    assert abs(train.mean().item() - intensity * rate) <= 5 * spread + 1e-7
    assert not (train * intensity < 0).any()


@pytest.mark.parametrize("rate", [1.0, 0.25])
@pytest.mark.parametrize("intensity", [-1.0, -0.6, 0.0, 0.3, 1.0])
def test_unsigned_spikes_average_to_the_brightness(intensity: float, rate: float) -> None:
    encoder = create("poisson", signed=False, rate=rate)
    train = encoder.encode(torch.full((1, 1, 20, 20), intensity), 100, generator())
    probability = (intensity + 1) / 2 * rate
    spread = (probability * (1 - probability) / train.numel()) ** 0.5
    assert abs(train.mean().item() - probability) <= 5 * spread + 1e-7
    assert train.min() >= 0


def test_spikes_of_one_pixel_at_different_times_are_independent() -> None:
    train = create("poisson", signed=False).encode(torch.zeros(1, 1, 100, 100), 20, generator())
    counts = train.sum(dim=0)
    # Variance of Binomial(20, ½) is 5; its estimate from 10 000 pixels spreads by 0.07.
    assert abs(counts.var().item() - 5) < 0.35


def test_one_draw_of_the_generator_makes_the_train() -> None:
    images = torch.rand(4, 3, 8, 8, generator=generator(9)) * 2 - 1
    encoder, used, fresh = create("poisson"), generator(1), generator(1)
    first, second = encoder.encode(images, 6, used), encoder.encode(images, 6, used)
    assert torch.equal(first, encoder.encode(images, 6, fresh))
    assert not torch.equal(first, second)


@pytest.mark.parametrize("rate", [0.0, -0.5, 1.5])
def test_impossible_rates_are_refused(rate: float) -> None:
    with pytest.raises(EncoderError, match=r"rate must lie in \(0, 1\]"):
        create("poisson", rate=rate)


def test_no_timesteps_are_refused() -> None:
    with pytest.raises(EncoderError, match="at least 1"):
        create("poisson").encode(torch.zeros(1, 1, 2, 2), 0, generator())
