"""The rules: an example of each word, the order of the rules, and how often they err."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from statsmodels.stats.power import TTestPower

from harness.analysis.statistics import Outcomes, accuracy_outcomes, difference_outcomes, outcomes_without_images
from harness.analysis.verdicts import (
    VERDICTS,
    ClaimedDifference,
    Finding,
    Word,
    judge_ordering,
    judge_steps,
    judge_value,
    ordering_p,
    p_in_words,
)

# Mean 90, sd 0.1, five runs: 95 % interval ± 0.124, prediction ± 0.304, 90 % interval ± 0.095.
STEADY = (89.9, 89.9, 90.0, 90.1, 90.1)
# Mean 90, sd 0.3: ± 0.372, prediction ± 0.912, 90 % interval ± 0.285.
SPREAD = (89.7, 89.7, 90.0, 90.3, 90.3)
# Mean 90, sd 1: ± 1.24, prediction ± 3.04, 90 % interval ± 0.95.
LOOSE = (89.0, 89.0, 90.0, 91.0, 91.0)


TOST, PREDICTION = "TOST, δ = 0.50", "95 % prediction interval, 5 seeds"
OUTSIDE = "95 % interval, δ = 0.50"


@pytest.mark.parametrize(
    ("runs", "published", "word", "test", "why"),
    [
        (STEADY, 90.4, "reproduced", TOST, "Our mean of 90.00 is within 0.50 of the published 90.4: p = "),
        # Interval up to 90.124 meets 90.55 - 0.5, prediction ends at 90.304; then the same from below.
        (STEADY, 90.55, "inconclusive", TOST, "neither within the published 90.55 ± 0.50 (p = "),
        (STEADY, 89.55, "inconclusive", TOST, "neither within the published 89.55 ± 0.50 (p = "),
        (STEADY, 91.0, "lower", OUTSIDE, "89.88 to 90.12, lies below the published 91 ± 0.50."),
        (STEADY, 89.0, "higher", OUTSIDE, "89.88 to 90.12, lies above the published 89 ± 0.50."),
        (SPREAD, 90.4, "consistent", PREDICTION, "published 90.4, but one more run of ours falls between 89.09"),
        (SPREAD, 90.9, "consistent", PREDICTION, ""),  # before "lower", which holds too: 90.372 is below 90.4
        (LOOSE, 90.0, "inconclusive", PREDICTION, "and one more run of ours could give anything from 86.96 to 93.04"),
        (LOOSE, 92.9, "inconclusive", PREDICTION, "too wide to tell."),  # and not "lower": one more run could give it
        (LOOSE, 93.1, "lower", OUTSIDE, ""),
        (LOOSE, 86.9, "higher", OUTSIDE, ""),
        ([90.0, 90.0], 90.0, "inconclusive", "none: 2 seeds", "2 seeds cannot tell; at least 3 are needed."),
        ([], 90.0, "inconclusive", "none: 0 seeds", ""),
        ([90.0, 90.0, 90.0], 90.1, "reproduced", TOST, ""),
        ([90.0, 90.0, 90.0], 90.6, "lower", OUTSIDE, ""),
    ],
)
def test_words_of_a_value(runs: Sequence[float], published: float, word: Word, test: str, why: str) -> None:
    found = judge_value(outcomes_without_images(runs), published, 0.5)
    assert (found.word, found.test, found.margin) == (word, test, 0.5)
    assert why in found.why


def _agreeing(hits: int) -> Outcomes:
    """Five seeds right on nearly the same images: `hits` of 1,000, one more or less."""
    return accuracy_outcomes(np.stack([np.arange(1_000) < hits + extra for extra in (-1, 0, 1, 0, 0)]))


def test_the_draw_of_the_images_does_not_enter_on_the_same_test_set() -> None:
    """The images alone give 0.95 points: too much for δ = 0.5, were they drawn anew."""
    fixed, sampled = (judge_value(_agreeing(900), 90.0, 0.5, mode).word for mode in ("fixed", "sampled"))
    assert (fixed, sampled) == ("reproduced", "consistent")


def test_a_published_run_drawn_like_ours_is_rarely_called_wrong() -> None:
    """At most 5 % (and 1.5 of Monte Carlo error), as the prediction interval is asked before the other words."""
    runs = np.random.default_rng(2).normal(80.0, 1.5, (1_000, 6))
    words = [judge_value(outcomes_without_images(row[:-1]), float(row[-1]), 0.1).word for row in runs]
    assert sum(word in ("higher", "lower") for word in words) / len(words) <= 0.065


# Around 0, sd 0.1: five differences with a 95 % interval of ± 0.124 and a prediction of ± 0.304.
STEADY_ORDERING = np.array([-0.1, -0.1, 0.0, 0.1, 0.1])
SIZED, UNSIZED = ClaimedDifference(0.5, published=2.8), ClaimedDifference(0.5)
NOT_LESS = ClaimedDifference(0.5, relation="not-less")


def _judge(runs: Sequence[float], ordering: ClaimedDifference, family: int = 1) -> Finding:
    outcomes = outcomes_without_images(runs, -100.0)
    return judge_ordering(outcomes, ordering, min(1.0, family * ordering_p(outcomes, ordering)))


SIZE, SIGN, NON_INFERIOR = "95 % interval of the size", "paired t of the difference", "non-inferiority, δ = 0.50"


@pytest.mark.parametrize(
    ("centre", "scale", "ordering", "word", "test", "why"),
    [
        (2.8, 1, SIZED, "sign and size", TOST, "+2.80 points has the sign claimed and is within 0.50 of the published"),
        (3.15, 1, SIZED, "sign and size", TOST, ""),  # 0.35 away: equal within 0.5
        (3.5, 10, SIZED, "sign and size", SIZE, "its interval (2.26 to 4.74) covers the published 2.8."),
        (3.5, 1, SIZED, "sign, larger", SIGN, "is larger than the published 2.8 by 0.70."),
        (0.9, 1, SIZED, "sign, smaller", SIGN, "is smaller than the published 2.8 by 1.90."),
        (0.3, 1, SIZED, "no difference", TOST, ""),  # above 0, and within 0.5 of it
        (0.0, 1, SIZED, "no difference", TOST, "is within 0.50 of none"),
        (-0.3, 1, SIZED, "no difference", TOST, ""),
        (-0.9, 1, SIZED, "contradicted", SIGN, "(-1.02 to -0.78) is below 0: adjusted p = "),
        # sd 1, effect 2.8: statsmodels' TTestPower asks for 3.4 seeds; effect 0.5 for 33.4.
        (1.0, 10, SIZED, "inconclusive", SIGN, "4 seeds would show one of 2.8 with 80% power."),
        (0.3, 1, ClaimedDifference(0.5, published=0.4), "sign and size", TOST, ""),  # a published size below δ, found
        (0.9, 1, UNSIZED, "holds", SIGN, "is above 0: adjusted p = "),
        (0.3, 1, UNSIZED, "no difference", TOST, ""),
        (-0.9, 1, UNSIZED, "contradicted", SIGN, ""),
        (0.5, 10, UNSIZED, "inconclusive", SIGN, "34 seeds would show one of 0.5 with 80% power."),
        (0.9, 1, NOT_LESS, "holds", NON_INFERIOR, ""),
        (0.0, 1, NOT_LESS, "holds", NON_INFERIOR, "is no loss of more than 0.50: adjusted p = "),
        (-0.3, 1, NOT_LESS, "holds", NON_INFERIOR, ""),
        (-0.5, 1, NOT_LESS, "inconclusive", NON_INFERIOR, ""),
        (-0.9, 1, NOT_LESS, "contradicted", NON_INFERIOR, "is a loss of more than 0.50: adjusted p = "),
    ],
)
def test_words_of_an_ordering(
    centre: float, scale: float, ordering: ClaimedDifference, word: str, test: str, why: str
) -> None:
    found = _judge((centre + scale * STEADY_ORDERING).tolist(), ordering)
    assert (found.word, found.margin, found.test.removesuffix(", Holm")) == (word, 0.5, test)
    assert why in found.why


def test_a_family_makes_a_sign_harder_and_no_equivalence() -> None:
    """0.7 ± 0.1: p = 0.0001; in a family of 1,000 no sign is left."""
    assert _judge((0.7 + STEADY_ORDERING).tolist(), UNSIZED).word == "holds"
    assert _judge((0.7 + STEADY_ORDERING).tolist(), UNSIZED, family=1_000).word == "inconclusive"
    assert _judge((0.3 + STEADY_ORDERING).tolist(), UNSIZED, family=1_000).word == "no difference"


def test_fewer_than_three_seeds_cannot_tell() -> None:
    for count, words in ((1, "1 seed"), (2, "2 seeds")):
        found = _judge([2.8] * count, SIZED)
        assert (found.word, found.test) == ("inconclusive", f"none: {words}")


def test_the_seeds_that_are_lacking_count_holms_adjustment() -> None:
    """sd 1, effect 2.8: statsmodels' TTestPower asks for 7.05 seeds at 5 % of 16."""
    outcomes = outcomes_without_images((1.0 + 10 * STEADY_ORDERING).tolist(), -100.0)
    asked = TTestPower().solve_power(effect_size=2.8, alpha=0.05 / 16, power=0.8, alternative="two-sided")
    why = judge_ordering(outcomes, SIZED, 1.0, family=16).why
    assert f"{math.ceil(asked)} seeds would show one of 2.8 with 80% power, adjusted alike." in why


