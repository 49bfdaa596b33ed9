"""The rules that turn numbers into a verdict. Percent and percentage points throughout.

A published number is one run of unknown spread, so it is held against two intervals of ours: that of the mean
(equivalence within δ, by two one-sided tests) and that of one more run (the prediction interval).
"""

from collections.abc import Sequence
from typing import Literal

from harness.analysis import intervals

Verdict = Literal[
    "reproduced",
    "within prediction",
    "better",
    "not reproduced",
    "inconclusive",
    "incomplete",
    "not comparable",
    "no records",
]

# The words that answer a claim; the others say why there is no answer.
JUDGED: tuple[Verdict, ...] = ("reproduced", "within prediction", "better", "not reproduced", "inconclusive")

# With two runs the prediction interval is about 18 standard deviations wide: anything lies within it.
LEAST_RUNS_TO_PREDICT = 3


def value_verdict(runs: Sequence[float], published: float, margin: float) -> Verdict:
    """What finished runs say about a published accuracy; the first rule that holds decides.

    reproduced: TOST finds the mean within `margin` of it, so a true mean at the margin passes in at most 5 %.
    within prediction: it lies in the 95 % prediction interval of at least three runs. This stands before the
    next two, because a published run drawn like ours must not be called wrong for its own luck.
    better / not reproduced: the whole 95 % interval of the mean lies above / below it by more than `margin`.
    inconclusive: none of these.
    """
    if len(runs) < 2:
        return "inconclusive"
    if intervals.equivalence_p(runs, published, margin) <= intervals.ALPHA:
        return "reproduced"
    low, high = intervals.prediction_interval(runs)
    if len(runs) >= LEAST_RUNS_TO_PREDICT and low <= published <= high:
        return "within prediction"
    low, high = intervals.confidence_interval(runs)
    if low > published + margin:
        return "better"
    return "not reproduced" if high < published - margin else "inconclusive"


def ordering_verdict(difference: float, p_adjusted: float, bound: float) -> Verdict:
    """What the mean paired difference (claimed greater minus claimed less) says about an ordering.

    `bound` is 0 for "greater", and minus the margin for "not-less" (non-inferiority). `p_adjusted` is Holm's
    adjusted two-sided p that the true difference is `bound`: at most 0.05 means that the interval lies
    wholly above it (reproduced) or wholly below it (not reproduced), with the number of orderings allowed for.
    """
    if not p_adjusted <= intervals.ALPHA:
        return "inconclusive"
    return "reproduced" if difference > bound else "not reproduced"


def steps_verdict(steps: Sequence[int | None], published: int) -> Verdict:
    """What steps to reach a target (None: censored) say about a published number of steps.

    A sign test of the median, which needs no value for a censored run: reproduced if the runs that reach the
    target within `published` steps are too many (exact one-sided binomial p ≤ 0.05) for a median beyond it,
    not reproduced if they are too few for a median within it. Fewer than five runs cannot tell.
    """
    from scipy import stats

    if not steps:
        return "inconclusive"
    hits = sum(taken is not None and taken <= published for taken in steps)
    if stats.binomtest(hits, len(steps), 0.5, alternative="greater").pvalue <= intervals.ALPHA:
        return "reproduced"
    fails = len(steps) - hits
    if stats.binomtest(fails, len(steps), 0.5, alternative="greater").pvalue <= intervals.ALPHA:
        return "not reproduced"
    return "inconclusive"
