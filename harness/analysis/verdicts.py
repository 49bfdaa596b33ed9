"""What our records say about each claim."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from harness.analysis.claims import Claim, Kind
from harness.analysis.frame import Loaded
from harness.config import ProfileName

Verdict = Literal[
    "reproduced",
    "within prediction",
    "better",
    "not reproduced",
    "inconclusive",
    "incomplete",
    "not comparable",
    "no records",
]


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """One claim at one profile. Accuracies in percent, differences and margins in percentage points.

    `arm` is the arm of a claim, or the greater one of an ordering, whose other arm is `versus`;
    `profile` is None only where no profile has records. A number that does not exist is None.
    """

    id: str
    experiment: str
    profile: ProfileName | None
    arm: str
    versus: str | None = None
    timestep: int | None
    kind: Kind
    unit: Literal["percent", "steps"]
    published: float | None
    mean: float | None = None
    sd: float | None = None
    half_width: float | None = None
    prediction_low: float | None = None
    prediction_high: float | None = None
    binomial_error: float | None = None
    margin: float | None = None
    optimism: float | None = None
    steps: tuple[int | None, ...] = ()
    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None
    p: float | None = None
    p_holm: float | None = None
    signs: tuple[int, ...] = ()
    seeds_done: int
    seeds_planned: int
    comparability: str
    deviations: tuple[str, ...] = ()
    verdict: Verdict
    detail: str = ""


def judge(
    loaded: Loaded,
    claims: Sequence[Claim],
    *,
    profile: ProfileName | None = None,
    seeds_planned: int | None = None,
) -> tuple[Judgement, ...]:
    """One judgement per claim and per profile that has records of it."""
    raise NotImplementedError
