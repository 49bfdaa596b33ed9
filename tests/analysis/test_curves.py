"""Curves in one number."""

import math

import pytest

from harness.analysis.curves import steps_label, steps_to_reach, values_of
from harness.analysis.frame import optimism, percent
from harness.config import EncoderSpec


@pytest.mark.parametrize(
    ("accuracy", "target", "expected"),
    [
        ([10, 50, 90, 91], 90, 3),
        ([90, 91, 92], 90, 1),
        ([90, 89, 90], 90, 3),  # reached, lost, reached again
        ([90, 91, 89], 90, None),  # lost in the end: censored
        ([10, 20], 90, None),
        ([95], 90, 1),
    ],
)
def test_steps_to_reach(accuracy: list[float], target: float, expected: int | None) -> None:
    assert steps_to_reach(accuracy, target) == expected


def test_a_censored_run_is_shown_as_more() -> None:
    assert steps_label(None, 48) == "> 48"
    assert steps_label(41, 48) == "41"


def test_an_accuracy_that_equals_a_printed_target_reaches_it() -> None:
    for correct in range(10_001):
        assert steps_to_reach(percent([correct], 10_000), float(f"{correct // 100}.{correct % 100:02d}")) == 1


def test_optimism_is_the_best_epoch_above_the_last() -> None:
    assert optimism([90.0, 91.5, 91.0]) == 0.5
    assert optimism([90.0, 91.0]) == 0.0
    assert math.isnan(optimism([]))


def test_poisson_with_signs_is_a_code_of_x_and_dct_of_intensities_one_of_p() -> None:
    of_x = (EncoderSpec("dct"), EncoderSpec("direct"), EncoderSpec("poisson", {"signed": True}))
    of_p = (EncoderSpec("dct", {"signal": "p"}), EncoderSpec("poisson"), EncoderSpec("ttfs"))
    assert [values_of(spec) for spec in (*of_x, *of_p)] == ["x"] * 3 + ["p"] * 3
