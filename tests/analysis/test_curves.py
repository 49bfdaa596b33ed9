"""Summaries of a curve, worked by hand."""

import math

import pytest

from harness.analysis.curves import area, optimism, percent, steps_label, steps_to_reach


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


def test_area_by_hand() -> None:
    """Accuracy 0, 1/2, 1 at t = 1, 2, 4 (straight in log t between): area 1/2."""
    straight = [0.0, 50.0, 50.0 * math.log2(3), 100.0]
    assert area(straight) == pytest.approx(0.5)
    assert area([70.0, 70.0, 70.0]) == pytest.approx(0.7)
    assert area([42.0]) == pytest.approx(0.42)
    # t = 1, 2, 3: (ln 2 · 1/2 + (ln 3 - ln 2) · 1) / ln 3
    assert area([0.0, 100.0, 100.0]) == pytest.approx((math.log(2) / 2 + math.log(1.5)) / math.log(3))


def test_optimism_is_the_best_epoch_above_the_last() -> None:
    assert optimism([90.0, 91.5, 91.0]) == 0.5
    assert optimism([90.0, 91.0]) == 0.0
    assert math.isnan(optimism([]))
