"""Verdicts on published orderings: an example of each word, the order of the rules, and how often they err."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from statsmodels.stats.power import TTestPower

from harness.analysis.crossed import Outcomes, difference_outcomes, outcomes_without_images
from harness.analysis.ordering_rules import Ordering, judge_ordering, ordering_p
from harness.analysis.words import Finding

# Around 0, sd 0.1: five differences with a 95 % interval of ± 0.124 and a prediction of ± 0.304.
STEADY = np.array([-0.1, -0.1, 0.0, 0.1, 0.1])
SIZED, UNSIZED = Ordering(0.5, published=2.8), Ordering(0.5)
NOT_LESS = Ordering(0.5, relation="not-less")


def _judge(runs: Sequence[float], ordering: Ordering, family: int = 1) -> Finding:
    outcomes = outcomes_without_images(runs, -100.0)
    return judge_ordering(outcomes, ordering, min(1.0, family * ordering_p(outcomes, ordering)))


@pytest.mark.parametrize(
    ("centre", "scale", "ordering", "word"),
    [
        (2.8, 1, SIZED, "sign and size"),
        (3.15, 1, SIZED, "sign and size"),  # 0.35 away: equal within 0.5
        (3.5, 10, SIZED, "sign and size"),  # 3.5 ± 1.24 covers 2.8
        (3.5, 1, SIZED, "sign only"),
        (0.9, 1, SIZED, "sign only"),
        (0.3, 1, SIZED, "no difference"),  # above 0, and within 0.5 of it
        (0.0, 1, SIZED, "no difference"),
        (-0.3, 1, SIZED, "no difference"),
        (-0.9, 1, SIZED, "contradicted"),
        (1.0, 10, SIZED, "inconclusive"),
        (0.3, 1, Ordering(0.5, published=0.4), "sign and size"),  # a published size below δ, found
        (0.9, 1, UNSIZED, "holds"),
        (0.3, 1, UNSIZED, "no difference"),
        (-0.9, 1, UNSIZED, "contradicted"),
        (0.5, 10, UNSIZED, "inconclusive"),
        (0.9, 1, NOT_LESS, "holds"),
        (0.0, 1, NOT_LESS, "holds"),
        (-0.3, 1, NOT_LESS, "holds"),
        (-0.5, 1, NOT_LESS, "inconclusive"),
        (-0.9, 1, NOT_LESS, "contradicted"),
    ],
)
def test_words(centre: float, scale: float, ordering: Ordering, word: str) -> None:
    assert _judge((centre + scale * STEADY).tolist(), ordering).word == word


def test_a_family_makes_a_sign_harder_and_no_equivalence() -> None:
    """0.7 ± 0.1: p = 0.0001; in a family of 1,000 no sign is left."""
    assert _judge((0.7 + STEADY).tolist(), UNSIZED).word == "holds"
    assert _judge((0.7 + STEADY).tolist(), UNSIZED, family=1_000).word == "inconclusive"
    assert _judge((0.3 + STEADY).tolist(), UNSIZED, family=1_000).word == "no difference"


@pytest.mark.parametrize("count", [1, 2])
def test_fewer_than_three_seeds_cannot_tell(count: int) -> None:
    found = _judge([2.8] * count, SIZED)
    assert (found.word, found.test) == ("inconclusive", f"none: {count} seed{'s' if count > 1 else ''}")


@pytest.mark.parametrize(
    ("centre", "scale", "ordering", "test", "why"),
    [
        (2.8, 1, SIZED, "TOST, δ = 0.50", "+2.80 points has the sign claimed and is within 0.50 of the published 2.8"),
        (3.5, 10, SIZED, "95 % interval of the size", "its interval (2.26 to 4.74) covers the published 2.8."),
        (3.5, 1, SIZED, "paired t of the difference, Holm", "is larger than the published 2.8 by 0.70."),
        (0.9, 1, SIZED, "paired t of the difference, Holm", "is smaller than the published 2.8 by 1.90."),
        (0.0, 1, SIZED, "TOST, δ = 0.50", "is within 0.50 of none"),
        (-0.9, 1, SIZED, "paired t of the difference, Holm", "(-1.02 to -0.78) is below 0: adjusted p = "),
        (0.9, 1, UNSIZED, "paired t of the difference, Holm", "is above 0: adjusted p = "),
        (0.0, 1, NOT_LESS, "non-inferiority, δ = 0.50, Holm", "is no loss of more than 0.50: adjusted p = "),
        (-0.9, 1, NOT_LESS, "non-inferiority, δ = 0.50, Holm", "is a loss of more than 0.50: adjusted p = "),
        # sd 1, effect 2.8: statsmodels' TTestPower asks for 3.4 seeds; effect 0.5 for 33.4.
        (1.0, 10, SIZED, "paired t of the difference, Holm", "4 seeds would show one of 2.8 with 80% power."),
        (0.5, 10, UNSIZED, "paired t of the difference, Holm", "34 seeds would show one of 0.5 with 80% power."),
    ],
)
def test_margin_test_and_reason_stand_beside_the_word(
    centre: float, scale: float, ordering: Ordering, test: str, why: str
) -> None:
    found = _judge((centre + scale * STEADY).tolist(), ordering)
    assert (found.margin, found.test) == (0.5, test)
    assert why in found.why


def test_the_seeds_that_are_lacking_count_holms_adjustment() -> None:
    """sd 1, effect 2.8: statsmodels' TTestPower asks for 7.05 seeds at 5 % of 16."""
    outcomes = outcomes_without_images((1.0 + 10 * STEADY).tolist(), -100.0)
    asked = TTestPower().solve_power(effect_size=2.8, alpha=0.05 / 16, power=0.8, alternative="two-sided")
    why = judge_ordering(outcomes, SIZED, 1.0, family=16).why
    assert f"{math.ceil(asked)} seeds would show one of 2.8 with 80% power, adjusted alike." in why