def test_a_size_that_one_more_pair_could_give_is_said_to_be_so() -> None:
    """3.0 ± 0.124 does not cover 3.2 and is not within 0.1 of it; one more pair falls up to 3.304."""
    found = _judge((3.0 + STEADY_ORDERING).tolist(), ClaimedDifference(0.1, published=3.2))
    assert found.word == "sign, smaller"
    assert found.why.endswith("by 0.20, though one more pair of runs could give it.")


def _agreeing_ordering(better: int, worse: int) -> Outcomes:
    """Five seeds that differ on the same images of 1,000, but for one image more in one of them."""
    rows = [np.repeat([1, -1, 0], [better + extra, worse, 1_000 - better - extra - worse]) for extra in (0, 0, 1, 0, 0)]
    return difference_outcomes(np.stack(rows).astype(np.int8))


def test_a_sign_must_hold_over_images_too() -> None:
    """20 images against 15 of 1,000: every seed agrees, but √35 images is what their draw alone gives."""
    few, many = _agreeing_ordering(20, 15), _agreeing_ordering(60, 15)
    assert ordering_p(few, UNSIZED) == pytest.approx(0.39, abs=0.05)
    found = judge_ordering(few, UNSIZED, ordering_p(few, UNSIZED))
    assert found.word == "inconclusive"  # and not "no difference": 0.5 points, whose draw has an error of 0.6
    assert "no number of seeds would show, on these test images, one of 0.5" in found.why
    assert judge_ordering(few, ClaimedDifference(2.0), ordering_p(few, UNSIZED)).word == "no difference"
    assert judge_ordering(many, UNSIZED, ordering_p(many, UNSIZED)).word == "holds"


