"""The claims table as data: every claim with what was published, what we found, and what may be said."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.analysis.curves import steps_label
from harness.analysis.judges import Judgement
from harness.analysis.verdicts import VERDICTS
from harness.catalogue import Claim
from harness.report.sources import Source
from harness.report.tables import BLANK


@dataclass(frozen=True)
class ClaimRow:
    """One judgement in words. `whose` is the source judgement; `arm` the one whose records to look up.

    `before` is our number straight after threshold balancing; `margin` and `test` are what decided, `why` is the one
    reason, `scope` where the verdict holds; `also` are further sentences: controls with the same verdict, the nearest
    reading, other runs, shared records. `reading` is that of the nearest reading, empty where there is none; `undone`
    are the deviations without which it was run again.
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
    scope: str
    why: str
    also: tuple[str, ...]
    reading: str
    undone: tuple[str, ...]
    whose: str
    note: str

    @property
    def sign(self) -> str:
        """The verdict's sign."""
        return VERDICTS[self.verdict].sign

    @property
    def tone(self) -> str:
        """good, fair, bad, open or none."""
        return VERDICTS[self.verdict].tone

    @property
    def waiting(self) -> bool:
        """True where nobody has run anything."""
        return self.verdict == "no records"

    @property
    def words(self) -> str:
        """The verdict, with the seeds where they are what is missing."""
        if self.verdict == "incomplete":
            return f"{self.verdict} ({self.seeds})"
        return f"{self.verdict}, {self.scope}" if self.scope and VERDICTS[self.verdict].answers else self.verdict


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
        statement=claim.says,
        where=claim.source,
        published=claim.printed,
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
        scope=judgement.scope,
        why=source.shorten(judgement.why),
        also=tuple(filter(None, (claim.further, *_also(judgement)))),
        reading=judgement.nearest,
        undone=judgement.undone,
        whose=source.name,
        note=claim.note,
    )


def _ours(judgement: Judgement) -> tuple[str, str]:
    if judgement.kind == "steps-to-reach" and judgement.steps:
        timesteps = judgement.timestep or 0
        return ", ".join(steps_label(step, timesteps) for step in judgement.steps) + " steps", "one number a seed"
    if judgement.mean is None:
        return BLANK, ""
    signed = judgement.kind in ("ordering", "saturation")
    unit = "steps" if judgement.unit == "steps" else "points" if signed else "%"
    if judgement.kind == "measurement":
        shown = f"{judgement.mean:+.2f} points" if judgement.unit == "points" else f"{judgement.mean:.1f} %"
        return shown, "of kept weights" if judgement.profile else "computed, without training"
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
    answers = VERDICTS[judgement.verdict].answers
    if judgement.same and answers:
        yield f"These controls get the same verdict on this claim: {', '.join(judgement.same)}."
    elif judgement.other and answers:
        yield f"No control gets this verdict on this claim ({', '.join(judgement.other)})."
    if judgement.sharpness is not None:
        yield f"A recipe 0.3 points worse would get this word in {100 * judgement.sharpness:.0f} % of cases."
    if judgement.replication is not None and judgement.verdict in ("reproduced", "consistent"):
        share = f"{100 * judgement.replication:.0f} %"
        yield f"An exact replication would be called reproduced in {share} of cases, at this spread."
    if judgement.beside:
        yield judgement.beside
    if judgement.nearest:
        yield judgement.nearest
    yield from judgement.reruns
    if judgement.not_tuned:
        yield f"Not tuned, as no search covers their fine-tuning: {', '.join(judgement.not_tuned)}."
    if judgement.twins:
        yield f"The same records judge {', '.join(judgement.twins)}: one piece of evidence."
    if judgement.further:
        yield f"{judgement.further} further seeds are exploratory: they judge nothing."
