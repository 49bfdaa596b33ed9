"""Verdicts on steps to reach a target, by exact binomial probabilities."""

import pytest

from harness.analysis.steps_rules import judge_steps


@pytest.mark.parametrize(
    ("steps", "word"),
    [
        ((40, 41, 48, 30, 22), "reproduced"),  # 5 of 5 within 48: p = 1/32
        ((1, 1, 1, 1, 1), "reproduced"),  # an upper bound: fewer steps meet it
        ((40, 41, 48, 30, 49), "inconclusive"),  # 4 of 5: p = 6/32
        ((None, 49, None, None, 60), "higher"),
        ((None, 40, 40, None, 60), "inconclusive"),
    ],
)
def test_words(steps: tuple[int | None, ...], word: str) -> None:
    found = judge_steps(steps, 48)
    assert (found.word, found.margin, found.test) == (word, None, "exact sign test")


def test_reasons_count_the_seeds() -> None:
    assert judge_steps((40,) * 5, 48).why == "5 of 5 seeds reach the target within the published 48 steps: p = 0.031."
    assert judge_steps((None,) * 6, 48).why.startswith(
        "0 of 6 seeds reach the target within the published 48 steps; most"
    )


@pytest.mark.parametrize("steps", [(), (40,), (40, 41, 48, 30)])
def test_fewer_than_five_runs_cannot_tell(steps: tuple[int, ...]) -> None:
    found = judge_steps(steps, 48)
    assert (found.word, found.why.endswith("at least 5 are needed.")) == ("inconclusive", True)
