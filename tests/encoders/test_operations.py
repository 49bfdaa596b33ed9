"""What an encoder says it costs, counted by hand on a map whose sides all differ."""

import pytest

from encoders import create

SHAPE, TIMESTEPS = (3, 8, 20), 5  # 480 pixels


@pytest.mark.parametrize(
    ("name", "parameters", "operations"),
    [
        ("direct", {}, 0),
        ("poisson", {}, 480 * 5),
        ("phase", {}, 480 * 5),
        ("ttfs", {}, 480 * 5),
        ("burst", {}, 4 * 480 * 5),
        ("latency", {}, 3 * 480),  # once, however many timesteps
        # 2 × 5 blocks of 4 × 4 a channel: 2·4³ for the transform, 16·16 products, 16 additions a step.
        ("dct", {}, 3 * 2 * 5 * (128 + 256 + 16 * 5)),
        # 3 × 9 overlapping blocks a channel (the last two columns are reached by none).
        ("dct", {"stride": 2}, 3 * 3 * 9 * (128 + 256 + 16 * 5)),
        ("dct", {"stride": 3}, 3 * 2 * 6 * (128 + 256 + 16 * 5)),
    ],
)
def test_operations_of_one_image(name: str, parameters: dict[str, int], operations: int) -> None:
    assert create(name, **parameters).operations(SHAPE, TIMESTEPS) == operations
