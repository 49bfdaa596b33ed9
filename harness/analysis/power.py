"""How many seeds an ordering needs, and how often an exact replication would be called "reproduced"."""

import numpy as np

from harness.analysis.crossed import MeanSquares, Outcomes, components, error_of_mean
from harness.analysis.estimates import ALPHA, LEAST_SEEDS

POWER = 0.80
# Beyond this the answer is that seeds do not help.
MOST_SEEDS = 1_000


def seeds_for_power(outcomes: Outcomes, effect: float, *, power: float = POWER, alpha: float = ALPHA) -> int | None:
    """The least number of seeds with which a true difference `effect`, in points, is found with `power`.

    The test is the two-sided one at level `alpha`, over seeds × images where the images are known, at the spread
    that `outcomes` show. None where 1,000 seeds are not enough: then the test images limit the answer, not the
    seeds. None too for a single seed, which shows no spread, and for an effect of 0. At least three.
    """
    if outcomes.seeds < 2 or effect == 0.0 or power_at(outcomes, effect, MOST_SEEDS, alpha) < power:
        return None
    low, high = LEAST_SEEDS - 1, MOST_SEEDS
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if power_at(outcomes, effect, middle, alpha) >= power else (middle, high)
    return high


def power_at(outcomes: Outcomes, effect: float, seeds: int, alpha: float = ALPHA) -> float:
    """The power (0..1) of the two-sided test to find a difference of `effect` points with `seeds` seeds."""
    from scipy import stats

    variance, freedom = _planned_error(outcomes, seeds)
    if variance == 0.0:
        return 1.0
    shift = abs(effect) / np.sqrt(variance)
    bound = stats.t.ppf(1.0 - alpha / 2.0, freedom)
    # The other tail is a wrong sign: left out, as it is no success.
    return float(stats.nct.sf(bound, freedom, shift))


def replication_rate(sd: float, seeds: int, margin: float, published_runs: int | None = 1) -> float:
    """How often (0..1) an exact replication is called "reproduced", if runs scatter by `sd` points around one truth.

    `seeds` runs are held against a published mean of `published_runs` runs of the same recipe; None: against the
    truth itself. The chance that two one-sided tests pass, over normal runs: given the runs' own standard
    deviation s, the mean must fall within margin - t · s / √seeds of the published number. NaN for one seed.
    """
    from scipy import integrate, stats

    if seeds < 2 or np.isnan(sd):
        return float("nan")
    if sd == 0.0:
        return 1.0
    freedom = seeds - 1
    quantile = float(stats.t.ppf(1.0 - ALPHA, freedom))
    apart = sd * np.sqrt(1.0 / seeds + (1.0 / published_runs if published_runs else 0.0))

    def passes(chi_square: float) -> float:
        room = margin - quantile * sd * np.sqrt(chi_square / freedom / seeds)
        inside = 2.0 * stats.norm.cdf(room / apart) - 1.0
        return float(inside * stats.chi2.pdf(chi_square, freedom))

    widest = freedom * seeds * (margin / (quantile * sd)) ** 2
    return float(integrate.quad(passes, 0.0, min(widest, float(stats.chi2.ppf(1.0 - 1e-12, freedom))))[0])


def _planned_error(outcomes: Outcomes, seeds: int) -> tuple[float, float]:
    """The variance of a mean over `seeds` seeds, and its degrees of freedom, expected at the spread seen."""
    if outcomes.images is None:
        return float(outcomes.seed_variance) / seeds, seeds - 1.0
    found = outcomes.squares
    of_images = found.rest + seeds * components(outcomes).image
    variance, freedom = error_of_mean(MeanSquares(found.seeds, of_images, found.rest), seeds, outcomes.images)
    return float(variance), float(freedom)
