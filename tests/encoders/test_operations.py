"""What an encoder says it costs, counted by hand on a map whose sides all differ."""

import pytest

from encoders import create
from encoders.base import Operations

SHAPE, TIMESTEPS = (3, 8, 20), 5  # 480 pixels


@pytest.mark.parametrize(
    ("name", "parameters", "macs", "additions"),
    [
        ("direct", {}, 0, 0),
        ("poisson", {}, 0, 480 * 5),
        ("phase", {}, 0, 480 * 5),
        ("ttfs", {}, 0, 480 * 5),
        ("burst", {}, 480 * 5, 3 * 480 * 5),
        ("latency", {}, 480, 2 * 480),  # once, however many timesteps
        # 2 × 5 blocks of 4 × 4 a channel: 2·4³ for the transform, 16·16 products, 16 additions a step.
        ("dct", {}, 3 * 2 * 5 * (128 + 256), 3 * 2 * 5 * 16 * 5),
        # 3 × 9 overlapping blocks a channel (the last two columns are reached by none).
        ("dct", {"stride": 2}, 3 * 3 * 9 * (128 + 256), 3 * 3 * 9 * 16 * 5),
        ("dct", {"stride": 3}, 3 * 2 * 6 * (128 + 256), 3 * 2 * 6 * 16 * 5),
    ],
)
def test_operations_of_one_image(name: str, parameters: dict[str, int], macs: int, additions: int) -> None:
    assert create(name, **parameters).operations(SHAPE, TIMESTEPS) == Operations(macs, additions)


def test_a_plain_number_counts_as_additions() -> None:
    assert Operations.of(7) == Operations(macs=0, additions=7)
    assert Operations.of(Operations(2, 3)) == Operations(2, 3)


def test_as_a_number_operations_are_their_sum() -> None:
    assert float(Operations(macs=2, additions=3)) == 5
