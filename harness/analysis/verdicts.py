"""The verdicts, and the rules that give them: for an accuracy, an ordering, or a number of steps.

The published number is taken as exact. Percent and percentage points throughout. `VERDICTS` has one row per word: the
page, Markdown, the terminal, `report --strict` and docs/verdicts.md are made from it.
"""

import dataclasses
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from harness.analysis import statistics
from harness.analysis.statistics import (
    ALPHA,
    LEAST_SEEDS,
    MOST,
    POWER,
    Estimate,
    Images,
    Outcomes,
    estimate,
    p_different,
    p_equivalent,
)

Word = Literal[
    "reproduced",
    "consistent",
    "higher",
    "lower",
    "sign and size",
    "sign, larger",
    "sign, smaller",
    "holds",
    "no difference",
    "contradicted",
    "inconclusive",
    "stale",
    "incomplete",
    "not comparable",
    "no records",
]
Tone = Literal["good", "fair", "bad", "open", "none"]
Outcome = Literal["out", "in part", "not", "open"]
TONES: tuple[Tone, ...] = ("good", "fair", "bad", "open", "none")
StatementWord = Literal["comes out", "in part", "does not", "not answered"]
# The results of a statement, the best first: in a count of one, and of several.
STATEMENTS: Mapping[StatementWord, tuple[str, str]] = {
    "comes out": ("comes out", "come out"),
    "in part": ("in part", "in part"),
    "does not": ("does not", "do not"),
    "not answered": ("is not answered", "are not answered"),
}
# The basis of an answer: two cases without a network of the paper's size, and the case with one.
ON_SMALL, UNTRAINED, OWN = "on a small network alone", "without training a network", "on the paper's network"
ELSEWHERE = "on another data set alone"


def tally(words: Iterable[tuple[str, str]]) -> str:
    """How many statements became what: the word of each, with its basis.

    >>> tally([("comes out", ""), ("in part", ON_SMALL), ("in part", UNTRAINED), ("in part", ""), ("not answered", "")])
    "1 comes out, 3 in part (1 on the paper's network, 1 on a small network alone, 1 without training a network), 1 is \
not answered"
    """
    alone, parts = Counter(words), []
    for word, forms in STATEMENTS.items():
        counts = {basis: count for basis in ("", ELSEWHERE, ON_SMALL, UNTRAINED) if (count := alone[word, basis])}
        if total := sum(counts.values()):
            bases = ", ".join(f"{count} {basis or OWN}" for basis, count in counts.items())
            parts.append(f"{total} {forms[total > 1]}{f' ({bases})' * any(counts)}")
    return ", ".join(parts)


@dataclass(frozen=True)
class Verdict:
    """One word: its meaning, a sign for readers who see no colours, and its tone, a colour of the page.

    `tone`: `report --strict` fails on "bad".
    `outcome`: the result for a part of a statement: it comes out, in part, does not, or stays open.
    """

    word: Word
    sign: str
    tone: Tone
    outcome: Outcome
    means: str

    @property
    def answers(self) -> bool:
        """Whether it answers a claim."""
        return self.outcome != "open"

    @property
    def missed(self) -> bool:
        """Whether the claim came out otherwise than published."""
        return self.outcome in ("in part", "not")


_ROWS = (
    Verdict("reproduced", "✓", "good", "out",
            "our mean is equivalent to the published number, within the margin (two one-sided tests)"),
    Verdict("consistent", "≈", "fair", "out",
            "not shown to be equivalent, but one more run of ours could well give the published number"),
    Verdict("higher", "▲", "fair", "not",
            "our next run could not give it, and our whole 95 % interval lies above it and its margin"),
    Verdict("lower", "▼", "bad", "not",
            "our next run could not give it, and our whole 95 % interval lies below it and its margin"),
    Verdict("sign and size", "✓", "good", "out", "an ordering with its published sign and size"),
    Verdict("sign, larger", "±", "fair", "in part", "an ordering with its published sign, shown to be larger"),
    Verdict("sign, smaller", "±", "fair", "in part", "an ordering with its published sign, shown to be smaller"),
    Verdict("holds", "✓", "good", "out", "the sign is right; its size is not printed, or not judged"),
    Verdict("no difference", "=", "bad", "not", "both sides of an ordering are equivalent, within the margin"),
    Verdict("contradicted", "✗", "bad", "not", "an ordering has the wrong sign, or a sentence is wrong"),
    Verdict("inconclusive", "?", "open", "open",
            "the seeds are too few or spread too far to tell, the number is near a margin, or networks disagree"),
    Verdict("stale", "↻", "open", "open",
            "computed by code whose results are not shown to equal today’s, or by another recipe"),
    Verdict("incomplete", "…", "open", "open", "a planned seed is missing or failed; nothing is averaged away"),
    Verdict("not comparable", "≠", "open", "open",
            "the profile, its budget of training, or the intervention cannot judge the claim; the reason says why"),
    Verdict("no records", "·", "none", "open", "nobody has run it yet"),
)  # fmt: skip
VERDICTS: Mapping[str, Verdict] = {row.word: row for row in _ROWS}
# The order of a tally, from good to not run.
BY_TONE: tuple[Word, ...] = tuple(row.word for tone in TONES for row in _ROWS if row.tone == tone)

