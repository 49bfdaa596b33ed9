"""The claims table as data: every claim with what was published, what we found, and what may be said."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.analysis.curves import steps_label
from harness.analysis.verdicts import Judgement
from harness.catalogue.claim import Claim
from harness.report.sources import Source
from harness.report.tables import BLANK, percent

# How a verdict looks besides its word: a sign for readers who see no colours, a tone for the page.
SIGNS = {
    "reproduced": ("✓", "good"),
    "better": ("▲", "good"),
    "within prediction": ("≈", "fair"),
    "not reproduced": ("✗", "bad"),
    "inconclusive": ("?", "open"),
    "incomplete": ("…", "open"),
    "not comparable": ("≠", "open"),
    "no records": ("·", "none"),
}


@dataclass(frozen=True)
class ClaimRow:
    """One judgement in words. `whose` is the source judged; `arm` the one whose records to look up."""

    id: str
    experiment: str
    profile: str
    arm: str
    statement: str
    where: str
    published: str
    ours: str
    interval: str
    optimism: str
    seeds: str
    comparability: str
    deviations: tuple[str, ...]
    verdict: str
    detail: str
    whose: str
    note: str

    @property
    def sign(self) -> str:
        """The verdict's sign."""
        return SIGNS[self.verdict][0]

    @property
    def tone(self) -> str:
        """good, fair, bad, open or none."""
        return SIGNS[self.verdict][1]

    @property
    def waiting(self) -> bool:
        """True where nobody has run anything."""
        return self.verdict == "no records"

    @property
    def words(self) -> str:
        """The verdict, with the seeds where they are what is missing."""
        return f"{self.verdict} ({self.seeds})" if self.verdict == "incomplete" else self.verdict


def claim_rows(sources: Sequence[Source], claims: Sequence[Claim]) -> tuple[ClaimRow, ...]:
    """All judged claims in the order of claims.toml; context numbers are shown in the accuracy tables only.

    Yours have a row where there are records; evidence always has one.
    """
    return tuple(_rows(sources, [claim for claim in claims if claim.kind != "context"]))


def _rows(sources: Sequence[Source], claims: Sequence[Claim]) -> Iterator[ClaimRow]:
    for claim in claims:
        for source in sources:
            for judgement in source.judgements:
                silent = source.name == "yours" and judgement.verdict == "no records"
                if judgement.id == claim.id and not silent:
                    yield _row(claim, judgement, source)


def _row(claim: Claim, judged: Judgement, source: Source) -> ClaimRow:
    ours, interval = _ours(judged)
    return ClaimRow(
        id=claim.id,
        experiment=claim.experiment,
        profile=judged.profile or BLANK,
        arm=judged.arm,
        statement=statement(claim),
        where=claim.source,
        published=published(claim),
        ours=ours,
        interval=interval,
        optimism=BLANK if judged.optimism is None else f"{judged.optimism:+.2f}",
        seeds=f"{judged.seeds_done}/{judged.seeds_planned}",
        comparability=judged.comparability,
        deviations=judged.deviations,
        verdict=judged.verdict,
        detail=source.shorten(judged.detail),
        whose=source.name,
        note=claim.note,
    )


def statement(claim: Claim) -> str:
    """What was claimed, in words."""
    if claim.kind == "ordering":
        sign = ">" if claim.relation == "greater" else "≥"
        return f"{claim.greater} {sign} {claim.less} at T = {claim.timestep}"
    if claim.kind == "steps-to-reach":
        return f"{claim.arm} reaches {claim.target} % and keeps it"
    return f"{claim.arm} at T = {claim.timestep}"


def published(claim: Claim) -> str:
    """The published number as printed."""
    if claim.kind == "ordering":
        return f"+{claim.difference} points" if claim.difference else "the ordering alone"
    return f"{claim.value} steps" if claim.unit == "steps" else f"{claim.value} %"


def _ours(judged: Judgement) -> tuple[str, str]:
    if judged.kind == "ordering":
        return _difference(judged)
    if judged.kind == "steps-to-reach" and judged.steps:
        timesteps = judged.timestep or 0
        return ", ".join(steps_label(step, timesteps) for step in judged.steps) + " steps", "one number a seed"
    if judged.mean is None:
        return BLANK, ""
    low, high = judged.prediction_low, judged.prediction_high
    interval = "" if low is None or high is None else f"next run {low:.2f} to {high:.2f}"
    return f"{percent(judged.mean, judged.half_width)} %", interval


def _difference(judged: Judgement) -> tuple[str, str]:
    if judged.difference is None:
        return BLANK, ""
    low, high = judged.difference_low, judged.difference_high
    words = "" if low is None or high is None else f"95 %: {low:+.2f} to {high:+.2f}"
    wins = f"{sum(sign > 0 for sign in judged.signs)} of {len(judged.signs)} pairs"
    return f"{judged.difference:+.2f} points", f"{words}; {wins}" if words else wins
