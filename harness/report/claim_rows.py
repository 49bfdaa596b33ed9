"""The claims table as data: every claim with what was published, what we found, and what may be said."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.analysis.curves import steps_label
from harness.analysis.judgement import Judgement
from harness.analysis.margins import rival_of
from harness.analysis.words import ANSWERS
from harness.catalogue import Catalogue, Claim
from harness.report.sources import Source
from harness.report.tables import BLANK

# How a verdict looks besides its word: a sign for readers who see no colours, a tone for the page.
SIGNS = {
    "reproduced": ("✓", "good"),
    "sign and size": ("✓", "good"),
    "holds": ("✓", "good"),
    "within prediction": ("≈", "fair"),
    "sign only": ("±", "fair"),
    "no difference": ("=", "fair"),
    "higher": ("▲", "bad"),
    "lower": ("▼", "bad"),
    "contradicted": ("✗", "bad"),
    "inconclusive": ("?", "open"),
    "incomplete": ("…", "open"),
    "stale": ("↻", "open"),
    "not comparable": ("≠", "open"),
    "no records": ("·", "none"),
}


@dataclass(frozen=True)
class ClaimRow:
    """One judgement in words. `whose` is the source judgement; `arm` the one whose records to look up.

    `before` is our number straight after threshold balancing; `margin` and `test` are what decided, `why` is the one
    reason; `also` are further sentences: controls with the same verdict, the nearest reading, other runs,
    shared records. `reading` is that of the nearest reading, empty where there is none; `undone` are the
    deviations without which it was run again.
    """

    id: str
    experiment: str
    profile: str
    arm: str
    statement: str
    where: str
    published: str
    ours: str
    interval: str
    before: str
    optimism: str
    seeds: str
    margin: str
    test: str
    comparability: str
    deviations: tuple[str, ...]
    verdict: str
    why: str
    also: tuple[str, ...]
    reading: str
    undone: tuple[str, ...]
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
    """All judgement claims in the order of claims.toml; context numbers are shown in the accuracy tables only.

    Yours have a row where there are records; evidence that is at hand always has one.
    """
    return tuple(_rows(sources, claims))


def _rows(sources: Sequence[Source], claims: Sequence[Claim]) -> Iterator[ClaimRow]:
    for claim in claims:
        for source in sources:
            for judgement in source.judgements:
                silent = source.name == "yours" and (judgement.verdict == "no records" or not claim.needs_training)
                silent |= not source.at_hand
                if judgement.id == claim.id and not silent:
                    yield _row(claim, judgement, source)


def _row(claim: Claim, judgement: Judgement, source: Source) -> ClaimRow:
    ours, interval = _ours(judgement)
    return ClaimRow(
        id=claim.id,
        experiment=judgement.experiment,
        profile=judgement.profile or BLANK,
        arm=judgement.arm,
        statement=statement(claim, source.catalogue),
        where=claim.source,
        published=published(claim, source.catalogue),
        ours=ours,
        interval=interval,
        before=_before(judgement),
        optimism=BLANK if judgement.optimism is None else f"{judgement.optimism:+.2f}",
        seeds=f"{judgement.seeds_done}/{judgement.seeds_planned}" if judgement.seeds_planned else BLANK,
        margin=BLANK if judgement.margin is None else f"{judgement.margin:.2f}",
        test=judgement.test or BLANK,
        comparability=judgement.comparability,
        deviations=judgement.deviations,
        verdict=judgement.verdict,
        why=source.shorten(judgement.why),
        also=(*_as_printed(claim, source.catalogue), *_also(judgement)),
        reading=judgement.reading,
        undone=judgement.undone,
        whose=source.name,
        note=claim.note,
    )


def statement(claim: Claim, catalogue: Catalogue) -> str:
    """What was claimed, in words."""
    if claim.statement is not None:
        return claim.statement
    if claim.kind == "ordering":
        sign = ">" if claim.relation == "greater" else "≥"
        other = "its ANN" if claim.baseline else claim.less or rival_of(claim, catalogue).label
        on = ", on training images" if claim.images == "training" else ""
        return f"{claim.greater} {sign} {other} at T = {claim.timestep}{on}"
    if claim.kind == "steps-to-reach":
        return f"{claim.arm} reaches {claim.target} % and keeps it"
    return f"{claim.arm} at T = {claim.timestep}"


def published(claim: Claim, catalogue: Catalogue) -> str:
    """The published number as printed."""
    if claim.kind == "agreement":
        return BLANK
    if claim.kind == "measurement":
        return f"{claim.relation.replace('-', ' ')} {claim.value} %"
    if claim.rival is not None:
        return f"{rival_of(claim, catalogue).value} %"
    if claim.kind == "ordering":
        return f"+{claim.difference} points" if claim.difference else "the ordering alone"
    return f"{claim.value} steps" if claim.unit == "steps" else f"{claim.value} %"


def _as_printed(claim: Claim, catalogue: Catalogue) -> Iterator[str]:
    """The figures that a sentence is held against; against another paper's number, the steps that each needs."""
    if claim.figures:
        yield f"Figures: {', '.join(claim.figures)}."
    if claim.rival is not None:
        theirs = rival_of(claim, catalogue).timestep
        yield f"Steps: {claim.timestep} against {theirs or 'a number that is not reported'}."


