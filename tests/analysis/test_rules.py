"""Verdict words: one example for each, and how often they are wrong when the truth is known."""

import numpy as np
import pytest

from harness.analysis import intervals
from harness.analysis.rules import ordering_verdict, steps_verdict, value_verdict

# Mean 90, sd 0.1, five runs: 95 % interval ± 0.124, prediction ± 0.304, 90 % interval ± 0.095.
STEADY = [89.9, 89.9, 90.0, 90.1, 90.1]
# Mean 90, sd 1: ± 1.24, prediction ± 3.04, 90 % interval ± 0.95.
LOOSE = [89.0, 89.0, 90.0, 91.0, 91.0]


@pytest.mark.parametrize(
    ("runs", "published", "verdict"),
    [
        (STEADY, 90.4, "reproduced"),
        (STEADY, 89.6, "reproduced"),
        (STEADY, 90.55, "inconclusive"),  # interval up to 90.124 meets 90.55 - 0.5, prediction ends at 90.304
        (STEADY, 89.55, "inconclusive"),  # and the same from below: partly above 89.55 + 0.5, not wholly
        (STEADY, 91.0, "not reproduced"),
        (STEADY, 89.0, "better"),
        (LOOSE, 90.0, "within prediction"),
        (LOOSE, 92.9, "within prediction"),
        (LOOSE, 93.1, "not reproduced"),
        (LOOSE, 86.9, "better"),
        ([90.0], 90.0, "inconclusive"),
        ([], 90.0, "inconclusive"),
        ([88.0, 92.0], 90.0, "inconclusive"),
        ([90.0, 90.0], 90.1, "reproduced"),
        ([90.0, 90.0, 90.0], 90.6, "not reproduced"),
        ([89.0, 90.0, 91.0], 90.0, "within prediction"),  # three runs may predict
    ],
)
def test_value_verdicts(runs: list[float], published: float, verdict: str) -> None:
    assert value_verdict(runs, published, 0.5) == verdict


@pytest.mark.parametrize("count", [3, 5])
@pytest.mark.parametrize("spread", [0.05, 0.2, 0.5, 2.0])
@pytest.mark.parametrize("side", [-1, 1])
def test_false_reproduced_at_the_margin_is_at_most_5_percent(count: int, spread: float, side: int) -> None:
    """100,000 draws: the Monte Carlo error of a true 5 % is 0.07 points, so 5.2 % is three of them above."""
    runs = np.random.default_rng(count).normal(90.0 + side * 0.5, spread, (100_000, count))
    assert np.mean(intervals.equivalence_p(runs, 90.0, 0.5) <= intervals.ALPHA) <= 0.052


def test_the_verdict_is_reproduced_exactly_where_equivalence_says_so() -> None:
    runs = np.random.default_rng(1).normal(90.4, 0.1, (300, 5))
    words = np.array([value_verdict(row.tolist(), 90.0, 0.5) for row in runs])
    equivalent = intervals.equivalence_p(runs, 90.0, 0.5) <= 0.05
    assert 0 < equivalent.sum() < 300
    assert ((words == "reproduced") == equivalent).all()


def test_a_published_run_drawn_like_ours_is_rarely_called_wrong() -> None:
    """At most 5 %, because the prediction interval is asked first; even with runs that scatter beyond δ."""
    runs = np.random.default_rng(2).normal(90.0, 1.5, (2000, 6))
    words = [value_verdict(row[:-1].tolist(), float(row[-1]), 0.5) for row in runs]
    assert sum(word in ("not reproduced", "better") for word in words) / len(words) <= 0.05


@pytest.mark.parametrize(
    ("difference", "p", "bound", "verdict"),
    [
        (1.0, 0.05, 0.0, "reproduced"),
        (1.0, 0.051, 0.0, "inconclusive"),
        (-1.0, 0.01, 0.0, "not reproduced"),
        (-0.3, 0.01, -0.5, "reproduced"),
        (-0.7, 0.01, -0.5, "not reproduced"),
        (1.0, float("nan"), 0.0, "inconclusive"),
        (0.0, 0.01, 0.0, "not reproduced"),  # not above the bound
    ],
)
def test_ordering_verdicts(difference: float, p: float, bound: float, verdict: str) -> None:
    assert ordering_verdict(difference, p, bound) == verdict


@pytest.mark.parametrize(
    ("steps", "verdict"),
    [
        ((40, 41, 48, 30, 22), "reproduced"),  # 5 of 5 within 48: p = 1/32
        ((40, 41, 48, 30, 49), "inconclusive"),  # 4 of 5: p = 6/32
        ((40, 41, 48, 30), "inconclusive"),  # 4 of 4: p = 1/16
        ((None, 49, None, None, 60), "not reproduced"),
        ((None, 40, 40, None, 60), "inconclusive"),
        ((), "inconclusive"),
    ],
)
def test_steps_verdicts(steps: tuple[int | None, ...], verdict: str) -> None:
    assert steps_verdict(steps, 48) == verdict
