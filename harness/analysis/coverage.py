"""How often intervals cover and verdicts err on simulated test sets: the figures that a page on method prints.

Intervals should cover 93 to 97 %; "reproduced" at a true gap of the margin, and an ordering where there is none,
should be found in at most 5 %.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from harness.analysis.simulation import Design, Simulated, accuracies, differences
from harness.analysis.statistics import (
    ALPHA,
    Array,
    Estimate,
    estimate,
    outcomes_without_images,
    p_different,
    p_equivalent,
)

Flags = npt.NDArray[np.bool_]

DRAWS = 2_000
SEEDS = (3, 5, 10)
SHARES = (0.0, 0.2, 0.4)
# About three standard deviations of a simulated run: under a narrower one few runs are called "reproduced" at all,
# rightly or wrongly, and the rates say nothing.
WIDE_MARGIN = 2.0


@dataclass(frozen=True)
class Coverage:
    """Shares (0..1) of draws in which an interval holds what it is an interval of.

    `sampled`: over seeds × images, the truth. `fixed`: over seeds, the truth on the test set drawn.
    `prediction`: one more run on the test set drawn. `seeds_only`: the interval over seeds, held against the
    truth: what is lost where images are left out.
    """

    design: Design
    sampled: float
    fixed: float
    prediction: float
    seeds_only: float


class FalseReproduced(NamedTuple):
    """Shares (0..1) of draws called "reproduced" though the published truth stands `margin` away from ours.

    `exact`: the published number is its own truth. `one_run`: the published number is one run, as noisy as ours.
    """

    exact: float
    one_run: float


@dataclass(frozen=True)
class ErrorRates:
    """Shares (0..1) of wrong verdicts: "reproduced" at a gap of `margin` points, the published number `exact` or
    `one_run` (see FalseReproduced), and an `ordering` found between equal arms."""

    design: Design
    margin: float
    exact: float
    one_run: float
    ordering: float


def designs(shares: Iterable[float] = SHARES, seeds: Iterable[int] = SEEDS) -> tuple[Design, ...]:
    """Every share with every number of seeds."""
    counts = tuple(seeds)
    return tuple(Design(count, share) for share in shares for count in counts)


def coverage_of_accuracy(design: Design, draws: int = DRAWS, seed: int = 0) -> Coverage:
    """How often the intervals of an accuracy cover."""
    return _coverage(design, accuracies(design, draws, seed))


def coverage_of_difference(design: Design, draws: int = DRAWS, seed: int = 0) -> Coverage:
    """How often the intervals of a paired difference cover."""
    return _coverage(design, differences(design, draws, seed))


def false_reproduced(design: Design, margin: float, draws: int = DRAWS, seed: int = 0) -> FalseReproduced:
    """How often "reproduced" is said of a number whose truth lies `margin` points above ours, on the same images."""
    drawn = accuracies(design, draws, seed)
    found = estimate(drawn.outcomes, "fixed")
    # One more run of ours, moved by the margin, is a run of a recipe that is better by the margin.
    rates = [_share(_equivalent(found, published + margin, margin)) for published in (drawn.on_images, drawn.one_more)]
    return FalseReproduced(*rates)


def false_ordering(design: Design, draws: int = DRAWS, seed: int = 0) -> float:
    """The share (0..1) of draws in which one of two equally accurate arms, either, is called the better one."""
    found = estimate(differences(design, draws, seed).outcomes, "sampled")
    return _share(p_different(found) <= ALPHA)


def coverage_table(draws: int = DRAWS, seed: int = 0) -> tuple[Coverage, ...]:
    """The coverage of an accuracy's intervals, a row for each of `designs()`."""
    return tuple(coverage_of_accuracy(design, draws, seed) for design in designs())


def error_table(margin: float = WIDE_MARGIN, draws: int = DRAWS, seed: int = 0) -> tuple[ErrorRates, ...]:
    """The rates of wrong verdicts, a row for each of `designs()`."""
    rows = []
    for design in designs():
        reproduced = false_reproduced(design, margin, draws, seed)
        rows.append(ErrorRates(design, margin, *reproduced, ordering=false_ordering(design, draws, seed)))
    return tuple(rows)


def _coverage(design: Design, drawn: Simulated) -> Coverage:
    truth = np.full_like(drawn.on_images, drawn.truth)
    fixed = estimate(drawn.outcomes, "fixed")
    low, high = fixed.prediction_low, fixed.prediction_high
    return Coverage(
        design=design,
        sampled=_covered(estimate(drawn.outcomes, "sampled"), truth),
        fixed=_covered(fixed, drawn.on_images),
        prediction=_share((low <= drawn.one_more) & (drawn.one_more <= high)),
        seeds_only=_covered(estimate(outcomes_without_images(drawn.outcomes.per_seed, -100.0)), truth),
    )


def _covered(found: Estimate, truth: Array) -> float:
    return _share((found.low <= truth) & (truth <= found.high))


def _equivalent(found: Estimate, published: Array, margin: float) -> Flags:
    return p_equivalent(found, published, margin) <= ALPHA


def _share(happened: Flags) -> float:
    return float(np.mean(happened))
