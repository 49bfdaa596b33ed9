"""Power against statsmodels and against simulated tests; the rate of exact replications against simulated runs."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import TTestPower

from harness.analysis.crossed import Outcomes, accuracy_outcomes, difference_outcomes, outcomes_without_images
from harness.analysis.estimates import estimate, p_different, p_equivalent
from harness.analysis.power import power_at, replication_rate, seeds_for_power
from harness.analysis.simulation import Design, differences

# Mean 0, sd 1.
SPREAD_1 = outcomes_without_images([-1.0, 0.0, 1.0], -100.0)


@pytest.mark.parametrize(("effect", "seeds"), [(0.3, 20), (1.0, 10), (2.0, 4)])
def test_power_over_seeds_agrees_with_statsmodels(effect: float, seeds: int) -> None:
    """The upper tail of a two-sided test alone: finding the wrong sign is no success."""
    expected = TTestPower().power(effect, seeds, 0.025, alternative="larger")
    assert power_at(SPREAD_1, effect, seeds) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("effect", [0.2, 0.5, 1.0, 1.4])
def test_seeds_for_power_agree_with_statsmodels(effect: float) -> None:
    expected = TTestPower().solve_power(effect, None, 0.05, 0.8)
    assert seeds_for_power(SPREAD_1, effect) == np.ceil(expected)


def test_a_large_effect_still_needs_three_seeds() -> None:
    assert seeds_for_power(SPREAD_1, 100.0) == 3


def test_what_no_number_of_seeds_shows() -> None:
    """Seeds that agree on 300 images: their draw alone has an error of 2.7 points, whatever the seeds."""
    table = np.tile(np.arange(300) % 3, (4, 1)).astype(np.int8) - 1
    table[0, 0] = 1
    assert seeds_for_power(difference_outcomes(table), 5.0) is None
    assert seeds_for_power(difference_outcomes(table), 20.0) == 3
    assert seeds_for_power(SPREAD_1, 0.0) is None
    assert seeds_for_power(outcomes_without_images([1.0]), 1.0) is None


def test_seeds_without_spread_need_no_more() -> None:
    assert seeds_for_power(outcomes_without_images([1.0, 1.0, 1.0]), 0.5) == 3
    assert seeds_for_power(accuracy_outcomes(np.ones((3, 10), dtype=bool)), 0.5) == 3


def test_power_over_images_is_what_simulated_tests_have() -> None:
    """The power predicted from many seeds' spread, against how often 5 seeds find the same difference."""
    effect = 4.0
    pilot = differences(Design(seeds=60, share=0.2, images=500), draws=20, seed=1).outcomes
    tables = [_one(pilot, i) for i in range(20)]
    predicted = np.mean([power_at(table, effect, 5) for table in tables])
    found = estimate(differences(Design(seeds=5, share=0.2, images=500), draws=2_000, seed=2).outcomes, "sampled")
    assert predicted == pytest.approx(np.mean((p_different(found, -effect) <= 0.05) & (found.mean > -effect)), abs=0.04)


@pytest.mark.parametrize("published_runs", [None, 1, 3])
@pytest.mark.parametrize("sd", [0.05, 0.1, 0.3])
def test_replications_are_reproduced_as_often_as_simulated_ones(published_runs: int | None, sd: float) -> None:
    rng = np.random.default_rng(3)
    runs = rng.normal(90.0, sd, (20_000, 5))
    noise = 0.0 if published_runs is None else sd / published_runs**0.5
    published = 90.0 + noise * rng.standard_normal(20_000)
    found = estimate(outcomes_without_images(runs), "fixed")
    passed = np.mean(p_equivalent(found, published, 0.1) <= 0.05)
    assert replication_rate(sd, 5, 0.1, published_runs) == pytest.approx(passed, abs=0.012)


def test_replication_without_spread_and_without_seeds() -> None:
    assert replication_rate(0.0, 3, 0.1) == 1.0
    assert np.isnan(replication_rate(0.1, 1, 0.1))
    assert np.isnan(replication_rate(float("nan"), 5, 0.1))


def test_many_seeds_reproduce_as_often_as_a_known_spread_says() -> None:
    """With 10,000 seeds only the published run scatters: within ± 0.1 at sd 0.1 with 68.3 %."""
    assert replication_rate(0.1, 10_000, 0.1) == pytest.approx(stats.norm.cdf(1) - stats.norm.cdf(-1), abs=0.01)


def _one(outcomes: Outcomes, i: int) -> Outcomes:
    return replace(
        outcomes,
        per_seed=outcomes.per_seed[i],
        image_square=outcomes.image_square[i],
        rest_square=outcomes.rest_square[i],
    )
