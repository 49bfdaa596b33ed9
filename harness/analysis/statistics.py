"""Seeds × images: estimates with intervals, tests, Holm's adjustment, power and margins.

Every seed of every arm sees the same test images, so an accuracy has two sources of variance: the seed, and the
draw of the test images, which all seeds share. The model is crossed random effects with one answer per cell:

    y[s, i] = μ + seed[s] + image[i] + rest[s, i]

with the mean squares of a two-way analysis of variance (Searle, Casella and McCulloch, Variance Components, 1992,
chapter 4) and Satterthwaite's degrees of freedom (Biometrics Bulletin 1946). Only the sums of rows, of columns and of
squares enter, so 10 seeds of 10,000 images take milliseconds. Leading axes are separate tables, so that a simulation of
thousands is one call.

`images="fixed"` is for questions about these test images: whether a number published for the same test set comes out
again. Only the seeds vary. `images="sampled"` is for questions about images of this kind: whether one code beats
another. The draw of the test images is a second source of variance, which no number of seeds removes. Coverage of the
intervals is simulated in tools/coverage.py.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Self

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Images = Literal["fixed", "sampled"]
Source = Literal["seeds", "images"]
# A number, or one for each table.
Bound = float | Array

PERCENT = 100.0
ALPHA = 0.05
# Two runs have an interval 9 standard deviations wide on either side: fewer than three are shown as points.
LEAST_SEEDS = 3
# With fewer seeds, the wider of two intervals is taken: over seeds × images, and over seeds alone.
FEW_SEEDS = 5
POWER = 0.80
# If more seeds than this are needed, the answer is that seeds do not help.
MOST_SEEDS = 1_000
# δ, the distance from a published accuracy that counts as equal: 5 % of the published error rate, 0.1 to 1.0 points. A
# fixed margin would be a third of the error on MNIST and a sixtieth on CIFAR-100.
SHARE_OF_ERROR, LEAST, MOST = 0.05, 0.1, 1.0
UNPUBLISHED = 0.5  # for differences between arms of which no accuracy is published
SHARE_OF_AMOUNT = 0.05  # δ of spikes, additions and energy: 5 % of the published number


class MeanSquares(NamedTuple):
    """[...] each, the mean squares of an analysis of variance of single answers, in points²."""

    seeds: Array
    images: Array
    rest: Array


@dataclass(frozen=True)
class Outcomes:
    """The results of `seeds` runs, in percent (an accuracy) or percentage points (a difference).

    `per_seed`: [..., seeds], the number of each seed. `lowest`, `highest`: the bounds of such a number.
    `images`: the number of test images, None if only counts of right answers are recorded.
    `image_square`, `rest_square`: [...], the mean squares of images and of the rest, in points² of a single
    answer; NaN if `images` is None.
    `rounding`: the variance that rounding alone gives; seeds that agree to the last step vary by no less.
    """

    per_seed: Array
    lowest: float
    highest: float
    images: int | None
    image_square: Array
    rest_square: Array
    rounding: float = 0.0

    @property
    def seeds(self) -> int:
        """The number of runs."""
        return int(self.per_seed.shape[-1])

    @property
    def mean(self) -> Array:
        """[...], the mean over seeds."""
        return np.asarray(np.mean(self.per_seed, axis=-1))

    @property
    def squares(self) -> MeanSquares:
        """[...], the mean squares of seeds, images and the rest; NaN if `images` is None."""
        images = np.nan if self.images is None else self.images
        return MeanSquares(self.seed_variance * images, self.image_square, self.rest_square)

    @property
    def seed_variance(self) -> Array:
        """[...], the sample variance between the seeds' figures, in points²; NaN for a single seed."""
        if self.seeds < 2:
            return np.full(self.per_seed.shape[:-1], np.nan)
        # The rounding of the mean of equal numbers would give a small variance instead of 0.
        spread = np.ptp(self.per_seed, axis=-1) > 0
        return np.maximum(np.where(spread, np.var(self.per_seed, axis=-1, ddof=1), 0.0), self.rounding)

    @property
    def image_variance(self) -> Array:
        """[...], the variance between images, in points² of a single answer, by the method of moments.

        An estimate below 0 counts as 0. NaN if `images` is None.
        """
        return np.maximum((self.image_square - self.rest_square) / self.seeds, 0.0)


def accuracy_outcomes(right: npt.NDArray[np.bool_]) -> Outcomes:
    """The outcomes of one arm: `right[..., seeds, images]`, whether a seed's answer to an image is right."""
    if right.dtype != np.bool_:
        raise ValueError(f"an accuracy is counted from right (True) and wrong (False), not from {right.dtype}")
    return _outcomes(right, 0.0, PERCENT)


