"""Intervals against arithmetic by hand, against statsmodels where the code uses scipy, and by simulation.

Hand-worked: 1, 2, 3, 4, 5 have mean 3 and sd √(10/4) = 1.581139; a table of Student's t gives 2.776445 for
97.5 % and 4 degrees of freedom. Confidence: 2.776445 · 1.581139 / √5 = 1.963243. Prediction:
2.776445 · 1.581139 · √(6/5) = 4.808944.
"""

import numpy as np
import pytest
from statsmodels.stats.weightstats import DescrStatsW

from harness.analysis import intervals

RUNS = [1.0, 2.0, 3.0, 4.0, 5.0]
DRAWS = 10_000


def test_hand_worked_intervals() -> None:
    assert intervals.mean(RUNS) == 3.0
    assert intervals.sd(RUNS) == pytest.approx(1.5811388)
    assert intervals.half_width(RUNS) == pytest.approx(1.963243, abs=1e-5)
    assert intervals.confidence_interval(RUNS) == pytest.approx((1.036757, 4.963243), abs=1e-5)
    assert intervals.prediction_interval(RUNS) == pytest.approx((-1.808944, 7.808944), abs=1e-5)


def test_hand_worked_p() -> None:
    """t = (3 - 2) / (1.581139 / √5) = √2; for 4 degrees of freedom the two-sided p has a closed form.

    P(|T| > t) = 1 - s (3 - s²) / 2 with s = t / √(4 + t²) = √2 / √6, which gives 0.2301996.
    """
    sine = np.sqrt(2 / 6)
    assert intervals.p_value(RUNS, against=2.0) == pytest.approx(1 - sine * (3 - sine**2) / 2, abs=1e-12)


@pytest.mark.parametrize(("against", "margin"), [(3.0, 2.0), (2.5, 1.0), (3.4, 5.0), (9.0, 1.0)])
def test_equivalence_agrees_with_statsmodels(against: float, margin: float) -> None:
    expected, *_ = DescrStatsW(RUNS).ttost_mean(against - margin, against + margin)
    assert intervals.equivalence_p(RUNS, against, margin) == pytest.approx(expected, abs=1e-12)


def test_equivalence_is_the_90_percent_interval_within_the_margin() -> None:
    low, high = intervals.confidence_interval(RUNS, level=0.90)
    wide = float(max(3.0 - low, high - 3.0))
    assert intervals.equivalence_p(RUNS, 3.0, wide * 1.001) < 0.05 < intervals.equivalence_p(RUNS, 3.0, wide * 0.999)


def test_holm_by_hand() -> None:
    """Sorted 0.01, 0.03, 0.04 times 3, 2, 1: 0.03, 0.06, 0.04, made monotone 0.03, 0.06, 0.06."""
    assert intervals.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert intervals.holm([]).size == 0


def test_the_margin_is_the_largest_of_three() -> None:
    """1.96 · √(0.9854 · 0.0146 / 10000) = 0.235 points; 1.96 · √(0.5243 · 0.4757 / 10000) = 0.9788 points."""
    assert intervals.binomial_error(98.54, 10_000) == pytest.approx(0.2351, abs=1e-4)
    assert intervals.margin(98.54, 10_000, 0.01) == 0.5
    assert intervals.margin(52.43, 10_000, 0.01) == pytest.approx(0.9788, abs=1e-4)
    assert intervals.margin(98.0, 10_000, 2.0) == 1.0


def test_one_run_has_no_interval() -> None:
    numbers = [intervals.sd([3.0]), intervals.half_width([3.0]), *intervals.prediction_interval([3.0])]
    numbers += [intervals.p_value([3.0]), intervals.equivalence_p([3.0], 3.0, 1.0)]
    assert np.isnan(numbers).all()
    assert intervals.mean([3.0]) == 3.0


def test_many_sets_of_runs_are_one_call() -> None:
    """Each row for itself: 1, 3 has sd √2; 1, 1 has none, beside it or not."""
    assert intervals.sd([[1.0, 1.0], [1.0, 3.0]]).tolist() == pytest.approx([0.0, 2**0.5])
    low, high = intervals.confidence_interval([[1.0, 1.0], [1.0, 3.0]])
    assert (high - low).tolist() == pytest.approx([0.0, 2 * 12.7062], abs=1e-3)  # t(97.5 %, 1) · √2 / √2 each way
    one_each = [[1.0], [3.0]]
    assert intervals.mean(one_each).tolist() == [1.0, 3.0]
    for nothing in (intervals.sd(one_each), intervals.p_value(one_each), intervals.equivalence_p(one_each, 1.0, 1.0)):
        assert nothing.shape == (2,)
        assert np.isnan(nothing).all()


def test_equal_runs_have_intervals_of_width_zero() -> None:
    same = [98.54] * 3
    low, high = intervals.confidence_interval(same)
    assert low == high == np.mean(same)
    assert intervals.sd(same) == 0.0
    assert intervals.p_value(same, against=98.0) == 0.0
    assert intervals.p_value([2.0, 2.0], against=2.0) == 1.0
    assert intervals.equivalence_p(same, 98.0, 0.6) == 0.0
    assert intervals.equivalence_p(same, 98.0, 0.5) == 1.0
    assert intervals.equivalence_p([2.0, 2.0], 1.0, 1.0) == 0.5


@pytest.mark.parametrize("count", [2, 3, 5, 10])
def test_the_mean_lies_in_95_percent_of_confidence_intervals(count: int) -> None:
    runs = np.random.default_rng(count).normal(90.0, 0.3, (DRAWS, count))
    low, high = intervals.confidence_interval(runs)
    assert 0.94 < np.mean((low <= 90.0) & (high >= 90.0)) < 0.96


@pytest.mark.parametrize("count", [2, 3, 5, 10])
def test_one_more_run_lies_in_95_percent_of_prediction_intervals(count: int) -> None:
    runs = np.random.default_rng(10 + count).normal(90.0, 0.3, (DRAWS, count + 1))
    low, high = intervals.prediction_interval(runs[:, :-1])
    assert 0.94 < np.mean((low <= runs[:, -1]) & (runs[:, -1] <= high)) < 0.96


def test_paired_intervals_cover_the_difference() -> None:
    """Seeds shift both arms alike: the interval of the differences covers, with the shift gone."""
    rng = np.random.default_rng(3)
    shift = rng.normal(0.0, 2.0, (DRAWS, 3))
    differences = (90.0 + shift + rng.normal(0, 0.2, shift.shape)) - (89.0 + shift + rng.normal(0, 0.2, shift.shape))
    low, high = intervals.confidence_interval(differences)
    assert 0.94 < np.mean((low <= 1.0) & (high >= 1.0)) < 0.96
