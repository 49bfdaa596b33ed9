"""Verdicts on published accuracies: an example of each word, the order of the rules, and how often they err."""

from collections.abc import Sequence

import numpy as np
import pytest

from harness.analysis.crossed import Outcomes, accuracy_outcomes, outcomes_without_images
from harness.analysis.estimates import estimate, p_equivalent
from harness.analysis.value_rules import Value, judge_value, specificity
from harness.analysis.words import Word

# Mean 90, sd 0.1, five runs: 95 % interval ± 0.124, prediction ± 0.304, 90 % interval ± 0.095.
STEADY = (89.9, 89.9, 90.0, 90.1, 90.1)
# Mean 90, sd 1: ± 1.24, prediction ± 3.04, 90 % interval ± 0.95.
LOOSE = (89.0, 89.0, 90.0, 91.0, 91.0)


def _word(runs: Sequence[float], published: float, margin: float = 0.5) -> Word:
    return judge_value(outcomes_without_images(runs), Value(published, margin)).word


@pytest.mark.parametrize(
    ("runs", "published", "word"),
    [
        (STEADY, 90.4, "reproduced"),
        (STEADY, 89.6, "reproduced"),
        (STEADY, 90.55, "inconclusive"),  # interval up to 90.124 meets 90.55 - 0.5, prediction ends at 90.304
        (STEADY, 89.55, "inconclusive"),  # the same from below
        (STEADY, 91.0, "lower"),
        (STEADY, 89.0, "higher"),
        (LOOSE, 90.0, "within prediction"),
        (LOOSE, 92.9, "within prediction"),  # before "lower", which holds too: 91.24 is below 92.4
        (LOOSE, 93.1, "lower"),
        (LOOSE, 86.9, "higher"),
        ([90.0, 90.0], 90.0, "inconclusive"),
        ([90.0], 90.0, "inconclusive"),
        ([], 90.0, "inconclusive"),
        ([90.0, 90.0, 90.0], 90.1, "reproduced"),
        ([90.0, 90.0, 90.0], 90.6, "lower"),
    ],
)
def test_words(runs: Sequence[float], published: float, word: Word) -> None:
    assert _word(runs, published) == word


def test_the_margin_of_mnist_tells_apart_what_half_a_point_does_not() -> None:
    runs = (98.20, 98.25, 98.22, 98.24, 98.23)
    assert (_word(runs, 98.54, 0.5), _word(runs, 98.54, 0.1)) == ("reproduced", "lower")


@pytest.mark.parametrize(
    ("runs", "published", "test", "why"),
    [
        (STEADY, 90.2, "TOST, δ = 0.50", "Our mean of 90.00 is within 0.50 of the published 90.2: p = "),
        (LOOSE, 92.0, "95 % prediction interval, 5 seeds", "one more run of ours falls between 86.96 and 93.04"),
        (STEADY, 91.0, "95 % interval, δ = 0.50", "89.88 to 90.12, lies below the published 91 ± 0.50."),
        (STEADY, 89.0, "95 % interval, δ = 0.50", "89.88 to 90.12, lies above the published 89 ± 0.50."),
        (STEADY, 90.55, "TOST, δ = 0.50", "neither within the published 90.55 ± 0.50 (p = "),
        ([90.0], 90.0, "none: 1 seed", "1 seed cannot tell; at least 3 are needed."),
    ],
)
def test_margin_test_and_reason_stand_beside_the_word(
    runs: Sequence[float], published: float, test: str, why: str
) -> None:
    found = judge_value(outcomes_without_images(runs), Value(published, 0.5))
    assert (found.margin, found.test) == (0.5, test)
    assert why in found.why


def _agreeing(hits: int) -> Outcomes:
    """Five seeds right on nearly the same images: `hits` of 1,000, one more or less."""
    return accuracy_outcomes(np.stack([np.arange(1_000) < hits + extra for extra in (-1, 0, 1, 0, 0)]))


def test_the_draw_of_the_images_does_not_enter_on_the_same_test_set() -> None:
    """The images alone give 0.95 points: too much for δ = 0.5, were they drawn anew."""
    fixed, sampled = (judge_value(_agreeing(900), Value(90.0, 0.5, mode)).word for mode in ("fixed", "sampled"))
    assert (fixed, sampled) == ("reproduced", "within prediction")


def test_reproduced_is_said_exactly_where_equivalence_is_found() -> None:
    """So its errors are those of the test, simulated in test_coverage."""
    runs = np.random.default_rng(1).normal(90.4, 0.1, (300, 5))
    words = np.array([_word(row.tolist(), 90.0) for row in runs])
    equivalent = p_equivalent(estimate(outcomes_without_images(runs), "fixed"), 90.0, 0.5) <= 0.05
    assert 0 < equivalent.sum() < 300
    assert ((words == "reproduced") == equivalent).all()


def test_a_published_run_drawn_like_ours_is_rarely_called_wrong() -> None:
    """At most 5 % (and 1.5 of Monte Carlo error), as the prediction interval is asked before the other words."""
    runs = np.random.default_rng(2).normal(80.0, 1.5, (2_000, 6))
    words = [_word(row[:-1].tolist(), float(row[-1]), 0.1) for row in runs]
    assert sum(word in ("higher", "lower") for word in words) / len(words) <= 0.065


def test_controls_with_the_same_verdict_are_named() -> None:
    controls = {
        "direct": outcomes_without_images((89.9, 90.0, 90.1)),
        "poisson": outcomes_without_images((80.0, 80.1, 80.2)),
        "phase": outcomes_without_images(STEADY),
        "burst": outcomes_without_images((90.0,)),
    }
    found = specificity("reproduced", controls, Value(90.0, 0.5))
    assert (found.same, found.other, found.too_few) == (("direct", "phase"), ("poisson",), ("burst",))
    assert specificity("lower", controls, Value(90.0, 0.5)).same == ("poisson",)
