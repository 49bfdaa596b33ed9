"""Seeds × images: a table of right and wrong answers, reduced to the sums that intervals need.

Every seed of every arm sees the same test images, so an accuracy has two sources of variance: the seed, and the
draw of the test images, which all seeds share. The model is crossed random effects, one answer a cell:

    y[s, i] = μ + seed[s] + image[i] + rest[s, i]

with the mean squares of a two-way analysis of variance (Searle, Casella and McCulloch, Variance Components, 1992,
chapter 4). Only the sums of rows, of columns and of squares enter, so 10 seeds of 10,000 images take milliseconds.
Leading axes are separate tables, so that a simulation of thousands is one call.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

PERCENT = 100.0


class MeanSquares(NamedTuple):
    """[...] each, the mean squares of an analysis of variance of single answers, in points²."""

    seeds: Array
    images: Array
    rest: Array


@dataclass(frozen=True)
class Outcomes:
    """What `seeds` runs answered, in percent (an accuracy) or percentage points (a difference).

    `per_seed`: [..., seeds], the figure of each seed. `lowest`, `highest`: what the figure can be at all.
    `images`: the number of test images, None where only counts of right answers are known.
    `image_square`, `rest_square`: [...], the mean squares of images and of the rest, in points² of a single
    answer; NaN where the images are not known.
    """

    per_seed: Array
    lowest: float
    highest: float
    images: int | None
    image_square: Array
    rest_square: Array

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
        """[...], the mean squares of seeds, images and the rest; NaN where the images are not known."""
        images = np.nan if self.images is None else self.images
        return MeanSquares(self.seed_variance * images, self.image_square, self.rest_square)

    @property
    def seed_variance(self) -> Array:
        """[...], the sample variance between the seeds' figures, in points²; NaN for a single seed."""
        if self.seeds < 2:
            return np.full(self.per_seed.shape[:-1], np.nan)
        # Equal figures would leave a rounding error of their mean behind.
        spread = np.ptp(self.per_seed, axis=-1) > 0
        return np.where(spread, np.var(self.per_seed, axis=-1, ddof=1), 0.0)


@dataclass(frozen=True)
class Components:
    """Variances of one answer, in points²: between seeds, between images, and the rest. Never negative."""

    seed: Array
    image: Array
    rest: Array


def accuracy_outcomes(right: npt.NDArray[np.bool_]) -> Outcomes:
    """The outcomes of one arm: `right[..., seeds, images]`, whether a seed answered an image rightly."""
    if right.dtype != np.bool_:
        raise ValueError(f"an accuracy is counted from right (True) and wrong (False), not from {right.dtype}")
    return _outcomes(right, 0.0, PERCENT)


def difference_outcomes(difference: npt.NDArray[np.integer]) -> Outcomes:
    """The outcomes of a paired comparison: `difference[..., seeds, images]`, signed integers.

    -1, 0, 1: the right answers of one arm minus those of another; -2 .. 2: a difference of two such differences.
    The seeds and images of both arms must stand in the same order.
    """
    if not np.issubdtype(difference.dtype, np.signedinteger):
        raise ValueError(f"a difference needs signed integers, not {difference.dtype}")
    span = PERCENT * max(1, int(np.abs(difference).max(initial=0)))
    return _outcomes(difference, -span, span)


def outcomes_without_images(per_seed: npt.ArrayLike, lowest: float = 0.0, highest: float = PERCENT) -> Outcomes:
    """The outcomes of records that say how many answers were right, not which: `per_seed` in percent or points.

    Intervals then cover the seeds alone. Give `lowest` = -100 for a difference.
    """
    figures = np.asarray(per_seed, dtype=np.float64)
    unknown = np.full(figures.shape[:-1], np.nan)
    return Outcomes(figures, lowest, highest, None, unknown, unknown)