def test_a_size_that_one_more_pair_could_give_is_said_to_be_so() -> None:
    """3.0 ± 0.124 does not cover 3.2 and is not within 0.1 of it; one more pair falls up to 3.304."""
    found = _judge((3.0 + STEADY).tolist(), Ordering(0.1, published=3.2))
    assert (found.word, found.why.endswith("by 0.20, though one more pair of runs could give it.")) == (
        "sign only",
        True,
    )


def _agreeing(better: int, worse: int) -> Outcomes:
    """Five seeds that differ on the same images of 1,000, but for one image more in one of them."""
    rows = [np.repeat([1, -1, 0], [better + extra, worse, 1_000 - better - extra - worse]) for extra in (0, 0, 1, 0, 0)]
    return difference_outcomes(np.stack(rows).astype(np.int8))


def test_a_sign_must_hold_over_images_too() -> None:
    """20 images against 15 of 1,000: every seed agrees, but √35 images is what their draw alone gives."""
    few, many = _agreeing(20, 15), _agreeing(60, 15)
    assert ordering_p(few, UNSIZED) == pytest.approx(0.39, abs=0.05)
    assert judge_ordering(few, UNSIZED, ordering_p(few, UNSIZED)).word == "inconclusive"
    assert judge_ordering(many, UNSIZED, ordering_p(many, UNSIZED)).word == "holds"


def test_no_difference_must_hold_over_images_too() -> None:
    """0.2 points in every seed, but the draw of the images alone has an error of 0.6."""
    few = _agreeing(20, 18)
    assert judge_ordering(few, UNSIZED, ordering_p(few, UNSIZED)).word == "inconclusive"
    assert judge_ordering(few, Ordering(2.0), ordering_p(few, UNSIZED)).word == "no difference"


def test_images_may_be_what_is_missing_not_seeds() -> None:
    few = _agreeing(20, 15)
    assert "no number of seeds would show, on these test images, one of 0.5" in judge_ordering(few, UNSIZED, 0.39).why


def test_the_size_is_compared_on_the_published_images() -> None:
    """4.5 points in every seed: over drawn images ± 1.7 would cover 5.5, on these it does not."""
    found = judge_ordering(_agreeing(60, 15), Ordering(0.5, published=5.5), 0.001)
    assert (found.word, "smaller than the published 5.5" in found.why) == ("sign only", True)


def test_equal_arms_are_rarely_put_in_an_order() -> None:
    runs = np.random.default_rng(5).normal(0.0, 1.0, (1_000, 5))
    words = [_judge(row.tolist(), UNSIZED).word for row in runs]
    assert 0.01 < sum(word in ("holds", "contradicted") for word in words) / len(words) <= 0.065