def difference_outcomes(difference: npt.NDArray[np.integer]) -> Outcomes:
    """The outcomes of a paired comparison: `difference[..., seeds, images]`, signed integers.

    -1, 0, 1: the right answers of one arm minus those of another; -2 .. 2: a difference of two such differences.
    The seeds and images of both arms must be in the same order.
    """
    if not np.issubdtype(difference.dtype, np.signedinteger):
        raise ValueError(f"a difference needs signed integers, not {difference.dtype}")
    span = PERCENT * max(1, int(np.abs(difference).max(initial=0)))
    return _outcomes(difference, -span, span)


def outcomes_without_images(
    per_seed: npt.ArrayLike, lowest: float = 0.0, highest: float = PERCENT, rounding: float = 0.0
) -> Outcomes:
    """The outcomes of records with counts of right answers only: `per_seed` in percent or points.

    Intervals then cover the seeds alone. Give `lowest` = -100 for a difference.
    """
    figures = np.asarray(per_seed, dtype=np.float64)
    unknown = np.full(figures.shape[:-1], np.nan)
    return Outcomes(figures, lowest, highest, None, unknown, unknown, rounding)


def error_of_mean(squares: MeanSquares, seeds: int, images: int) -> tuple[Array, Array]:
    """The variance of the mean over seeds × images, in points², and Satterthwaite's degrees of freedom.

    Var = (squares.seeds + squares.images - squares.rest) / (seeds · images). In the degrees of freedom, not in the
    variance, the seeds' square counts as no smaller than the rest's, which it estimates if seeds make no difference:
    three seeds that agree by luck would otherwise bring many degrees of freedom, and an interval that covers 92.7 % if
    images have a tenth of the variance. With this rule the coverage is then 95 to 97 %.
    """
    # Images that vary no more than the rest add nothing: their variance is estimated as 0, not below.
    common = np.maximum(squares.images - squares.rest, 0.0)
    of_seeds = np.maximum(squares.seeds, squares.rest)
    of_images = squares.images**2 / (images - 1) + squares.rest**2 / ((seeds - 1) * (images - 1))
    spread = of_seeds**2 / (seeds - 1) + np.where(common > 0, of_images, 0.0)
    student = np.full(spread.shape, float(seeds - 1))
    freedom = np.divide((of_seeds + common) ** 2, spread, out=student, where=spread > 0)
    return (squares.seeds + common) / (seeds * images), freedom


def _outcomes(table: npt.NDArray[np.bool_] | npt.NDArray[np.integer], lowest: float, highest: float) -> Outcomes:
    if table.ndim < 2 or 0 in table.shape[-2:]:
        raise ValueError(f"a table of outcomes is [..., seeds, images], not of shape {table.shape}")
    seeds, images = table.shape[-2:]
    by_seed, by_image = (table.sum(axis=axis, dtype=np.int64) for axis in (-1, -2))
    if seeds < 2 or images < 2:
        unknown = np.full(by_seed.shape[:-1], np.nan)
        return Outcomes(PERCENT * by_seed / images, lowest, highest, images, unknown, unknown)
    # Sums of squares from whole numbers, so that zero stays exactly zero. The square of a 1 is itself.
    total, cells = by_seed.sum(axis=-1), seeds * images
    squares = total if table.dtype == np.bool_ else np.square(table).sum(axis=(-2, -1), dtype=np.int64)
    of_seeds = seeds * np.square(by_seed).sum(axis=-1) - total**2
    of_images = images * np.square(by_image).sum(axis=-1) - total**2
    of_rest = cells * squares - total**2 - of_seeds - of_images
    scale = PERCENT**2 / cells
    image_square, rest_square = scale * of_images / (images - 1), scale * of_rest / ((seeds - 1) * (images - 1))
    return Outcomes(PERCENT * by_seed / images, lowest, highest, images, image_square, rest_square)