def _ours(judgement: Judgement) -> tuple[str, str]:
    if judgement.kind == "steps-to-reach" and judgement.steps:
        timesteps = judgement.timestep or 0
        return ", ".join(steps_label(step, timesteps) for step in judgement.steps) + " steps", "one number a seed"
    if judgement.mean is None:
        return BLANK, ""
    signed = judgement.kind == "ordering"
    unit = "points" if signed else "%"
    if judgement.kind == "measurement":
        return f"{judgement.mean:.1f} %", "of kept weights" if judgement.profile else "computed, without training"
    if judgement.low is None or judgement.high is None:
        return ", ".join(_number(run, signed) for run in judgement.runs) + f" {unit}", "one number a seed"
    interval = f"95 %: {_number(judgement.low, signed)} to {_number(judgement.high, signed)}"
    return f"{_number(judgement.mean, signed)} {unit}", f"{interval}; {_one_more(judgement, signed)}"


def _one_more(judgement: Judgement, signed: bool) -> str:
    if signed:
        what = "pairs" if judgement.versus else "seeds"
        return f"{sum(run > 0 for run in judgement.runs)} of {len(judgement.runs)} {what} above"
    low, high = judgement.prediction_low or 0.0, judgement.prediction_high or 0.0
    return f"next run {_number(low, False)} to {_number(high, False)}"


def _number(value: float, signed: bool) -> str:
    return f"{value:+.2f}" if signed else f"{value:.2f}"


def _before(judgement: Judgement) -> str:
    return BLANK if judgement.balanced is None else _number(judgement.balanced, judgement.kind == "ordering")


def _also(judgement: Judgement) -> Iterator[str]:
    """What a reader should know beside the reason, a sentence each."""
    if judgement.same and judgement.verdict in ANSWERS:
        yield f"These controls get the same verdict on this number: {', '.join(judgement.same)}."
    elif judgement.other and judgement.verdict in ANSWERS:
        yield f"No control gets this verdict on this number ({', '.join(judgement.other)})."
    if judgement.replication is not None and judgement.verdict == "reproduced":
        share = f"{100 * judgement.replication:.0f} %"
        yield f"An exact replication would get this word in {share} of cases, at this spread."
    if judgement.beside:
        yield judgement.beside
    if judgement.reading:
        yield judgement.reading
    yield from judgement.reruns
    if judgement.twins:
        yield f"The same records judge {', '.join(judgement.twins)}: one piece of evidence."
    if judgement.further:
        yield f"{judgement.further} further seeds are exploratory: they judge nothing."
