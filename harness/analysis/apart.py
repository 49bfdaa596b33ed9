"""How far two trainings of one cell are apart, beside what the noise of a test allows."""

from collections.abc import Sequence
from itertools import combinations

from scipy.stats import norm

from harness.schema import Counts

ERROR_RATE = 0.05  # of calling noise a difference, over all timesteps of a curve together


def gap(before: Counts | None, after: Counts | None) -> tuple[int, float]:
    """The widest gap between two curves relative to its noise, in images, and what noise allows there.

    Two runs whose rounding differs part ways and end as two draws of one accuracy p: their counts over n images
    then differ by less than z √(2 n p (1 − p)) at all T timesteps together but for `ERROR_RATE` (Bonferroni).
    This is the noise of a test alone. That of training comes on top; `widest` tells it from the seeds of an arm.
    """
    if before is None or after is None or before.total != after.total or len(before.correct) != len(after.correct):
        return 0, -1.0
    z = float(norm.isf(ERROR_RATE / 2 / len(before.correct)))
    gaps = []
    for one, other in zip(before.correct, after.correct, strict=True):
        p = (one + other) / (2 * before.total)
        gaps.append((abs(one - other), z * (2 * before.total * p * (1 - p)) ** 0.5))
    return max(gaps, key=_in_noise)


def widest(curves: Sequence[Counts]) -> tuple[int, float]:
    """The widest `gap` among the seeds of an arm, and what the noise of a test allows there; (0, −1) for one seed."""
    gaps = [gap(one, other) for one, other in combinations(curves, 2)]
    return max(gaps, key=_in_noise, default=(0, -1.0))


def seeds_apart(curves: Sequence[Counts]) -> str:
    """How far the recorded seeds of an arm are apart, in words that follow what noise allows; empty for one seed."""
    if len(curves) < 2:
        return ""
    images, allowed = widest(curves)
    return f"{len(curves)} recorded seeds are {images} apart where that noise allows {allowed:.0f}"


def _in_noise(pair: tuple[int, float]) -> float:
    """A gap in units of what is allowed for it."""
    images, allowed = pair
    return images / max(allowed, 1e-9)