@dataclass(frozen=True)
class Estimate:
    """The mean of runs, in percent or points, and its uncertainty. Every array has the leading shape of the outcomes.

    `low` .. `high`: the interval of the mean. `prediction_low` .. `prediction_high`: that of one more run (a new
    seed) on the same test images. Both are cut at the bounds of the outcomes (0 and 100 % for an accuracy): the true
    value cannot be outside, so cutting costs no coverage, and the tests do not use the cut ends.
    `error`, `freedom`: the standard error of the mean and its degrees of freedom. `sd`: between seeds.
    All of these but `sd` are NaN below three seeds. `sources`: the sources of variance in the interval; ("seeds",)
    under `images` "sampled" means that the records do not keep which images were right.
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


def estimate(outcomes: Outcomes, images: Images = "sampled") -> Estimate:
    """The mean of `outcomes` with its 95 % interval and prediction interval."""
    from scipy import special

    seeds, upper = outcomes.seeds, 1.0 - ALPHA / 2.0
    both = images == "sampled" and outcomes.images is not None and seeds >= LEAST_SEEDS
    # The variance of the mean on these images, with Student's degrees of freedom.
    on_these = outcomes.seed_variance / seeds
    student = np.full(on_these.shape, float(seeds - 1))
    if seeds < LEAST_SEEDS:
        on_these, student = on_these * np.nan, student * np.nan
    variance, freedom = on_these, student
    if both:
        variance, freedom = error_of_mean(outcomes.squares, seeds, outcomes.images or 0)
    if both and seeds < FEW_SEEDS:
        # Else a few seeds that vary much more than the images would take over the images' degrees of freedom.
        over_seeds, crossed = (
            special.stdtrit(free, upper) * np.sqrt(of) for of, free in ((on_these, student), (variance, freedom))
        )
        wider = over_seeds > crossed
        variance, freedom = np.where(wider, on_these, variance), np.where(wider, student, freedom)
    error = np.sqrt(variance)
    # A run varies by seeds times the variance of their mean, and the mean itself adds one more share.
    of_one = np.sqrt(on_these * (seeds + 1.0))
    return Estimate(
        outcomes.mean,
        np.sqrt(outcomes.seed_variance),
        error,
        freedom,
        *_cut(outcomes, special.stdtrit(freedom, upper) * error),
        *_cut(outcomes, special.stdtrit(student, upper) * of_one),
        seeds,
        images,
        sources=("seeds", "images") if both else ("seeds",),
    )


@dataclass(frozen=True)
class Interval:
    """The mean of `runs`, one number for each seed, for tables and figures.

    `low` .. `high`: its 95 % interval, None below three seeds. `images`: whether it covers the draw of the test images
    besides that of the seeds.
    """

    runs: tuple[float, ...]
    mean: float
    low: float | None = None
    high: float | None = None
    images: bool = False

    @classmethod
    def of(cls, outcomes: Outcomes, **fields: Any) -> Self:
        """The interval of `outcomes`, over seeds × images; `fields`: further fields of a subclass."""
        ours, runs = estimate(outcomes), tuple(map(float, outcomes.per_seed))
        ends = {"low": float(ours.low), "high": float(ours.high)} if outcomes.seeds >= LEAST_SEEDS else {}
        return cls(runs, float(ours.mean), **ends, images="images" in ours.sources, **fields)

    @property
    def seeds(self) -> int:
        """The number of runs."""
        return len(self.runs)

    @property
    def arms(self) -> tuple[float, float] | None:
        """The distances of the interval's ends below and above the mean."""
        return None if self.low is None or self.high is None else (self.mean - self.low, self.high - self.mean)

    @property
    def half_width(self) -> float | None:
        """Half of the interval's width."""
        return None if self.low is None or self.high is None else (self.high - self.low) / 2.0

    @property
    def shown(self) -> tuple[float, ...]:
        """The points in a figure: the mean, or below three seeds each run."""
        return self.runs if self.low is None else (self.mean,)

    @property
    def over(self) -> str:
        """The sources of variance in the interval, in words; empty without one."""
        return "" if self.low is None else "seeds and images" if self.images else "seeds"


def p_above(ours: Estimate, bound: Bound) -> Array:
    """p of the one-sided test that the true mean is not above `bound`: small if it is above."""
    from scipy import stats

    return np.asarray(stats.t.sf(_statistic(ours, bound), ours.freedom))


def p_below(ours: Estimate, bound: Bound) -> Array:
    """p of the one-sided test that the true mean is not below `bound`: small if it is below."""
    from scipy import stats

    return np.asarray(stats.t.cdf(_statistic(ours, bound), ours.freedom))


def p_different(ours: Estimate, bound: Bound = 0.0) -> Array:
    """Two-sided p of the test that the true mean is `bound`."""
    return np.asarray(2.0 * np.minimum(p_above(ours, bound), p_below(ours, bound)))


def p_equivalent(ours: Estimate, centre: Bound, margin: float) -> Array:
    """p of two one-sided tests (Schuirmann 1987) that the true mean lies within `margin` of `centre`."""
    return np.maximum(p_above(ours, centre - margin), p_below(ours, centre + margin))


