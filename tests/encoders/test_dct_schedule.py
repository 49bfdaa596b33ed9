"""Which frequency the DCT encoder feeds when: order by energy, and the declared period."""

import pytest
import torch

from encoders import create
from encoders.dct import Dct


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pictures(*shape: int) -> torch.Tensor:
    return torch.rand(shape, generator=generator(7)) * 2 - 1


def test_order_by_energy_feeds_the_most_energetic_frequency_first() -> None:
    stripes = 0.9 * torch.cos(torch.pi * (2 * torch.arange(8) + 1) * 3 / 8).expand(4, 1, 8, 8)  # (0, 3), number 6
    ramp = torch.linspace(-0.1, 0.1, 8).view(8, 1)
    encoder = create("dct", order="energy").calibrate(stripes + ramp, generator())
    assert isinstance(encoder, Dct)
    ranking = encoder.state()["ranking"]
    assert ranking[0] == 6
    assert sorted(ranking) == list(range(16))
    assert encoder.indices_at(18) == (*ranking, *ranking[:2])


def test_order_by_energy_sends_what_the_explicit_order_sends() -> None:
    images = (pictures(3, 1, 8, 8) + torch.linspace(-1, 1, 8)) / 2
    ranked = Dct(order="energy", schedule="weighted", weights=(2, 1, 1)).calibrate(images, generator())
    first, second, third = ranked.state()["ranking"][:3]
    written = Dct(schedule="explicit", indices=(first, second, third, first)).calibrate(images, generator())
    assert torch.equal(ranked.encode(images, 16, generator()), written.encode(images, 16, generator()))


@pytest.mark.parametrize(
    ("parameters", "period"),
    [
        ({}, 16),
        ({"block_size": 2, "stride": 2}, 4),
        ({"schedule": "truncated", "frequencies": 8}, 8),
        ({"schedule": "intermittent"}, 8),
        ({"schedule": "explicit", "indices": (1, 2, 3)}, 3),
        ({"schedule": "weighted", "weights": (3, 2, 1)}, 6),
        ({"schedule": "interleaved"}, None),
    ],
)
def test_the_declared_period_is_that_of_the_schedule(parameters: dict[str, object], period: int | None) -> None:
    encoder = create("dct", **parameters)
    assert isinstance(encoder, Dct)
    assert encoder.info.period == period
    if period is not None:
        fed = encoder.indices_at(4 * period)
        assert next(p for p in range(1, 4 * period) if fed[p:] == fed[:-p]) == period
