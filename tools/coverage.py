"""Write docs/simulations.md: how often intervals cover and verdicts err on simulated test sets with a known truth.

`python -m tools.coverage`, in about a minute. Intervals should cover 93 to 97 %; "reproduced" at a true gap of the
margin, and an ordering where there is none, should be found in at most 5 %.

A seed answers an image rightly where a sum of normal variables lies above a bound (probit model):

    right[s, i] = z + ease[i] + skill[s] + luck[s, i] > 0        (their variances sum to 1)

so that accuracies are counts and yet every truth has a closed form. `share` is the common share: the part of one
run's variance that comes from the draw of the test images, which all seeds have in common.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from harness.analysis.statistics import (
    ALPHA,
    PERCENT,
    Array,
    Estimate,
    Outcomes,
    accuracy_outcomes,
    difference_outcomes,
    estimate,
    outcomes_without_images,
    p_different,
    p_equivalent,
)
from harness.machine.files import write_atomically

Flags = npt.NDArray[np.bool_]
Latent = npt.NDArray[np.float32]

PAGE = Path(__file__).parents[1] / "docs" / "simulations.md"
DRAWS = 2_000
SEEDS = (3, 5, 10)
SHARES = (0.0, 0.2, 0.4)
# About three standard deviations of a simulated run: under a narrower one few runs are called "reproduced" at all,
# rightly or wrongly, and the rates say nothing.
WIDE_MARGIN = 2.0
# Tables drawn at a time: 10 seeds of 2,000 images then take a few megabytes.
CHUNK = 50
# Two arms find the same images hard: their answers correlate by this much.
AGREEMENT = 0.3


# ---- simulated test sets


@dataclass(frozen=True)
class Design:
    """An experiment to simulate: `seeds` runs of the true accuracy `accuracy` (0..1) on a drawn test set.

    `share`: 0..1, the common share of a run's variance. `spread`: a run's variance as a multiple of what the
    binomial law gives `images` test images; at least 1, and share · spread below 1.
    """

    seeds: int
    share: float
    images: int = 2_000
    accuracy: float = 0.9
    spread: float = 1.5


@dataclass(frozen=True)
class Simulated:
    """Drawn experiments. Everything is in percent, or in points for a difference.

    `outcomes`: of shape [draws]. `truth`: over seeds and images. `on_images`: [draws], the truth on the test set
    drawn, over seeds alone. `one_more`: [draws], the figure of one more run on that test set.
    """

    outcomes: Outcomes
    truth: float
    on_images: Array
    one_more: Array


def accuracies(design: Design, draws: int, seed: int) -> Simulated:
    """`draws` experiments with one arm."""
    variance = design.accuracy * (1.0 - design.accuracy)
    effects = _Effects(
        bound=_normal_quantile(design.accuracy),
        images=_latent(design.accuracy, design.share * design.spread * variance),
        seeds=_latent(design.accuracy, (design.spread - 1.0) * variance / design.images),
    )
    generator = np.random.default_rng(seed)
    parts = []
    for count in _chunks(draws):
        ease = _normal(generator, (count, 1, design.images), effects.images)
        right = _answers(generator, effects, ease, design.seeds + 1)
        parts.append(_simulated(accuracy_outcomes(right[:, :-1]), right[:, -1], _chance(effects, ease)))
    return _joined(parts, PERCENT * design.accuracy)


def differences(design: Design, draws: int, seed: int) -> Simulated:
    """`draws` experiments with two arms of equal true accuracy, as their paired difference.

    `share` and `spread` are those of the difference. On a drawn test set one arm may be better; in truth none is.
    """
    variance = design.accuracy * (1.0 - design.accuracy)
    of_difference = variance * (1.0 - AGREEMENT)  # half of it: each arm brings one half
    agreed = _latent(design.accuracy, AGREEMENT * variance)
    effects = _Effects(
        bound=_normal_quantile(design.accuracy),
        images=_latent(design.accuracy, AGREEMENT * variance + design.share * design.spread * of_difference),
        seeds=_latent(design.accuracy, (design.spread - 1.0) * of_difference / design.images),
    )
    generator = np.random.default_rng(seed)
    parts = []
    for count in _chunks(draws):
        shape = (count, 1, design.images)
        shared = _normal(generator, shape, agreed)
        eases = [shared + _normal(generator, shape, effects.images - agreed) for _ in range(2)]
        first, second = (_answers(generator, effects, ease, design.seeds + 1).astype(np.int8) for ease in eases)
        chance = _chance(effects, eases[0]) - _chance(effects, eases[1])
        apart = first - second
        parts.append(_simulated(difference_outcomes(apart[:, :-1]), apart[:, -1], chance))
    return _joined(parts, 0.0)


class _Effects(NamedTuple):
    """The latent bound, and the latent variances of images and seeds; luck has the rest of 1."""

    bound: float
    images: float
    seeds: float


def _latent(accuracy: float, variance: float) -> float:
    """The latent variance of an effect that makes the chance of a right answer vary by `variance`."""
    from scipy import optimize, stats

    if variance <= 0.0:
        return 0.0
    bound = _normal_quantile(accuracy)

    def excess(latent: float) -> float:
        both = stats.multivariate_normal.cdf([bound, bound], cov=[[1.0, latent], [latent, 1.0]])
        return float(both) - accuracy**2 - variance

    return float(optimize.brentq(excess, 0.0, 1.0 - 1e-6))


def _normal_quantile(share: float) -> float:
    from scipy import stats

    return float(stats.norm.ppf(share))


def _answers(generator: np.random.Generator, effects: _Effects, ease: Latent, seeds: int) -> npt.NDArray[np.bool_]:
    """[count, seeds, images], right or wrong."""
    count, _, images = ease.shape
    total = _normal(generator, (count, seeds, images), 1.0 - effects.images - effects.seeds)
    total += ease
    skill = _normal(generator, (count, seeds, 1), effects.seeds)
    return np.asarray(total > -(np.float32(effects.bound) + skill))


def _chance(effects: _Effects, ease: Latent) -> Array:
    """[count], the mean chance (0..1) of a right answer on the images drawn, over seeds and luck."""
    from scipy import stats

    standard = (effects.bound + ease[:, 0]) / np.sqrt(1.0 - effects.images)
    return np.asarray(stats.norm.cdf(standard).mean(axis=-1), dtype=np.float64)


def _normal(generator: np.random.Generator, shape: tuple[int, ...], variance: float) -> Latent:
    return generator.standard_normal(shape, dtype=np.float32) * np.float32(np.sqrt(variance))


def _chunks(draws: int) -> Iterator[int]:
    for start in range(0, draws, CHUNK):
        yield min(CHUNK, draws - start)


def _simulated(outcomes: Outcomes, one_more: npt.NDArray[np.bool_] | npt.NDArray[np.int8], chance: Array) -> Simulated:
    """Some draws; their truth is set when all are joined."""
    return Simulated(outcomes, np.nan, PERCENT * chance, PERCENT * one_more.mean(axis=-1))


def _joined(parts: list[Simulated], truth: float) -> Simulated:
    outcomes = replace(
        parts[0].outcomes,
        per_seed=np.concatenate([part.outcomes.per_seed for part in parts]),
        image_square=np.concatenate([part.outcomes.image_square for part in parts]),
        rest_square=np.concatenate([part.outcomes.rest_square for part in parts]),
    )
    on_images = np.concatenate([part.on_images for part in parts])
    return Simulated(outcomes, truth, on_images, np.concatenate([part.one_more for part in parts]))


# ---- how often intervals cover and verdicts err


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


# ---- the page


def coverage_row(row: Coverage) -> str:
    """One design: shares of draws in which each interval covers."""
    rates = (row.sampled, row.fixed, row.prediction, row.seeds_only)
    return f"| {row.design.seeds} | {row.design.share:.0%} | " + " | ".join(f"{rate:.1%}" for rate in rates) + " |"


def error_row(row: ErrorRates) -> str:
    """One design: shares of draws with a wrong verdict."""
    rates = (row.exact, row.one_run, row.ordering)
    return f"| {row.design.seeds} | {row.design.share:.0%} | " + " | ".join(f"{rate:.1%}" for rate in rates) + " |"


def page() -> str:
    """Both tables in Markdown."""
    lines = (
        "How often a 95 % interval covers what it is an interval of:",
        "",
        "| seeds | share | seeds and images | seeds, images fixed | one more run | seeds alone |",
        "| --- | --- | --- | --- | --- | --- |",
        *map(coverage_row, coverage_table()),
        "",
        "How often a verdict is wrong:",
        "",
        "| seeds | share | reproduced, number exact | reproduced, number one run | an ordering where there is none |",
        "| --- | --- | --- | --- | --- |",
        *map(error_row, error_table()),
    )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    write_atomically(PAGE, page().encode())
