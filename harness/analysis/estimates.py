"""Estimates with their intervals and tests, over seeds alone or over seeds × images.

`images="fixed"` asks about these test images: whether a number published for the same test set comes out again.
Only the seeds vary. `images="sampled"` asks about images of this kind: whether one code beats another. The draw of
the test images is a second source of variance, which no number of seeds removes.

Degrees of freedom over seeds × images are Satterthwaite's (Biometrics Bulletin 1946), see `crossed.error_of_mean`;
that the intervals cover is simulated in `coverage`.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from harness.analysis.crossed import Array, Outcomes, error_of_mean

Images = Literal["fixed", "sampled"]
Source = Literal["seeds", "images"]
# A number, or one for each table.
Bound = float | Array

__all__ = ["ALPHA", "LEAST_SEEDS", "LEVEL", "Estimate", "estimate", "p_above", "p_below", "p_different", "p_equivalent"]

LEVEL, ALPHA = 0.95, 0.05
# Two runs have an interval 9 standard deviations wide on either side: fewer than three are shown as points.
LEAST_SEEDS = 3


@dataclass(frozen=True)
class Estimate:
    """The mean of runs, in percent or points, and how sure it is. Every array has the shape of the tables asked.

    `low` .. `high`: the interval of the mean. `prediction_low` .. `prediction_high`: where one more run (a new
    seed) falls on the same test images. Both are cut at what the figure can be (0 and 100 % for an accuracy):
    a value outside is not a value of the truth, so cutting costs no coverage, and the tests' bounds stay.
    `error`, `freedom`: the standard error of the mean and its degrees of freedom. `sd`: between seeds.
    All of these but `sd` are NaN below three seeds. `sources`: what the interval covers; ("seeds",) under
    `images` "sampled" means that the records do not say which images were right.
    """

    mean: Array
    sd: Array
    error: Array
    freedom: Array
    low: Array
    high: Array
    prediction_low: Array
    prediction_high: Array
    seeds: int
    images: Images
    sources: tuple[Source, ...]


def estimate(outcomes: Outcomes, images: Images = "sampled", level: float = LEVEL) -> Estimate:
    """The mean of `outcomes` with its interval and prediction interval at `level`."""
    from scipy import stats

    both = images == "sampled" and outcomes.images is not None and outcomes.seeds >= LEAST_SEEDS
    on_these, student = _over_seeds(outcomes)
    seeds, upper = outcomes.seeds, 0.5 + level / 2.0
    variance, freedom = on_these, student
    if both:
        variance, freedom = error_of_mean(outcomes.squares, seeds, outcomes.images or 0)
    error = np.sqrt(variance)
    low, high = _cut(outcomes, stats.t.ppf(upper, freedom) * error)
    # A run varies by seeds times the variance of their mean, and the mean itself adds one more share.
    one_more = stats.t.ppf(upper, student) * np.sqrt(on_these * (seeds + 1.0))
    prediction_low, prediction_high = _cut(outcomes, one_more)
    return Estimate(
        mean=outcomes.mean,
        sd=np.sqrt(outcomes.seed_variance),
        error=error,
        freedom=freedom,
        low=low,
        high=high,
        prediction_low=prediction_low,
        prediction_high=prediction_high,
        seeds=seeds,
        images=images,
        sources=("seeds", "images") if both else ("seeds",),
    )


def p_above(found: Estimate, bound: Bound) -> Array:
    """p of the one-sided test that the true mean is not above `bound`: small where it lies above."""
    from scipy import stats

    return np.asarray(stats.t.sf(_statistic(found, bound), found.freedom))


def p_below(found: Estimate, bound: Bound) -> Array:
    """p of the one-sided test that the true mean is not below `bound`: small where it lies below."""
    from scipy import stats

    return np.asarray(stats.t.cdf(_statistic(found, bound), found.freedom))


def p_different(found: Estimate, bound: Bound = 0.0) -> Array:
    """Two-sided p of the test that the true mean is `bound`."""
    return np.asarray(2.0 * np.minimum(p_above(found, bound), p_below(found, bound)))


def p_equivalent(found: Estimate, centre: Bound, margin: float) -> Array:
    """p of two one-sided tests (Schuirmann 1987) that the true mean lies within `margin` of `centre`."""
    return np.maximum(p_above(found, centre - margin), p_below(found, centre + margin))


def _over_seeds(outcomes: Outcomes) -> tuple[Array, Array]:
    """The variance of the mean on these images, and its degrees of freedom: Student's."""
    variance = outcomes.seed_variance / outcomes.seeds
    enough = outcomes.seeds >= LEAST_SEEDS
    freedom = np.full(variance.shape, float(outcomes.seeds - 1))
    return (variance, freedom) if enough else (variance * np.nan, freedom * np.nan)


def _cut(outcomes: Outcomes, half: Array) -> tuple[Array, Array]:
    low, high = outcomes.mean - half, outcomes.mean + half
    return np.clip(low, outcomes.lowest, outcomes.highest), np.clip(high, outcomes.lowest, outcomes.highest)


def _statistic(found: Estimate, bound: Bound) -> Array:
    """Student's t against `bound`. Without spread it is infinite on the side of the mean, and 0 on the bound."""
    distance = found.mean - bound
    steady = np.where(distance == 0.0, 0.0, np.copysign(np.inf, distance))
    return np.divide(distance, found.error, out=steady, where=~(found.error == 0))
