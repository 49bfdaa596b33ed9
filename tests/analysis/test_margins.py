"""Margins at published accuracies, by hand: 5 % of the error, kept within 0.1 and 1.0 points."""

import pytest

from harness.analysis.margins import difference_margin, margin_of, value_margin
from tests.analysis.judging import CATALOGUE, CLAIMS


@pytest.mark.parametrize(
    ("published", "margin"),
    [
        (98.54, 0.1),  # 5 % of 1.46 is 0.073: the least
        (97.3, 0.135),
        (89.94, 0.503),
        (79.7, 1.0),  # 5 % of 20.3 is 1.015: the most
        (68.3, 1.0),
        (100.0, 0.1),
        (0.0, 1.0),
    ],
)
def test_the_margin_is_a_share_of_the_published_error(published: float, margin: float) -> None:
    assert value_margin(published) == pytest.approx(margin)


@pytest.mark.parametrize("published", [-0.1, 100.1, float("nan")])
def test_no_percentage_has_no_margin(published: float) -> None:
    with pytest.raises(ValueError, match="a published accuracy"):
        value_margin(published)


def test_a_difference_has_the_margin_of_its_better_arm() -> None:
    assert difference_margin(89.94, 79.7) == difference_margin(79.7, 89.94) == pytest.approx(0.503)
    assert difference_margin(None, 79.7) == 1.0
    assert difference_margin(None, None) == difference_margin() == 0.5


@pytest.mark.parametrize(
    ("claim", "margin"),
    [
        ("interleaved-cyclic-wins-16", 0.503),  # 89.94 against 79.70
        ("interleaved-loss-is-the-reset", 0.5),  # of neither arm a number is published
        ("readings-percentile-beats-maximum", 0.1),  # 98.54, shown beside all readings
        ("mnist-above-stephan", 0.135),  # ours 97.3, theirs 85
    ],
)
def test_the_margin_of_an_ordering_is_that_of_the_largest_number_published_for_it(claim: str, margin: float) -> None:
    assert margin_of(CATALOGUE, CLAIMS[claim]) == pytest.approx(margin)