def error_of_mean(squares: MeanSquares, seeds: int, images: int) -> tuple[Array, Array]:
    """The variance of the mean over seeds × images, in points², and Satterthwaite's degrees of freedom.

    Var = (squares.seeds + squares.images - squares.rest) / (seeds · images). In the degrees of freedom, not in the
    variance, the seeds' square counts as no smaller than the rest's, which is what it estimates where seeds make no
    difference: three seeds that agree by luck would otherwise bring many degrees of freedom, and an interval that
    covers 92.7 % where images have a tenth of the variance. With it coverage there is 95 to 97 %.
    """
    # Images that vary no more than the rest add nothing: their variance is estimated as 0, not below.
    common = np.maximum(squares.images - squares.rest, 0.0)
    of_seeds = np.maximum(squares.seeds, squares.rest)
    of_images = squares.images**2 / (images - 1) + squares.rest**2 / ((seeds - 1) * (images - 1))
    spread = of_seeds**2 / (seeds - 1) + np.where(common > 0, of_images, 0.0)
    student = np.full(spread.shape, float(seeds - 1))
    freedom = np.divide((of_seeds + common) ** 2, spread, out=student, where=spread > 0)
    return (squares.seeds + common) / (seeds * images), freedom


def components(outcomes: Outcomes) -> Components:
    """The three variances, by the method of moments; an estimate below 0 counts as 0. NaN without images."""
    images, seeds = outcomes.images or 1, outcomes.seeds
    seed = outcomes.seed_variance - outcomes.rest_square / images
    image = (outcomes.image_square - outcomes.rest_square) / seeds
    return Components(np.maximum(seed, 0.0), np.maximum(image, 0.0), outcomes.rest_square)


def common_share(outcomes: Outcomes) -> Array:
    """[...], the part (0..1) of a single run's variance that is due to the test images all runs share.

    NaN without images, and where nothing varies.
    """
    found = components(outcomes)
    images = np.nan if outcomes.images is None else outcomes.images
    run = found.seed + (found.image + found.rest) / images
    return np.asarray(np.divide(found.image / images, run, out=np.full(run.shape, np.nan), where=run > 0))


def _outcomes(table: npt.NDArray[np.bool_] | npt.NDArray[np.integer], lowest: float, highest: float) -> Outcomes:
    if table.ndim < 2 or 0 in table.shape[-2:]:
        raise ValueError(f"a table of outcomes is [..., seeds, images], not of shape {table.shape}")
    images = table.shape[-1]
    by_seed = table.sum(axis=-1, dtype=np.int64)
    by_image = table.sum(axis=-2, dtype=np.int64)
    squares = by_seed.sum(axis=-1) if table.dtype == np.bool_ else _sum_of_squares(table)
    image_square, rest_square = _mean_squares(by_seed, by_image, squares)
    return Outcomes(PERCENT * by_seed / images, lowest, highest, images, image_square, rest_square)


def _sum_of_squares(table: npt.NDArray[np.bool_] | npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
    return np.asarray(np.square(table).sum(axis=(-2, -1), dtype=np.int64))


def _mean_squares(
    by_seed: npt.NDArray[np.int64], by_image: npt.NDArray[np.int64], squares: npt.NDArray[np.int64]
) -> tuple[Array, Array]:
    """The mean squares of images and of the rest, in points², from whole numbers: zero stays exactly zero."""
    seeds, images = by_seed.shape[-1], by_image.shape[-1]
    if seeds < 2 or images < 2:
        unknown = np.full(by_seed.shape[:-1], np.nan)
        return unknown, unknown
    total = by_seed.sum(axis=-1)
    cells = seeds * images
    of_seeds = seeds * np.square(by_seed).sum(axis=-1) - total**2
    of_images = images * np.square(by_image).sum(axis=-1) - total**2
    of_rest = cells * squares - total**2 - of_seeds - of_images
    scale = PERCENT**2 / cells
    return scale * of_images / (images - 1), scale * of_rest / ((seeds - 1) * (images - 1))
