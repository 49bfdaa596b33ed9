"""What runs say about a published accuracy. The published number is taken as exact; percent throughout."""

from collections.abc import Mapping
from dataclasses import dataclass

from harness.analysis.crossed import Outcomes
from harness.analysis.estimates import ALPHA, LEAST_SEEDS, Estimate, Images, estimate, p_equivalent
from harness.analysis.words import Finding, Word, p_in_words, too_few


@dataclass(frozen=True)
class Value:
    """A published accuracy in percent, and the margin δ around it in percentage points.

    `images`: "fixed" where it was published for the very test images of our runs, "sampled" for a subset of them.
    """

    published: float
    margin: float
    images: Images = "fixed"


@dataclass(frozen=True)
class Specificity:
    """Names of control arms: those that get the same verdict as the claim's arm, those that get another one, and
    those with too few seeds for any. A number that every control reaches says nothing about the claim's arm."""

    same: tuple[str, ...]
    other: tuple[str, ...]
    too_few: tuple[str, ...]


def judge_value(outcomes: Outcomes, value: Value) -> Finding:
    """What the runs say; the first rule that holds decides.

    1. reproduced: two one-sided tests find the mean within δ, so a true gap of δ passes in at most 5 %.
    2. within prediction: one more run of ours could well give the number. This stands before the next two,
       because a published run drawn like ours must not be called wrong for its own luck.
    3. higher / lower: our whole 95 % interval lies above / below published ± δ.
    4. inconclusive: none of these, or fewer than three seeds.
    """
    if outcomes.seeds < LEAST_SEEDS:
        return too_few(outcomes.seeds, value.margin, LEAST_SEEDS)
    found = estimate(outcomes, value.images)
    p = float(p_equivalent(found, value.published, value.margin))
    if p <= ALPHA:
        return _reproduced(found, value, p)
    if found.prediction_low <= value.published <= found.prediction_high:
        return _within_prediction(found, value)
    return _apart(found, value) or _inconclusive(found, value, p)


def specificity(word: Word, controls: Mapping[str, Outcomes], value: Value) -> Specificity:
    """Which `controls`, by name, get the verdict `word` when held against the same published number and margin."""
    judged = {name: judge_value(runs, value).word for name, runs in controls.items() if runs.seeds >= LEAST_SEEDS}
    return Specificity(
        same=tuple(name for name, found in judged.items() if found == word),
        other=tuple(name for name, found in judged.items() if found != word),
        too_few=tuple(name for name in controls if name not in judged),
    )


def _reproduced(found: Estimate, value: Value, p: float) -> Finding:
    published = f"the published {value.published:g}"
    why = f"Our mean of {found.mean:.2f} is within {value.margin:.2f} of {published}: {p_in_words(p)}."
    return Finding("reproduced", value.margin, _tost(value), why)


def _within_prediction(found: Estimate, value: Value) -> Finding:
    why = (
        f"Our mean of {found.mean:.2f} is not shown to be within {value.margin:.2f} of the published "
        f"{value.published:g}, but one more run of ours falls between {found.prediction_low:.2f} and "
        f"{found.prediction_high:.2f} (95 %)."
    )
    return Finding("within prediction", value.margin, f"95 % prediction interval, {found.seeds} seeds", why)


def _apart(found: Estimate, value: Value) -> Finding | None:
    """Higher or lower, where the whole interval lies outside the margin."""
    word: Word
    if found.low > value.published + value.margin:
        word, side = "higher", "above"
    elif found.high < value.published - value.margin:
        word, side = "lower", "below"
    else:
        return None
    why = (
        f"Our whole interval, {found.low:.2f} to {found.high:.2f}, lies {side} the published "
        f"{value.published:g} ± {value.margin:.2f}."
    )
    return Finding(word, value.margin, f"95 % interval, δ = {value.margin:.2f}", why)


def _inconclusive(found: Estimate, value: Value, p: float) -> Finding:
    why = (
        f"Our interval, {found.low:.2f} to {found.high:.2f}, is neither within the published {value.published:g} ± "
        f"{value.margin:.2f} ({p_in_words(p)}) nor wholly outside."
    )
    return Finding("inconclusive", value.margin, _tost(value), why)


def _tost(value: Value) -> str:
    return f"TOST, δ = {value.margin:.2f}"
