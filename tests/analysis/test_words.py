"""What stands beside a verdict: its p in words."""

import pytest

from harness.analysis.words import p_in_words


@pytest.mark.parametrize(
    ("p", "words"),
    [
        (1.0, "p = 1"),
        (0.0234, "p = 0.023"),
        (1.04e-7, "p = 1e-07"),
        (1e-10, "p = 1e-10"),
        (1.4e-221, "p < 1e-10"),
        (0.0, "p < 1e-10"),
    ],
)
def test_a_p_too_small_for_its_model_is_told_as_a_bound(p: float, words: str) -> None:
    assert p_in_words(p) == words
