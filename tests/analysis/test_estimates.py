"""Intervals over seeds × images: against scipy and statsmodels where they meet Student's, by hand elsewhere."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.weightstats import DescrStatsW

from harness.analysis import estimates
from harness.analysis.crossed import Outcomes, accuracy_outcomes, outcomes_without_images

RUNS = [88.0, 90.0, 91.0, 90.5, 89.5]
STUDENT = outcomes_without_images(RUNS)


def _some(seeds: int = 5, images: int = 400) -> Outcomes:
    rng = np.random.default_rng(7)
    return accuracy_outcomes(rng.random((seeds, images)) < rng.beta(4.0, 1.0, images))


def test_over_fixed_images_the_interval_is_student_s() -> None:
    found = estimates.estimate(_some(), "fixed")
    expected = stats.ttest_1samp(_some().per_seed, 0.0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert found.sources == ("seeds",)


def test_without_images_sampled_falls_back_to_seeds_and_says_so() -> None:
    found = estimates.estimate(STUDENT, "sampled")
    expected = stats.ttest_1samp(RUNS, 0.0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert (found.images, found.sources) == ("sampled", ("seeds",))


def test_over_sampled_images_the_error_has_three_mean_squares() -> None:
    """The variance of the mean is (seeds + images - rest) / cells, the interval Student's with its freedom."""
    outcomes = _some()
    found = estimates.estimate(outcomes, "sampled")
    seeds, images, rest = (float(square) for square in outcomes.squares)
    assert found.error == pytest.approx(((seeds + images - rest) / 2_000) ** 0.5)
    expected = stats.t(float(found.freedom), found.mean, found.error).interval(0.95)
    assert (found.low, found.high) == pytest.approx(expected)
    assert found.sources == ("seeds", "images")


def test_a_prediction_is_for_these_images_in_either_mode() -> None:
    fixed, sampled = (estimates.estimate(_some(), images) for images in ("fixed", "sampled"))
    half = stats.t.ppf(0.975, 4) * np.std(_some().per_seed, ddof=1) * (6 / 5) ** 0.5
    assert fixed.prediction_high - fixed.mean == pytest.approx(half)
    assert sampled.prediction_high == fixed.prediction_high


def test_p_values_agree_with_statsmodels() -> None:
    found, described = estimates.estimate(STUDENT, "fixed"), DescrStatsW(RUNS)
    assert estimates.p_above(found, 89.0) == pytest.approx(described.ttest_mean(89.0, "larger")[1])
    assert estimates.p_below(found, 91.0) == pytest.approx(described.ttest_mean(91.0, "smaller")[1])
    assert estimates.p_different(found, 91.0) == pytest.approx(described.ttest_mean(91.0)[1])
    assert estimates.p_equivalent(found, 90.0, 2.0) == pytest.approx(described.ttost_mean(88.0, 92.0)[0])


def test_p_of_sampled_images_meets_its_interval() -> None:
    found = estimates.estimate(_some(), "sampled")
    assert estimates.p_different(found, float(found.low)) == pytest.approx(0.05)
    assert estimates.p_above(found, float(found.low)) == pytest.approx(0.025)


@pytest.mark.parametrize("count", [1, 2])
def test_fewer_than_three_seeds_are_points(count: int) -> None:
    found = estimates.estimate(_some(count), "sampled")
    numbers = [found.error, found.low, found.high, found.prediction_low, estimates.p_different(found, 50.0)]
    assert np.isnan(numbers).all()
    assert found.mean == pytest.approx(_some(count).per_seed.mean())
    assert np.isnan(found.sd) == (count == 1)


def test_an_interval_of_an_accuracy_stays_within_0_and_100() -> None:
    """Three runs at 28, 62, 97 % have Student's ± 86."""
    found = estimates.estimate(outcomes_without_images([28.0, 62.0, 97.0]))
    assert [found.low, found.high, found.prediction_low, found.prediction_high] == [0.0, 100.0, 0.0, 100.0]
    difference = estimates.estimate(outcomes_without_images([-1.0, 0.0, 1.0], -100.0))
    assert difference.low < 0


def test_cutting_an_interval_moves_no_p() -> None:
    runs = [99.0, 99.8, 99.9]
    found = estimates.estimate(outcomes_without_images(runs))
    assert found.high == 100.0
    assert estimates.p_above(found, 99.0) == pytest.approx(stats.ttest_1samp(runs, 99.0, alternative="greater").pvalue)


def test_equal_runs_have_no_width_over_seeds() -> None:
    found = estimates.estimate(outcomes_without_images([98.54] * 3), "fixed")
    assert found.low == found.high == found.mean
    assert [estimates.p_equivalent(found, 98.0, 0.6), estimates.p_different(found, 98.0)] == [0.0, 0.0]
    assert estimates.p_equivalent(found, 98.0, 0.5) == 1.0


def test_equal_runs_have_width_over_images() -> None:
    """Three seeds right on the same 90 of 100 images: the images alone give √(0.9 · 0.1 / 99) = 3.015 points."""
    same = accuracy_outcomes(np.tile(np.arange(100) < 90, (3, 1)))
    assert estimates.estimate(same, "sampled").error == pytest.approx(3.0151134)
    assert estimates.estimate(same, "fixed").error == 0.0


def test_all_answers_right_is_a_point() -> None:
    found = estimates.estimate(accuracy_outcomes(np.ones((3, 10), dtype=bool)))
    assert [found.low, found.high, found.error] == [100.0, 100.0, 0.0]