def test_the_size_is_compared_on_the_published_images() -> None:
    """4.5 points in every seed: over drawn images ± 1.7 would cover 5.5, on these it does not."""
    found = judge_ordering(_agreeing_ordering(60, 15), ClaimedDifference(0.5, published=5.5), 0.001)
    assert (found.word, "smaller than the published 5.5" in found.why) == ("sign, smaller", True)


def test_equal_arms_are_rarely_put_in_an_order() -> None:
    runs = np.random.default_rng(5).normal(0.0, 1.0, (500, 5))
    words = [_judge(row.tolist(), UNSIZED).word for row in runs]
    assert 0.01 < sum(word in ("holds", "contradicted") for word in words) / len(words) <= 0.065


@pytest.mark.parametrize(
    ("steps", "word", "why"),
    [
        ((40, 41, 48, 30, 22), "reproduced", "5 of 5 seeds reach the target within the published 48 steps: p = 0.031."),
        ((1, 1, 1, 1, 1), "reproduced", ""),  # an upper bound: fewer steps meet it
        ((40, 41, 48, 30, 49), "inconclusive", ""),  # 4 of 5: p = 6/32
        ((None, 49, None, None, 60), "higher", "0 of 5 seeds reach the target within the published 48 steps; most"),
        ((None, 40, 40, None, 60), "inconclusive", ""),
        ((40, 41, 48, 30), "inconclusive", "at least 5 are needed."),
        ((), "inconclusive", "at least 5 are needed."),
    ],
)
def test_words_of_steps(steps: tuple[int | None, ...], word: str, why: str) -> None:
    found = judge_steps(steps, 48)
    assert (found.word, found.margin) == (word, None)
    assert (found.test == "exact sign test") == (len(steps) >= 5)
    assert why in found.why


@pytest.mark.parametrize(
    ("p", "words"),
    [(1.0, "p = 1"), (0.0234, "p = 0.023"), (1e-10, "p = 1e-10"), (1.4e-221, "p < 1e-10"), (0.0, "p < 1e-10")],
)
def test_a_p_too_small_for_its_model_is_told_as_a_bound(p: float, words: str) -> None:
    assert p_in_words(p) == words


def test_strict_fails_for_three_words() -> None:
    bad = {word for word, verdict in VERDICTS.items() if verdict.tone == "bad"}
    assert bad == {"lower", "contradicted", "no difference"}
