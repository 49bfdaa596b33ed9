"""Intervals, tests, adjustment and power against SciPy, statsmodels and tables by hand."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from scipy import stats
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower
from statsmodels.stats.weightstats import DescrStatsW

from harness.analysis.judges import claimed_difference
from harness.analysis.statistics import (
    Images,
    MeanSquares,
    Outcomes,
    accuracy_outcomes,
    difference_margin,
    difference_outcomes,
    error_of_mean,
    estimate,
    holm,
    outcomes_without_images,
    p_above,
    p_below,
    p_different,
    p_equivalent,
    power_at,
    seeds_for_power,
    value_margin,
)
from harness.analysis.verdicts import replication
from harness.catalogue.claims import Difference
from tests.analysis.judging import CATALOGUE, CLAIMS
from tools.coverage import Design, differences


def _anova(table: npt.NDArray[np.float64]) -> dict[str, float]:
    """Mean squares of seeds, images and the rest, from the fit of a linear model."""
    seed, image = np.indices(table.shape)
    long = pd.DataFrame({"y": table.ravel(), "seed": seed.ravel(), "image": image.ravel()})
    rows = anova_lm(ols("y ~ C(seed) + C(image)", long).fit())
    return dict(zip(["seeds", "images", "rest"], rows["mean_sq"], strict=True))


@pytest.mark.parametrize("levels", [(0, 1), (-1, 1), (-2, 2)])
def test_mean_squares_agree_with_statsmodels(levels: tuple[int, int]) -> None:
    rng = np.random.default_rng(4)
    table = rng.integers(levels[0], levels[1] + 1, (4, 30), dtype=np.int8)
    expected = _anova(100.0 * table.astype(np.float64))
    right = accuracy_outcomes(table.astype(bool)) if levels == (0, 1) else difference_outcomes(table)
    assert right.squares._asdict() == pytest.approx(expected)


def test_the_variance_between_images_by_hand() -> None:
    """Right by image 2, 1, 0 of two seeds: squares 1/2 of the images and 1/6 of the rest, so (1/2 - 1/6)/2."""
    assert accuracy_outcomes(np.array([[1, 1, 0], [1, 0, 0]], dtype=bool)).image_variance == pytest.approx(1e4 / 6)
    # Every image once right: their square is 0, below that of the rest, and no variance is negative.
    assert accuracy_outcomes(np.eye(2, dtype=bool)).image_variance == 0.0


@pytest.mark.parametrize(
    ("squares", "variance", "freedom"),
    [
        ((6.0, 5.0, 2.0), 9 / 44, 81 / (12 + 2.5 + 4 / 30)),  # 81 / (36/3 + 25/10 + 4/30) = 5.5353
        ((6.0, 1.0, 2.0), 6 / 44, 3.0),  # without an image component the freedom is Student's
    ],
)
def test_satterthwaite_by_hand(squares: tuple[float, float, float], variance: float, freedom: float) -> None:
    """Squares of 4 seeds × 11 images."""
    found = error_of_mean(MeanSquares(*map(np.array, squares)), 4, 11)
    assert [float(one) for one in found] == pytest.approx([variance, freedom])


def test_a_difference_may_lie_below_zero() -> None:
    found = difference_outcomes(np.array([[-1, -1, 0, 0]], dtype=np.int8))
    assert found.mean == -50.0
    assert (found.lowest, found.highest) == (-100.0, 100.0)
    assert difference_outcomes(np.array([[-2, 0]], dtype=np.int8)).lowest == -200.0


RUNS = [88.0, 90.0, 91.0, 90.5, 89.5]
STUDENT = outcomes_without_images(RUNS)


def _some(seeds: int = 5, images: int = 400) -> Outcomes:
    rng = np.random.default_rng(7)
    return accuracy_outcomes(rng.random((seeds, images)) < rng.beta(4.0, 1.0, images))


@pytest.mark.parametrize(("outcomes", "images"), [(_some(), "fixed"), (STUDENT, "sampled")])
def test_over_fixed_images_or_without_images_the_interval_is_student_s(outcomes: Outcomes, images: Images) -> None:
    found = estimate(outcomes, images)
    expected = stats.ttest_1samp(outcomes.per_seed, 0.0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert (found.images, found.sources) == (images, ("seeds",))


def test_a_prediction_is_for_these_images_in_either_mode() -> None:
    fixed, sampled = (estimate(_some(), images) for images in ("fixed", "sampled"))
    half = stats.t.ppf(0.975, 4) * np.std(_some().per_seed, ddof=1) * (6 / 5) ** 0.5
    assert fixed.prediction_high - fixed.mean == pytest.approx(half)
    assert sampled.prediction_high == fixed.prediction_high


def test_p_values_agree_with_statsmodels() -> None:
    found, described = estimate(STUDENT, "fixed"), DescrStatsW(RUNS)
    assert p_above(found, 89.0) == pytest.approx(described.ttest_mean(89.0, "larger")[1])
    assert p_below(found, 91.0) == pytest.approx(described.ttest_mean(91.0, "smaller")[1])
    assert p_different(found, 91.0) == pytest.approx(described.ttest_mean(91.0)[1])
    assert p_equivalent(found, 90.0, 2.0) == pytest.approx(described.ttost_mean(88.0, 92.0)[0])


def test_p_of_sampled_images_meets_its_interval() -> None:
    found = estimate(_some(), "sampled")
    assert p_different(found, float(found.low)) == pytest.approx(0.05)
    assert p_above(found, float(found.low)) == pytest.approx(0.025)


@pytest.mark.parametrize("count", [1, 2])
def test_fewer_than_three_seeds_are_points(count: int) -> None:
    found = estimate(_some(count), "sampled")
    numbers = [found.error, found.low, found.high, found.prediction_low, p_different(found, 50.0)]
    assert np.isnan(numbers).all()
    assert found.mean == pytest.approx(_some(count).per_seed.mean())
    assert np.isnan(found.sd) == (count == 1)


def test_an_interval_of_an_accuracy_stays_within_0_and_100() -> None:
    """Three runs at 28, 62, 97 % have Student's ± 86. The cut moves no p."""
    runs = [28.0, 62.0, 97.0]
    found = estimate(outcomes_without_images(runs))
    assert [found.low, found.high, found.prediction_low, found.prediction_high] == [0.0, 100.0, 0.0, 100.0]
    assert p_above(found, 50.0) == pytest.approx(stats.ttest_1samp(runs, 50.0, alternative="greater").pvalue)
    difference = estimate(outcomes_without_images([-1.0, 0.0, 1.0], -100.0))
    assert difference.low < 0