# A smaller p is printed as "below this": so far out, the model of the noise need not hold.
LEAST_P = 1e-10
# For `sharpness`: the points by which a recipe is worse, and the number of simulated draws.
WORSE, DRAWS = 0.3, 4_000
# For steps: below five even runs that all agree have p = 1/16 or more.
LEAST_RUNS = 5


@dataclass(frozen=True)
class Finding:
    """The verdict of runs on one claim.

    `margin`: δ in percentage points, None if none is used. `test`: a short name of the test that decided, such
    as "TOST, δ = 0.50"; for "inconclusive" the tests that did not. `why`: one sentence with the numbers.
    """

    word: Word
    margin: float | None
    test: str
    why: str


def too_few(seeds: int, margin: float | None, least: int) -> Finding:
    """The finding for too few runs for any test."""
    count = f"{seeds} seed{'' if seeds == 1 else 's'}"
    return Finding("inconclusive", margin, f"none: {count}", f"{count} cannot tell; at least {least} are needed.")


def form_of(unit: str, size: float) -> str:
    """The format of numbers in a unit: two decimals of percent, points and steps, else four significant digits."""
    if unit in ("percent", "points", "steps"):
        return ".2f"
    return f",.{max(0, 3 - math.floor(math.log10(abs(size) or 1.0)))}f"


def _as_printed(number: float, form: str) -> str:
    return f"{number:g}" if form == ".2f" else f"{number:{form}}"


def p_in_words(p: float) -> str:
    """A p for a sentence: "p = 0.013", or "p < 1e-10"."""
    return f"p < {LEAST_P:g}" if p < LEAST_P else f"p = {p:.{3 if 0.045 < p < 0.055 else 2}g}"  # on which side of 5 %


def judge_value(
    outcomes: Outcomes,
    published: float,
    margin: float,
    images: Images = "fixed",
    form: str = ".2f",
    widest: float = MOST,
) -> Finding:
    """Judge a published number; the first rule that holds decides.

    `images`: "fixed" if it was published for the same test images as our runs, "sampled" if ours are a subset of them.
    `form`: of numbers in sentences, see `form_of`. `widest`: how far a run may lie from our mean, for "consistent".

    1. reproduced: two one-sided tests find the mean within δ, so a true gap of δ passes in at most 5 %.
    2. consistent: one more run of ours could well give the number. This stands before the next two,
       because a published run drawn like ours must not be called wrong for its own luck. Where one more run could
       give almost any number, this one tells nothing: inconclusive.
    3. higher / lower: our whole 95 % interval lies above / below published ± δ.
    4. inconclusive: none of these, or fewer than three seeds.
    """
    if outcomes.seeds < LEAST_SEEDS:
        return too_few(outcomes.seeds, margin, LEAST_SEEDS)
    ours = estimate(outcomes, images)
    p = float(p_equivalent(ours, published, margin))
    delta, number = f"{margin:{form}}", _as_printed(published, form)
    tost = f"TOST, δ = {delta}"
    interval = f"{ours.low:{form}} to {ours.high:{form}}"
    if p <= ALPHA:
        why = f"Our mean of {ours.mean:{form}} is within {delta} of the published {number}: {p_in_words(p)}."
        return Finding("reproduced", margin, tost, why)
    if ours.prediction_low <= published <= ours.prediction_high:
        why = f"Our mean of {ours.mean:{form}} is not shown to be within {delta} of the published {number}, "
        if ours.high < published - margin or ours.low > published + margin:
            why = f"Our mean of {ours.mean:{form}} ({interval}) lies outside the published {number} ± {delta}, "
        low, high = f"{ours.prediction_low:{form}}", f"{ours.prediction_high:{form}}"
        test = f"95 % prediction interval, {ours.seeds} seeds"
        if _reach(ours) > widest:
            why += f"and one more run of ours could give anything from {low} to {high} (95 %): too wide to tell."
            return Finding("inconclusive", margin, test, why)
        why += f"but one more run of ours falls between {low} and {high} (95 %)."
        return Finding("consistent", margin, test, why)
    above, below = bool(ours.low > published + margin), bool(ours.high < published - margin)
    if above or below:
        side = "above" if above else "below"
        why = f"Our whole interval, {interval}, lies {side} the published {number} ± {delta}."
        return Finding("higher" if above else "lower", margin, f"95 % interval, δ = {delta}", why)
    why = (
        f"Our interval, {interval}, is neither within the published {number} ± {delta} ({p_in_words(p)}) nor "
        "wholly outside."
    )
    return Finding("inconclusive", margin, tost, why)


