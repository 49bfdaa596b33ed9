"""Poisson: rate → intensity in expectation, within binomial bounds, and the errors."""

import pytest
import torch

from encoders import create
from encoders.base import EncoderError
from encoders.poisson import Poisson


@pytest.mark.parametrize("rate", [1.0, 0.25])
@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("pixel", [-1.0, -0.6, 0.0, 0.3, 1.0])
def test_spikes_average_to_the_intensity_times_the_rate(pixel: float, signed: bool, rate: float) -> None:
    train = create("poisson", signed=signed, rate=rate).encode(torch.full((1, 1, 20, 20), pixel), 100, 0)
    expected = rate * (pixel if signed else (pixel + 1) / 2)
    spread = (abs(expected) * (1 - abs(expected)) / train.numel()) ** 0.5
    assert abs(train.mean().item() - expected) <= 5 * spread + 1e-7
    assert not (train * expected < 0).any()


def test_the_draws_are_those_of_key_id_pixel_and_timestep() -> None:
    images, ids = torch.zeros(3, 1, 8, 8), torch.tensor([40, 7, 9])
    encoder = create("poisson")
    whole = encoder.encode(images, 10, 1, ids)
    alone = encoder.encode(images[:1], 4, 1, ids[1:2])
    assert torch.equal(alone[:, 0], whole[:4, 1])
    for other in (encoder.encode(images, 10, 2, ids), encoder.encode(images, 10, 1, ids + 1)):
        assert 0.4 < (other == whole).float().mean() < 0.6


@pytest.mark.parametrize("rate", [0.0, -0.5, 1.5, float("nan"), "1", True])
def test_impossible_rates_are_refused(rate: float) -> None:
    with pytest.raises(EncoderError, match="rate must be a number above 0 and at most 1"):
        create("poisson", rate=rate)


def test_rates_decode_to_the_intensity_whatever_the_rate() -> None:
    encoder = Poisson(rate=0.5)
    decoded = encoder.decode(encoder.encode(torch.full((1, 1, 40, 40), 0.2), 100, 0))
    # 160 000 draws with probability 0.3: five standard errors of their mean, divided by the rate, are 0.0115.
    assert decoded.mean().item() == pytest.approx(0.6, abs=0.0115)