def test_equal_runs_have_no_width_over_seeds_and_one_over_images() -> None:
    """Three seeds right on the same 90 of 100 images: the images alone give √(0.9 · 0.1 / 99) = 3.015 points."""
    found = estimate(outcomes_without_images([98.54] * 3), "fixed")
    assert found.low == found.high == found.mean
    assert [p_equivalent(found, 98.0, 0.6), p_different(found, 98.0), p_equivalent(found, 98.0, 0.5)] == [0.0, 0.0, 1.0]
    same = accuracy_outcomes(np.tile(np.arange(100) < 90, (3, 1)))
    assert [estimate(same, images).error for images in ("sampled", "fixed")] == pytest.approx([3.0151134, 0.0])
    right = estimate(accuracy_outcomes(np.ones((3, 10), dtype=bool)))
    assert [right.low, right.high, right.error] == [100.0, 100.0, 0.0]


@pytest.mark.parametrize(
    ("p_values", "size", "adjusted"),
    [
        ([0.01, float("nan"), 0.03], 5, [0.05, 1.0, 0.12]),  # missing members count as one: times 5 and 4
        ([0.004, 0.9, 1.0], 8, [0.032, 1.0, 1.0]),  # leaving out a failure changes nothing
        ([0.02], 3, [0.06]),
        ([0.02, 0.001], 3, [0.04, 0.003]),  # another member never raises a p
        ([], 0, []),
    ],
)
def test_holm_by_hand(p_values: list[float], size: int, adjusted: list[float]) -> None:
    assert holm(p_values, size) == pytest.approx(adjusted)


def test_the_adjustment_agrees_with_statsmodels() -> None:
    p_values = np.random.default_rng(0).random(30) ** 8
    for size in (1, 2, 30):
        expected = multipletests(p_values[:size], method="holm")[1]
        np.testing.assert_array_equal(holm(p_values[:size].tolist(), size), expected)


def test_more_tests_than_the_family_has_are_refused() -> None:
    with pytest.raises(ValueError, match="3 tests in a family of 2"):
        holm([0.1, 0.2, 0.3], 2)


# Mean 0, sd 1.
SPREAD_1 = outcomes_without_images([-1.0, 0.0, 1.0], -100.0)