def _reach(ours: Estimate) -> statistics.Bound:
    """How far one more run may lie from our mean (95 %): half of the prediction interval, before 0 or 100 % cut it."""
    return np.maximum(ours.mean - ours.prediction_low, ours.prediction_high - ours.mean)


def _simulated(sd: float, seeds: int, worse: float = 0.0) -> Estimate:
    """Replications of so many seeds, less the published run; their recipe is `worse` points below the published one.

    Runs scatter by `sd` points around their recipe's truth, the published one like ours; simulated with a fixed seed.
    """
    draws = np.random.default_rng(0).normal(0.0, sd, (DRAWS, seeds + 1))
    return estimate(statistics.outcomes_without_images(draws[:, 1:] - draws[:, :1] - worse, -100.0), "fixed")


def replication(sd: float, seeds: int, margin: float) -> float:
    """The share (0..1) of exact replications called reproduced."""
    return float(np.mean(p_equivalent(_simulated(sd, seeds), 0.0, margin) <= ALPHA))


def sharpness(sd: float, seeds: int, margin: float) -> float:
    """The share (0..1) of cases in which a recipe 0.3 points below the published one is called consistent, too."""
    ours = _simulated(sd, seeds, WORSE)
    within = (ours.prediction_low <= 0.0) & (ours.prediction_high >= 0.0)
    return float(np.mean(within & (_reach(ours) <= MOST) & (p_equivalent(ours, 0.0, margin) > ALPHA)))


@dataclass(frozen=True)
class ClaimedDifference:
    """A published ordering: `margin` δ in points; `published`, the printed size of the difference, or None.

    `relation` "greater": the first arm is above the second. "not-less": it loses nothing, that is, no more than δ.
    `unit`: of the difference; a small network judges no size, so there `published` is None. `form`: see `form_of`.
    `images`: "fixed" where one side is a number that was published for the same test images.
    """

    margin: float
    published: float | None = None
    relation: Literal["greater", "not-less"] = "greater"
    unit: str = "points"
    form: str = ".2f"
    images: Images = "sampled"

    @property
    def bound(self) -> float:
        """The bound of the sign test: 0, or -δ for "not-less" (non-inferiority)."""
        return -self.margin if self.relation == "not-less" else 0.0


def ordering_p(outcomes: Outcomes, ordering: ClaimedDifference) -> float:
    """The two-sided p that the true difference is the ordering's bound; NaN below 3 seeds.

    It is adjusted by `statistics.holm` among all orderings of the paper at one profile, then given to `judge_ordering`.
    """
    return float(p_different(estimate(outcomes, ordering.images), ordering.bound))


