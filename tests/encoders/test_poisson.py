"""Poisson: rate → intensity in expectation, within binomial bounds, and the errors."""

import pytest
import torch

from encoders import create
from encoders.base import EncoderError


@pytest.mark.parametrize("rate", [1.0, 0.25])
@pytest.mark.parametrize("intensity", [-1.0, -0.6, -0.05, 0.0, 0.3, 1.0])
def test_signed_spikes_average_to_the_intensity(intensity: float, rate: float) -> None:
    train = create("poisson", signed=True, rate=rate).encode(torch.full((1, 1, 20, 20), intensity), 100, 0)
    count, probability = train.numel(), abs(intensity) * rate
    spread = (probability * (1 - probability) / count) ** 0.5
    assert abs(train.mean().item() - intensity * rate) <= 5 * spread + 1e-7
    assert not (train * intensity < 0).any()


@pytest.mark.parametrize("rate", [1.0, 0.25])
@pytest.mark.parametrize("intensity", [-1.0, -0.6, 0.0, 0.3, 1.0])
def test_unsigned_spikes_average_to_the_brightness(intensity: float, rate: float) -> None:
    encoder = create("poisson", rate=rate)
    train = encoder.encode(torch.full((1, 1, 20, 20), intensity), 100, 0)
    probability = (intensity + 1) / 2 * rate
    spread = (probability * (1 - probability) / train.numel()) ** 0.5
    assert abs(train.mean().item() - probability) <= 5 * spread + 1e-7
    assert train.min() >= 0


def test_spikes_of_one_pixel_at_different_times_are_independent() -> None:
    train = create("poisson").encode(torch.zeros(1, 1, 100, 100), 20, 0)
    counts = train.sum(dim=0)
    # Variance of Binomial(20, ½) is 5; its estimate from 10 000 pixels spreads by 0.07.
    assert abs(counts.var().item() - 5) < 0.35


def test_the_draws_are_those_of_key_id_pixel_and_timestep() -> None:
    images, ids = torch.zeros(3, 1, 8, 8), torch.tensor([40, 7, 9])
    encoder = create("poisson")
    whole = encoder.encode(images, 10, 1, ids)
    alone = encoder.encode(images[:1], 4, 1, ids[1:2])
    assert torch.equal(alone[:, 0], whole[:4, 1])
    for other in (encoder.encode(images, 10, 2, ids), encoder.encode(images, 10, 1, ids + 1)):
        assert 0.4 < (other == whole).float().mean() < 0.6


def test_batches_of_any_size_give_the_trains_of_the_whole() -> None:
    images, ids, encoder = torch.rand(7, 3, 8, 8) * 2 - 1, torch.arange(7) + 100, create("poisson", signed=True)
    whole = encoder.encode(images, 6, 3, ids)
    parts = [encoder.encode(images[n : n + 2], 6, 3, ids[n : n + 2]) for n in range(0, 7, 2)]
    assert torch.equal(torch.cat(parts, dim=1), whole)


def test_without_ids_images_are_counted_from_nought() -> None:
    images = torch.zeros(3, 1, 8, 8)
    counted = create("poisson").encode(images, 5, 0, torch.arange(3))
    assert torch.equal(create("poisson").encode(images, 5, 0), counted)


def test_unsigned_is_the_control_and_the_default() -> None:
    assert create("poisson") == create("poisson", signed=False)
    assert create("poisson").info.alphabet == "binary"


@pytest.mark.parametrize("rate", [0.0, -0.5, 1.5, float("nan"), "1", True])
def test_impossible_rates_are_refused(rate: float) -> None:
    with pytest.raises(EncoderError, match="rate must be a number above 0 and at most 1"):
        create("poisson", rate=rate)


def test_no_timesteps_are_refused() -> None:
    with pytest.raises(EncoderError, match="timesteps must be a whole number from 1"):
        create("poisson").encode(torch.zeros(1, 1, 2, 2), 0, 0)
