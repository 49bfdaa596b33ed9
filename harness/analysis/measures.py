"""The numbers of a judgement from the runs of its seeds: one function for each kind of claim."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from msgspec.structs import replace

from harness.analysis import intervals
from harness.analysis.curves import steps_label, steps_to_reach
from harness.analysis.judgement import Judgement
from harness.analysis.rules import ordering_verdict, steps_verdict, value_verdict
from harness.catalogue.claim import Claim, last_digit

Array = npt.NDArray[np.float64]


def with_value(blank: Judgement, claim: Claim, accuracy: Array, optimism: Array, images: int) -> Judgement:
    """A value claim: `accuracy` of each seed at the claim's timestep, `optimism` of each (NaN if not known).

    `images`: of the test set that the published number was counted on.
    """
    assert claim.value is not None, "a value claim states a value"
    published = float(claim.value)
    margin = intervals.margin(published, images, last_digit(claim.value))
    low, high = intervals.prediction_interval(accuracy)
    return replace(
        blank,
        **_summary(accuracy),
        prediction_low=_number(low),
        prediction_high=_number(high),
        binomial_error=intervals.binomial_error(published, images),
        margin=margin,
        optimism=_number(np.mean(optimism)),
        verdict=value_verdict(accuracy.tolist(), published, margin),
    )


def with_ordering(blank: Judgement, differences: Array) -> Judgement:
    """An ordering: `differences` of each seed, claimed greater minus claimed less. Holm's verdict comes later."""
    low, high = intervals.confidence_interval(differences)
    return replace(
        blank,
        difference=_number(intervals.mean(differences)),
        difference_low=_number(low),
        difference_high=_number(high),
        p=_number(intervals.p_value(differences, bound_of(blank))),
        signs=tuple(int(sign) for sign in np.sign(differences)),
        margin=intervals.LEAST_MARGIN if blank.relation == "not-less" else None,
    )


def with_steps(blank: Judgement, claim: Claim, curves: Array) -> Judgement:
    """A steps-to-reach claim: `curves[seed, t]` in percent. A mean exists only where no run is censored."""
    assert claim.target is not None, "a steps-to-reach claim states a target"
    target = float(claim.target)
    steps = tuple(steps_to_reach(curve, target) for curve in curves)
    reached = np.array([taken for taken in steps if taken is not None], dtype=np.float64)
    labels = ", ".join(steps_label(taken, curves.shape[1]) for taken in steps)
    return replace(
        blank,
        **(_summary(reached) if len(reached) == len(steps) else {}),
        steps=steps,
        verdict=steps_verdict(steps, blank.timestep),
        detail="; ".join(filter(None, (f"steps to {claim.target} % of each seed: {labels}", blank.detail))),
    )


def adjusted(judgements: Sequence[Judgement]) -> tuple[Judgement, ...]:
    """Orderings with Holm's p and their verdict; one family for each profile, of all that have a p."""
    result = list(judgements)
    for profile in {judgement.profile for judgement in judgements}:
        family = [i for i, j in enumerate(judgements) if j.profile == profile and j.p is not None]
        raw = np.array([judgements[i].p for i in family], dtype=np.float64)
        for i, p in zip(family, intervals.holm(raw), strict=True):
            difference = judgements[i].difference
            assert difference is not None, "a p comes from differences"
            verdict = ordering_verdict(difference, float(p), bound_of(judgements[i]))
            result[i] = replace(judgements[i], p_holm=float(p), verdict=verdict)
    return tuple(result)


def bound_of(judgement: Judgement) -> float:
    """The difference an ordering is tested against: 0, or for "not-less" the margin of 0.5 points below it.

    δ's other two terms belong to a published accuracy, and such an ordering is printed without one.
    """
    return -intervals.LEAST_MARGIN if judgement.relation == "not-less" else 0.0


def _summary(runs: Array) -> dict[str, Any]:
    return {
        "mean": _number(intervals.mean(runs)),
        "sd": _number(intervals.sd(runs)),
        "half_width": _number(intervals.half_width(runs)),
    }


def _number(value: npt.ArrayLike) -> float | None:
    number = float(np.asarray(value))
    return None if math.isnan(number) else number
