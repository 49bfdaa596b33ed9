"""What runs say about a published number of steps to reach a target accuracy."""

from collections.abc import Sequence

from harness.analysis.estimates import ALPHA
from harness.analysis.words import Finding, p_in_words, too_few

# Below five even runs that all agree have p = 1/16 or more.
LEAST_RUNS = 5


def judge_steps(steps: Sequence[int | None], published: int) -> Finding:
    """What the steps of each seed (None: never reached, censored) say about "within `published` steps".

    An exact sign test of the median, which needs no value for a censored run.
    reproduced: runs that reach the target within `published` steps are too many for a median beyond it
    (one-sided p ≤ 0.05). higher: they are too few for a median within it, so more steps are needed.
    The claim is an upper bound, so fewer steps are no contradiction, and there is no "lower". No margin is used.
    """
    from scipy import stats

    runs = len(steps)
    if runs < LEAST_RUNS:
        return too_few(runs, None, LEAST_RUNS)
    hits = sum(taken is not None and taken <= published for taken in steps)
    why = f"{hits} of {runs} seeds reach the target within the published {published} steps"
    p_within = float(stats.binomtest(hits, runs, 0.5, alternative="greater").pvalue)
    p_beyond = float(stats.binomtest(runs - hits, runs, 0.5, alternative="greater").pvalue)
    p = min(p_within, p_beyond)
    if p_within <= ALPHA:
        return Finding("reproduced", None, "exact sign test", f"{why}: {p_in_words(p)}.")
    if p_beyond <= ALPHA:
        return Finding("higher", None, "exact sign test", f"{why}; most need more: {p_in_words(p)}.")
    return Finding("inconclusive", None, "exact sign test", f"{why}, which is neither most nor few: {p_in_words(p)}.")