def judge_ordering(outcomes: Outcomes, ordering: ClaimedDifference, p_adjusted: float, family: int = 1) -> Finding:
    """Judge an ordering by paired runs; the first rule that holds decides.

    `p_adjusted`: `ordering_p` after Holm; `family`: the number of orderings that it was adjusted for.

    For "greater":
    1. sign and size: p ≤ 0.05, a difference above 0, and its size is the published one: shown to be equal within
       δ, or with the published size in its 95 % interval.
    2. no difference: equal to 0 within δ (two one-sided tests). This stands before the next two, so that an
       advantage below δ is not called an ordering, and a disadvantage below δ is not called a contradiction.
    3. sign, larger / sign, smaller, or holds if no size is judged: p ≤ 0.05 and a difference above 0.
    4. contradicted: p ≤ 0.05 and a difference below 0.
    5. inconclusive: none of these, or fewer than three seeds.
    For "not-less" equality is claimed: holds if p ≤ 0.05 and the difference is above -δ, contradicted if p ≤ 0.05
    and it is below -δ, else inconclusive.
    """
    margin, published, greater = ordering.margin, ordering.published, ordering.relation == "greater"
    form, delta = ordering.form, f"{ordering.margin:{ordering.form}}"
    if outcomes.seeds < LEAST_SEEDS:
        return too_few(outcomes.seeds, margin, LEAST_SEEDS)
    ours = estimate(outcomes, ordering.images)
    decided = p_adjusted <= ALPHA
    right = decided and ours.mean > ordering.bound
    difference = f"The difference of {ours.mean:+{form}} {ordering.unit}"
    start, adjusted = f"{difference} ({ours.low:{form}} to {ours.high:{form}})", f"adjusted {p_in_words(p_adjusted)}"
    # A number of another paper is taken as exact: there are no pairs.
    sign = f"{'paired t of the difference' if ordering.images == 'sampled' else 't of the mean'}, Holm"
    tost = f"TOST, δ = {delta}"

    if greater and right and published is not None:
        sized = estimate(outcomes, "fixed")  # the size was published for these images
        p, size = float(p_equivalent(sized, published, margin)), _as_printed(published, form)
        beginning = f"{difference} has the sign claimed and "
        if p <= ALPHA:
            why = f"{beginning}is within {delta} of the published {size}: {p_in_words(p)}."
            return Finding("sign and size", margin, tost, why)
        if sized.low <= published <= sized.high:
            why = f"{beginning}its interval ({sized.low:{form}} to {sized.high:{form}}) covers the published {size}."
            return Finding("sign and size", margin, "95 % interval of the size", why)
    if greater and (p := float(p_equivalent(ours, 0.0, margin))) <= ALPHA:
        return Finding("no difference", margin, tost, f"{difference} is within {delta} of none: {p_in_words(p)}.")
    if not greater:
        sign = f"non-inferiority, δ = {delta}, Holm"
    if not decided:
        # The seeds needed for the published size, or for δ, at Holm's first and strictest step.
        effect = margin if published is None else published
        tested = outcomes if ordering.images == "sampled" else dataclasses.replace(outcomes, images=None)
        seeds = statistics.seeds_for_power(tested, effect, alpha=ALPHA / family)
        need = f"{seeds} seeds would show" if seeds else "no number of seeds would show, on these test images,"
        power = f"one of {_as_printed(effect, form)} with {POWER:.0%} power{', adjusted alike' if family > 1 else ''}"
        lost = f"is a loss, but not shown to be more or less than {delta}"
        verb = lost if not greater and ours.high < 0 else "does not decide"
        return Finding("inconclusive", margin, sign, f"{start} {verb} ({adjusted}); {need} {power}.")
    if not right:
        side = "is below 0" if greater else f"is a loss of more than {delta}"
        return Finding("contradicted", margin, sign, f"{start} {side}: {adjusted}.")
    if published is None:
        side = "is above 0" if greater else f"is no loss of more than {delta}"
        return Finding("holds", margin, sign, f"{start} {side}: {adjusted}.")
    gap = float(ours.mean) - published
    size = (
        f"{'larger' if gap > 0 else 'smaller'} than the published {_as_printed(published, form)} by {abs(gap):{form}}"
    )
    by_luck = ours.prediction_low <= published <= ours.prediction_high
    luck = ", though one more pair of runs could give it" if by_luck else ""
    why = f"{start} has the sign claimed ({adjusted}), but is {size}{luck}."
    return Finding("sign, larger" if gap > 0 else "sign, smaller", margin, sign, why)


def judge_steps(steps: Sequence[int | None], published: int) -> Finding:
    """Judge "within `published` steps" by the steps of each seed (None: never reached, censored).

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
