"""The numbers and the finding of a judgement from the runs of its seeds: one function for each kind of claim."""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from msgspec.structs import replace

from harness.analysis.crossed import Outcomes
from harness.analysis.curves import steps_label, steps_to_reach
from harness.analysis.estimates import LEAST_SEEDS, estimate
from harness.analysis.judgement import Judgement
from harness.analysis.margins import margin_of
from harness.analysis.ordering_rules import Ordering, Relation, judge_ordering, ordering_p
from harness.analysis.power import replication_rate
from harness.analysis.steps_rules import judge_steps
from harness.analysis.value_rules import Value, judge_value
from harness.analysis.words import Finding
from harness.catalogue import Catalogue
from harness.catalogue.claim import Claim

Array = npt.NDArray[np.float64]
EXACT = 0.0  # the margin of a claim that is held to its printed bound itself


def with_value(blank: Judgement, outcomes: Outcomes, value: Value, optimism: Array) -> Judgement:
    """A value claim: `outcomes` at the claim's timestep, `optimism` of each seed (NaN if not known)."""
    found = estimate(outcomes, value.images)
    enough = outcomes.seeds >= LEAST_SEEDS
    measured = replace(
        blank,
        **_summary(outcomes, value.images),
        optimism=_number(np.mean(optimism)),
        replication=_number(replication_rate(float(found.sd), outcomes.seeds, value.margin)) if enough else None,
    )
    return with_finding(measured, judge_value(outcomes, value))


def ordering_of(catalogue: Catalogue, claim: Claim) -> Ordering:
    """What an ordering claims: its margin δ, its printed size and its relation."""
    relation: Relation = "not-less" if claim.relation == "not-less" else "greater"
    return Ordering(margin_of(catalogue, claim), claim.published, relation)


def with_ordering(blank: Judgement, outcomes: Outcomes, ordering: Ordering) -> Judgement:
    """An ordering: `outcomes` of the difference, claimed greater minus claimed less. Holm's verdict comes later."""
    p = ordering_p(outcomes, ordering) if outcomes.seeds >= LEAST_SEEDS else float("nan")
    return replace(blank, **_summary(outcomes, "sampled"), p=_number(p), margin=ordering.margin)


def with_verdict(judgement: Judgement, outcomes: Outcomes, ordering: Ordering, p_holm: float, family: int) -> Judgement:
    """An ordering with its verdict, once p is adjusted for a family of so many orderings."""
    finding = judge_ordering(outcomes, ordering, p_holm, family)
    if judgement.versus is None:  # against a number of another paper there are no pairs
        finding = dataclasses.replace(finding, test=finding.test.replace("paired t of the difference", "t of the mean"))
    return with_finding(replace(judgement, p_holm=None if judgement.p is None else p_holm), finding)


def with_steps(blank: Judgement, claim: Claim, curves: Array) -> Judgement:
    """A steps-to-reach claim: `curves[seed, t]` in percent. A mean exists only where no run is censored."""
    assert claim.target is not None, "a steps-to-reach claim states a target"
    target = float(claim.target)
    steps = tuple(steps_to_reach(curve, target) for curve in curves)
    reached = [taken for taken in steps if taken is not None]
    labels = ", ".join(steps_label(taken, curves.shape[1]) for taken in steps)
    finding = judge_steps(steps, blank.timestep)
    why = f"{finding.why} Steps to {claim.target} % of each seed: {labels}."
    mean = float(np.mean(reached)) if len(reached) == len(steps) else None
    measured = replace(blank, mean=mean, steps=steps)
    return with_finding(measured, Finding(finding.word, EXACT, finding.test, why))


def with_finding(judgement: Judgement, finding: Finding) -> Judgement:
    """The judgement with a finding's verdict, margin, test and reason."""
    return replace(judgement, verdict=finding.word, margin=finding.margin, test=finding.test, why=finding.why)


def _summary(outcomes: Outcomes, images: Any) -> dict[str, Any]:
    found = estimate(outcomes, images)
    low, high = _number(found.low), _number(found.high)
    return {
        "mean": _number(found.mean),
        "sd": _number(found.sd),
        "low": low,
        "high": high,
        "half_width": None if low is None or high is None else (high - low) / 2.0,
        "prediction_low": _number(found.prediction_low),
        "prediction_high": _number(found.prediction_high),
        "covers": found.sources if low is not None else (),
        "runs": tuple(float(run) for run in outcomes.per_seed),
    }


def arms_keys(judgement: Judgement, arms: Sequence[str], seeds: Sequence[int]) -> list[list[tuple[str, str, str, int]]]:
    """For each arm, the keys of its seeds at the judgement's profile."""
    return [[(judgement.experiment, str(judgement.profile), arm, seed) for seed in seeds] for arm in arms]


def _number(value: npt.ArrayLike) -> float | None:
    number = float(np.asarray(value))
    return None if math.isnan(number) else number
