"""Write docs/simulations.md: coverage of our intervals and error rates of our tests, on test sets with a known truth.

`python -m tools.coverage` takes about two minutes. It uses the functions of `harness.analysis.statistics`.

A seed's answer to an image is right if a sum of normal variables is above a bound (probit model):

    right[s, i] = z + ease[i] + skill[s] + luck[s, i] > 0        (their variances sum to 1)

so that accuracies are counts, and every true value has a closed form.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import optimize, stats

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

PAGE = Path(__file__).parents[1] / "docs" / "simulations.md"
DRAWS, SEED = 2_000, 0
SEEDS, SPREADS = (3, 5, 10), (0.5, 1.5, 5.0, 10.0)
ACCURACY, IMAGES = 0.9, 2_000
BINOMIAL = ACCURACY * (1 - ACCURACY)  # the variance of one answer
# The part of it that is due to the images and shared by all seeds; in a difference, for each arm separately. Two arms
# of a difference share `AGREEMENT` besides.
COMMON, AGREEMENT = 0.3, 0.3
CHUNK = 50  # experiments drawn at a time: 10 seeds of 2,000 images take some megabytes


@dataclass(frozen=True)
class Design:
    """An experiment: `seeds` runs, and the variance between their accuracies as a multiple of the rest of a run's.

    `common`: the part of the rest that is due to the images. A run of N images has the rest BINOMIAL / N.
    """

    seeds: int
    spread: float
    common: float = COMMON
    images: int = IMAGES


class Drawn(NamedTuple):
    """Experiments, in percent or points: their outcomes, the truth on the images drawn, one more run on them."""

    outcomes: Outcomes
    on_images: Array
    one_more: Array


class Effects(NamedTuple):
    """The bound z, and the latent variances of ease and skill; luck has the rest of 1."""

    bound: float
    ease: float
    skill: float


class Rates(NamedTuple):
    """One row: the coverage of each interval, and the error rate of each test (0..1)."""

    both: float
    fixed: float
    one_more: float
    difference: float
    seeds_alone: float
    reproduced: float
    ordering: float


def effects(design: Design, shared: float = 0.0) -> Effects:
    """The latent effects for the variances of the design. `shared`: a further part of images, shared by all arms."""

    ease = _latent((design.common + shared) * BINOMIAL)
    return Effects(float(stats.norm.ppf(ACCURACY)), ease, _latent(design.spread * BINOMIAL / design.images))


def _latent(variance: float) -> float:
    """The latent variance of an effect that makes the chance of a right answer vary by `variance`."""

    if variance <= 0.0:
        return 0.0
    bound = float(stats.norm.ppf(ACCURACY))

    def excess(latent: float) -> float:
        both = stats.multivariate_normal.cdf([bound, bound], cov=[[1.0, latent], [latent, 1.0]])
        return float(both) - ACCURACY**2 - variance

    return float(optimize.brentq(excess, 0.0, 1.0 - 1e-6))


def accuracies(design: Design, draws: int, seed: int = SEED) -> Drawn:
    """Experiments with one arm, whose true accuracy is ACCURACY."""
    generator, of = np.random.default_rng(seed), effects(design)
    parts = []
    for start in range(0, draws, CHUNK):
        ease = _normal(generator, (min(CHUNK, draws - start), 1, design.images), of.ease)
        right = _answers(generator, of, ease, design.seeds + 1)
        parts.append(Drawn(accuracy_outcomes(right[:, :-1]), _chance(of, ease), PERCENT * right[:, -1].mean(axis=-1)))
    return _joined(parts)


def differences(design: Design, draws: int, seed: int = SEED) -> Drawn:
    """Experiments with two arms of equal true accuracy, as their paired difference. Each arm has the design's spread.

    On the images drawn one arm may be better; on all images none is.
    """
    generator, of = np.random.default_rng(seed), effects(design, AGREEMENT)
    shared = _latent(AGREEMENT * BINOMIAL)
    parts = []
    for start in range(0, draws, CHUNK):
        shape = (min(CHUNK, draws - start), 1, design.images)
        alike = _normal(generator, shape, shared)
        eases = [alike + _normal(generator, shape, of.ease - shared) for _ in range(2)]
        first, second = (_answers(generator, of, ease, design.seeds + 1).astype(np.int8) for ease in eases)
        difference = first - second
        truth = _chance(of, eases[0]) - _chance(of, eases[1])
        parts.append(Drawn(difference_outcomes(difference[:, :-1]), truth, PERCENT * difference[:, -1].mean(axis=-1)))
    return _joined(parts)


def _answers(
    generator: np.random.Generator, of: Effects, ease: npt.NDArray[np.float32], seeds: int
) -> npt.NDArray[np.bool_]:
    """[experiments, seeds, images], right or wrong."""
    total = _normal(generator, (len(ease), seeds, ease.shape[-1]), 1.0 - of.ease - of.skill)
    total += ease
    return np.asarray(total > -(np.float32(of.bound) + _normal(generator, (len(ease), seeds, 1), of.skill)))


def _chance(of: Effects, ease: npt.NDArray[np.float32]) -> Array:
    """[experiments], the mean chance in percent of a right answer on the images drawn, over seeds and luck."""

    return np.asarray(PERCENT * stats.norm.cdf((of.bound + ease[:, 0]) / np.sqrt(1.0 - of.ease)).mean(axis=-1))


def _normal(generator: np.random.Generator, shape: tuple[int, ...], variance: float) -> npt.NDArray[np.float32]:
    return generator.standard_normal(shape, dtype=np.float32) * np.float32(np.sqrt(variance))


def _joined(parts: list[Drawn]) -> Drawn:
    first = parts[0].outcomes
    arrays = [
        np.concatenate([getattr(part.outcomes, name) for part in parts])
        for name in ("per_seed", "image_square", "rest_square")
    ]
    outcomes = Outcomes(arrays[0], first.lowest, first.highest, first.images, arrays[1], arrays[2])
    return Drawn(outcomes, *(np.concatenate([part[place] for part in parts]) for place in (1, 2)))


# --- Coverage of intervals and error rates of tests


def rates(design: Design, draws: int = DRAWS, seed: int = SEED) -> Rates:
    """The rates of one design, by the functions that judge records.

    `reproduced`: the rate of this word for a number whose truth is the margin away from ours. The margin is three
    standard deviations of a run: with a narrower one few runs are called reproduced at all.
    """
    single, paired = accuracies(design, draws, seed), differences(design, draws, seed)
    truth, fixed = np.full(draws, PERCENT * ACCURACY), estimate(single.outcomes, "fixed")
    margin = 3 * PERCENT * float(np.sqrt((1 + design.spread) * BINOMIAL / design.images))
    difference = estimate(paired.outcomes)
    return Rates(
        both=_covered(estimate(single.outcomes), truth),
        fixed=_covered(fixed, single.on_images),
        one_more=float(np.mean((fixed.prediction_low <= single.one_more) & (single.one_more <= fixed.prediction_high))),
        difference=_covered(difference, np.zeros(draws)),
        seeds_alone=_covered(estimate(outcomes_without_images(paired.outcomes.per_seed, -PERCENT)), np.zeros(draws)),
        reproduced=float(np.mean(p_equivalent(fixed, single.on_images + margin, margin) <= ALPHA)),
        ordering=float(np.mean(p_different(difference) <= ALPHA)),
    )


def _covered(estimate: Estimate, truth: Array) -> float:
    return float(np.mean((estimate.low <= truth) & (truth <= estimate.high)))


def row(design: Design, shares: Rates) -> str:
    """One design as a line of the page."""
    return f"| {design.spread:g} | {design.seeds} | " + " | ".join(f"{rate:.1%}" for rate in shares) + " |"


def page() -> str:
    """The table in Markdown, and how it was made."""
    designs = [Design(seeds, spread) for spread in SPREADS for seeds in SEEDS]
    heads = (
        "spread", "seeds", "accuracy: seeds and images", "accuracy: these images", "one more run",
        "difference: seeds and images", "difference: seeds alone", "reproduced", "an ordering",
    )  # fmt: skip
    return "\n".join(
        (
            f"| {' | '.join(heads)} |",
            "| --- " * len(heads) + "|",
            *(row(design, rates(design)) for design in designs),
            "",
            f"Written by `python -m tools.coverage`: {DRAWS:,} simulated experiments a row, seed {SEED} of the draws, "
            f"{IMAGES:,} test images, true accuracy {ACCURACY:.0%}.",
            "",
        )
    )


if __name__ == "__main__":
    write_atomically(PAGE, page().encode())