@pytest.mark.parametrize(("effect", "seeds"), [(0.3, 20), (2.0, 4)])
def test_power_over_seeds_agrees_with_statsmodels(effect: float, seeds: int) -> None:
    """The upper tail of a two-sided test alone: finding the wrong sign is no success."""
    expected = TTestPower().power(effect, seeds, 0.025, alternative="larger")
    assert power_at(SPREAD_1, effect, seeds) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("effect", [0.2, 1.4])
def test_seeds_for_power_agree_with_statsmodels(effect: float) -> None:
    expected = TTestPower().solve_power(effect, None, 0.05, 0.8)
    assert seeds_for_power(SPREAD_1, effect) == np.ceil(expected)


def test_what_no_number_of_seeds_shows() -> None:
    """Seeds that agree on 300 images: their draw alone has an error of 2.7 points, whatever the seeds."""
    table = np.tile(np.arange(300) % 3, (4, 1)).astype(np.int8) - 1
    table[0, 0] = 1
    assert seeds_for_power(difference_outcomes(table), 5.0) is None
    assert seeds_for_power(difference_outcomes(table), 20.0) == 3
    assert seeds_for_power(SPREAD_1, 0.0) is None
    assert seeds_for_power(outcomes_without_images([1.0]), 1.0) is None


def test_a_large_effect_and_seeds_without_spread_still_need_three() -> None:
    assert seeds_for_power(SPREAD_1, 100.0) == 3
    assert seeds_for_power(outcomes_without_images([1.0, 1.0, 1.0]), 0.5) == 3
    assert seeds_for_power(accuracy_outcomes(np.ones((3, 10), dtype=bool)), 0.5) == 3


def test_power_over_images_is_what_simulated_tests_have() -> None:
    """The power predicted from many seeds' spread, against how often 5 seeds find the same difference."""
    effect = 4.0
    pilot = differences(Design(seeds=60, spread=0.5, images=500), draws=20, seed=1).outcomes
    fields = ("per_seed", "image_square", "rest_square")
    tables = [replace(pilot, **{name: getattr(pilot, name)[i] for name in fields}) for i in range(20)]
    predicted = np.mean([power_at(table, effect, 5) for table in tables])
    found = estimate(differences(Design(seeds=5, spread=0.5, images=500), draws=2_000, seed=2).outcomes, "sampled")
    assert predicted == pytest.approx(np.mean((p_different(found, -effect) <= 0.05) & (found.mean > -effect)), abs=0.04)


@pytest.mark.parametrize("sd", [0.02, 0.05, 0.1])
def test_replications_are_reproduced_as_often_as_simulated_ones(sd: float) -> None:
    rng = np.random.default_rng(3)
    runs = rng.normal(90.0, sd, (20_000, 5))
    published = 90.0 + sd * rng.standard_normal(20_000)
    found = estimate(outcomes_without_images(runs), "fixed")
    passed = np.mean(p_equivalent(found, published, 0.1) <= 0.05)
    assert replication(sd, 5, 0.1) == pytest.approx(passed, abs=0.02)


@pytest.mark.parametrize(
    ("published", "margin"),
    [
        (98.54, 0.1),  # 5 % of 1.46 is 0.073: the least
        (89.94, 0.503),
        (79.7, 1.0),  # 5 % of 20.3 is 1.015: the most
        (100.0, 0.1),
        (0.0, 1.0),
    ],
)
def test_the_margin_is_a_share_of_the_published_error(published: float, margin: float) -> None:
    assert value_margin(published) == pytest.approx(margin)
    for no_percentage in (-0.1, 100.1, float("nan")):
        with pytest.raises(ValueError, match="a published accuracy"):
            value_margin(no_percentage)


def test_a_difference_has_the_claimed_difference_its_better_arm() -> None:
    assert difference_margin(89.94, 79.7) == difference_margin(79.7, 89.94) == pytest.approx(0.503)
    assert difference_margin(None, 79.7) == 1.0
    assert difference_margin(None, None) == difference_margin() == 0.5


@pytest.mark.parametrize(
    ("claim", "margin"),
    [
        ("interleaved-cyclic-wins-16", 0.503),  # 89.94 against 79.70
        ("interleaved-loss-is-the-reset", 0.5),  # of neither arm a number is published
        ("readings-percentile-beats-maximum", 0.1),  # 98.54, shown beside all readings
        ("mnist-above-stephan", 0.135),  # ours 97.3, theirs 85
    ],
)
def test_the_margin_of_an_ordering_is_that_of_the_largest_number_published_for_it(claim: str, margin: float) -> None:
    ordering = CLAIMS[claim]
    assert isinstance(ordering, Difference)
    assert claimed_difference(CATALOGUE, ordering).margin == pytest.approx(margin)