def _cut(outcomes: Outcomes, half_width: npt.ArrayLike) -> tuple[Array, Array]:
    half = np.asarray(half_width, dtype=np.float64)
    low, high = outcomes.mean - half, outcomes.mean + half
    return np.clip(low, outcomes.lowest, outcomes.highest), np.clip(high, outcomes.lowest, outcomes.highest)


def _statistic(ours: Estimate, bound: Bound) -> Array:
    """Student's t against `bound`. Without spread it is infinite on the side of the mean, and 0 on the bound."""
    distance = ours.mean - bound
    steady = np.where(distance == 0.0, 0.0, np.copysign(np.inf, distance))
    return np.divide(distance, ours.error, out=steady, where=~(ours.error == 0))


def holm(p_values: Sequence[float], size: int) -> Array:
    """Holm's adjusted p (Scand. J. Statist. 1979) of the given tests, in their order, within a family of `size`.

    Those not given count as p = 1, and so does NaN (a test that could not be made). So a claim without records counts
    like a failed one, and leaving claims out makes none of the others easier. A further significant member can lower
    the adjusted p of the others (Holm steps down), and never raises it. Empty for no tests.
    Raises ValueError if more tests than `size` are given.
    """
    if len(p_values) > size:
        raise ValueError(f"{len(p_values)} tests in a family of {size}")
    raw = np.ones(size)
    raw[: len(p_values)] = np.nan_to_num(np.asarray(p_values, dtype=np.float64), nan=1.0)
    order = np.argsort(raw)
    # The smallest p times the number of tests, the next times one fewer; none below the one before it, or above 1.
    adjusted = np.empty(size)
    adjusted[order] = np.minimum(np.maximum.accumulate(raw[order] * np.arange(size, 0, -1)), 1)
    return adjusted[: len(p_values)]


def seeds_for_power(outcomes: Outcomes, effect: float, alpha: float = ALPHA) -> int | None:
    """The least number of seeds with which a true difference `effect`, in points, is found with a power of 0.8.

    The test is the two-sided one at level `alpha`, over seeds × images if `outcomes` have images, at their spread.
    None if 1,000 seeds are not enough: then the test images limit the power, not the seeds. None too for a single
    seed, which has no spread, and for an effect of 0. At least three.
    """
    if outcomes.seeds < 2 or effect == 0.0:
        return None
    counts = range(LEAST_SEEDS, MOST_SEEDS + 1)
    enough = bisect_left(counts, POWER, key=lambda seeds: power_at(outcomes, effect, seeds, alpha))
    return counts[enough] if enough < len(counts) else None


def power_at(outcomes: Outcomes, effect: float, seeds: int, alpha: float = ALPHA) -> float:
    """The power (0..1) of the two-sided test to find a difference of `effect` points with `seeds` seeds."""
    from scipy import stats

    # The variance of a mean over so many seeds, and its degrees of freedom, expected at the spread seen.
    variance, freedom = float(outcomes.seed_variance) / seeds, seeds - 1.0
    if outcomes.images is not None:
        squares = outcomes.squares
        of_images = squares.rest + seeds * outcomes.image_variance
        planned = MeanSquares(squares.seeds, of_images, squares.rest)
        variance, freedom = map(float, error_of_mean(planned, seeds, outcomes.images))
    if variance == 0.0:
        return 1.0
    shift = abs(effect) / np.sqrt(variance)
    bound = stats.t.ppf(1.0 - alpha / 2.0, freedom)
    # The other tail is left out: a wrong sign is no success.
    return float(stats.nct.sf(bound, freedom, shift))


def value_margin(published: float) -> float:
    """The margin δ, in percentage points, around a published accuracy in percent: 0.10 at 98.54, 1.0 at 68.3.

    Raises ValueError if `published` is no percentage.
    """
    if not 0.0 <= published <= 100.0:
        raise ValueError(f"a published accuracy lies within 0..100 %, not at {published}")
    return min(MOST, max(LEAST, SHARE_OF_ERROR * (100.0 - published)))


def difference_margin(*published: float | None) -> float:
    """The margin δ of a difference: that of the arm with the larger published accuracy; 0.5 if none is published."""
    printed = [accuracy for accuracy in published if accuracy is not None]
    return value_margin(max(printed)) if printed else UNPUBLISHED


def amount_margin(*amounts: float | None) -> float:
    """The margin δ of a number of spikes, of additions or of an energy: 5 % of the largest one that is given."""
    return SHARE_OF_AMOUNT * max(amount for amount in amounts if amount is not None)
