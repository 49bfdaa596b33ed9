"""The words of verdicts, and what stands beside each: the margin, the test that decided it, and one reason."""

from dataclasses import dataclass
from typing import Literal

Word = Literal[
    "reproduced",
    "within prediction",
    "higher",
    "lower",
    "sign and size",
    "sign only",
    "holds",
    "no difference",
    "contradicted",
    "inconclusive",
    "incomplete",
    "stale",
    "not comparable",
    "no records",
]

# The words that answer a claim; the others say why there is no answer.
ANSWERS: tuple[Word, ...] = (
    "reproduced",
    "within prediction",
    "higher",
    "lower",
    "sign and size",
    "sign only",
    "holds",
    "no difference",
    "contradicted",
    "inconclusive",
)

# The words of what came out otherwise than published.
MISSED: tuple[Word, ...] = ("higher", "lower", "sign only", "no difference", "contradicted")

# What `report --strict` fails on.
STRICT: tuple[Word, ...] = ("lower", "higher", "contradicted")

# A smaller p is told as below this: so far out its model of the noise is not known to hold.
LEAST_P = 1e-10


@dataclass(frozen=True)
class Finding:
    """What runs say about one claim.

    `margin`: δ in percentage points, None where none is used. `test`: a short name of the test that decided, such
    as "TOST, δ = 0.50"; for "inconclusive" the tests that could not. `why`: one sentence with the numbers.
    """

    word: Word
    margin: float | None
    test: str
    why: str


def too_few(seeds: int, margin: float | None, least: int) -> Finding:
    """The finding of runs that are too few for any test."""
    count = f"{seeds} seed{'' if seeds == 1 else 's'}"
    return Finding("inconclusive", margin, f"none: {count}", f"{count} cannot tell; at least {least} are needed.")


def p_in_words(p: float) -> str:
    """A p as a sentence has it: "p = 0.013", or "p < 1e-10"."""
    return f"p < {LEAST_P:g}" if p < LEAST_P else f"p = {p:.2g}"
