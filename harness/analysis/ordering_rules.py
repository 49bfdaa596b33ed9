"""What runs say about a published ordering of two arms. Differences are the claimed greater minus the claimed less,
in percentage points, paired by seed and by test image.

Whether one arm is better is asked over seeds × images (`images="sampled"`); whether the difference has its published
size, on the published test images (`images="fixed"`).
"""

from dataclasses import dataclass
from typing import Literal

from harness.analysis.crossed import Outcomes
from harness.analysis.estimates import ALPHA, LEAST_SEEDS, Estimate, estimate, p_different, p_equivalent
from harness.analysis.power import POWER, seeds_for_power
from harness.analysis.words import Finding, p_in_words, too_few

Relation = Literal["greater", "not-less"]


@dataclass(frozen=True)
class Ordering:
    """A published ordering: `margin` δ in points; `published`, the printed size of the difference, or None.

    `relation` "greater": the first arm is above the second. "not-less": it loses nothing, that is, no more than δ.
    """

    margin: float
    published: float | None = None
    relation: Relation = "greater"

    @property
    def bound(self) -> float:
        """The difference that the sign test is held against: 0, or -δ for "not-less" (non-inferiority)."""
        return -self.margin if self.relation == "not-less" else 0.0


def ordering_p(outcomes: Outcomes, ordering: Ordering) -> float:
    """The two-sided p, over seeds × images, that the true difference is the ordering's bound; NaN below 3 seeds.

    It is adjusted by `family.holm` among all orderings of the paper at one profile, then given to `judge_ordering`.
    """
    return float(p_different(estimate(outcomes, "sampled"), ordering.bound))


def judge_ordering(outcomes: Outcomes, ordering: Ordering, p_adjusted: float, family: int = 1) -> Finding:
    """What the paired runs say; the first rule that holds decides.

    `p_adjusted`: `ordering_p` after Holm; `family`: how many orderings it was adjusted for.

    For "greater":
    1. sign and size: p ≤ 0.05, a difference above 0, and its size is the published one: shown to be equal within
       δ, or with the published size in its 95 % interval.
    2. no difference: equal to 0 within δ (two one-sided tests). This stands before the next two, so that an
       advantage below δ is not called an ordering, and a disadvantage below δ is not called a contradiction.
    3. sign only, or holds where no size is published: p ≤ 0.05 and a difference above 0.
    4. contradicted: p ≤ 0.05 and a difference below 0.
    5. inconclusive: none of these, or fewer than three seeds.
    For "not-less" equality is what is claimed: holds where p ≤ 0.05 and the difference is above -δ, contradicted
    where p ≤ 0.05 and it is below -δ, else inconclusive.
    """
    if outcomes.seeds < LEAST_SEEDS:
        return too_few(outcomes.seeds, ordering.margin, LEAST_SEEDS)
    found = estimate(outcomes, "sampled")
    decided = p_adjusted <= ALPHA
    right = decided and found.mean > ordering.bound
    if ordering.relation == "greater":
        if right and ordering.published is not None and (finding := _sized(outcomes, ordering)):
            return finding
        if (p := float(p_equivalent(found, 0.0, ordering.margin))) <= ALPHA:
            why = (
                f"The difference of {found.mean:+.2f} points is within {ordering.margin:.2f} of none: {p_in_words(p)}."
            )
            return Finding("no difference", ordering.margin, f"TOST, δ = {ordering.margin:.2f}", why)
    if not decided:
        return _inconclusive(outcomes, ordering, p_adjusted, family)
    return _right(found, ordering, p_adjusted) if right else _wrong(found, ordering, p_adjusted)


def _sized(outcomes: Outcomes, ordering: Ordering) -> Finding | None:
    """Sign and size, where the difference is equivalent to the published one or its interval covers it."""
    assert ordering.published is not None, "a size is compared with a published one"
    found = estimate(outcomes, "fixed")
    p = float(p_equivalent(found, ordering.published, ordering.margin))
    beginning = f"The difference of {found.mean:+.2f} points has the sign claimed and "
    if p <= ALPHA:
        why = f"{beginning}is within {ordering.margin:.2f} of the published {ordering.published:g}: {p_in_words(p)}."
        return Finding("sign and size", ordering.margin, f"TOST, δ = {ordering.margin:.2f}", why)
    if found.low <= ordering.published <= found.high:
        why = f"{beginning}its interval {_interval(found)} covers the published {ordering.published:g}."
        return Finding("sign and size", ordering.margin, "95 % interval of the size", why)
    return None


def _right(found: Estimate, ordering: Ordering, p: float) -> Finding:
    """The sign claimed: without a published size it holds, with one the size was found to differ."""
    start = f"The difference of {found.mean:+.2f} points {_interval(found)}"
    if ordering.published is None:
        what = "is above 0" if ordering.relation == "greater" else f"is no loss of more than {ordering.margin:.2f}"
        return Finding("holds", ordering.margin, _sign_test(ordering), f"{start} {what}: adjusted {p_in_words(p)}.")
    gap = float(found.mean) - ordering.published
    size = f"{'larger' if gap > 0 else 'smaller'} than the published {ordering.published:g} by {abs(gap):.2f}"
    by_luck = found.prediction_low <= ordering.published <= found.prediction_high
    luck = ", though one more pair of runs could give it" if by_luck else ""
    why = f"{start} has the sign claimed (adjusted {p_in_words(p)}), but is {size}{luck}."
    return Finding("sign only", ordering.margin, _sign_test(ordering), why)


def _wrong(found: Estimate, ordering: Ordering, p: float) -> Finding:
    what = "is below 0" if ordering.relation == "greater" else f"is a loss of more than {ordering.margin:.2f}"
    why = f"The difference of {found.mean:+.2f} points {_interval(found)} {what}: adjusted {p_in_words(p)}."
    return Finding("contradicted", ordering.margin, _sign_test(ordering), why)


def _inconclusive(outcomes: Outcomes, ordering: Ordering, p: float, family: int) -> Finding:
    """With the seeds it would take: for the published size, or for δ, the least difference that counts.

    They are counted at Holm's first and strictest step, α by the size of the family.
    """
    found = estimate(outcomes, "sampled")
    effect = ordering.margin if ordering.published is None else ordering.published
    seeds = seeds_for_power(outcomes, effect, alpha=ALPHA / family)
    alike = ", adjusted alike" if family > 1 else ""
    need = f"{seeds} seeds would show" if seeds else "no number of seeds would show, on these test images,"
    why = (
        f"The difference of {found.mean:+.2f} points {_interval(found)} does not decide (adjusted {p_in_words(p)}); "
        f"{need} one of {effect:g} with {POWER:.0%} power{alike}."
    )
    return Finding("inconclusive", ordering.margin, _sign_test(ordering), why)


def _interval(found: Estimate) -> str:
    return f"({found.low:.2f} to {found.high:.2f})"


def _sign_test(ordering: Ordering) -> str:
    if ordering.relation == "not-less":
        return f"non-inferiority, δ = {ordering.margin:.2f}, Holm"
    return "paired t of the difference, Holm"
