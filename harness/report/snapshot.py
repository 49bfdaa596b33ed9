"""Verdicts on every statement and claim, in words: what `harness claims` shows, and what the package brings along.

The snapshot is that of the evidence, for a reader without records. It is written and checked with the report.
"""

import json
import shlex
from dataclasses import asdict, dataclass
from pathlib import Path

from harness.analysis.judges import Judgement, profiles_that_judge, statement_verdicts
from harness.catalogue import Claim
from harness.catalogue.claims import statements_of
from harness.report.sources import Source
from harness.report.table import human
from harness.report.tables import details, ours_in_words, verdict_in_words

SNAPSHOT = Path(__file__).parent.parent / "papers" / "verdicts.json"


@dataclass(frozen=True)
class StatementRow:
    """A statement of a paper.

    `verdict`: comes out, in part, does not, or not answered. `basis`: what alone answers it, where no network of the
    paper's size does; else empty.
    """

    id: str
    paper: str
    says: str
    source: str
    verdict: str
    basis: str


@dataclass(frozen=True)
class ClaimRow:
    """What the records say about one claim at one profile, in words.

    `statement`, `part`, `reading`: what it is a part of, and how the paper is read in it. `leads`: whether this profile
    speaks for the claim. `seeds`: done of planned. `records`: file names below the results folder. `recompute`:
    commands.
    """

    id: str
    statement: str
    part: str
    reading: str
    experiment: str
    profile: str
    leads: bool
    says: str
    source: str
    published: str
    ours: str
    interval: str
    verdict: str
    seeds: str
    why: tuple[str, ...]
    records: tuple[str, ...]
    recompute: tuple[str, ...]


@dataclass(frozen=True)
class Snapshot:
    """The verdicts of one results folder."""

    statements: tuple[StatementRow, ...]
    claims: tuple[ClaimRow, ...]

    def content(self) -> bytes:
        """As a file holds them."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1).encode() + b"\n"


def snapshot(source: Source) -> Snapshot:
    """The verdicts of a judged results folder on every statement and claim of its catalogue."""
    statements, claims = list[StatementRow](), list[ClaimRow]()
    for paper in source.catalogue.papers:
        by_id = {claim.id: claim for claim in paper.claims}
        mine = [judgement for judgement in source.judgements if judgement.id in by_id]
        words = {verdict.id: (verdict.word, verdict.basis) for verdict in statement_verdicts(mine, paper.claims)}
        statements += [
            StatementRow(one.id, paper.title, one.says, one.source, *words.get(one.id, ("not answered", "")))
            for one in statements_of(paper.claims)
        ]
        claims += [_row(by_id[judgement.id], judgement, source) for judgement in mine]
    order = {one.id: place for place, one in enumerate(statements)}
    claims.sort(key=lambda one: order.get(one.statement, len(order)))
    return Snapshot(tuple(statements), tuple(claims))


def _row(claim: Claim, judgement: Judgement, source: Source) -> ClaimRow:
    experiment, profile, arms = judgement.experiment, judgement.profile or "", claim.arms or judgement.arms
    ours, interval = ours_in_words(judgement)
    done = [cell for arm in arms for cell in source.loaded.done(experiment, profile, arm)]
    # Commands that compute the numbers again: all cells, and one of them for comparison with its record.
    paper = source.catalogue.paper_of(experiment)
    recompute = [paper.measurements] if claim.kind == "measurement" and paper and paper.measurements else []
    if claim.needs_training:
        judging = profiles_that_judge(claim, source.catalogue.experiment(experiment))
        at = f" --profile {profile or judging[0]}" if profile or judging else ""
        recompute.append(f"harness run {experiment}{at}{''.join(f' --arm {arm}' for arm in arms)}")
        if profile and done:
            record = shlex.quote(str(done[0].path))  # of another experiment where it has the same cell
            recompute.append(f"harness verify {record} --from training --results-dir {shlex.quote(str(source.folder))}")
    return ClaimRow(
        id=claim.id,
        statement=judgement.statement,
        part=judgement.part,
        reading=judgement.reading,
        experiment=experiment,
        profile=profile,
        leads=judgement.leads,
        says=human(claim.says),
        source=claim.source,
        published=human(claim.printed),
        ours=human(ours or ""),
        interval=human(interval),
        verdict=verdict_in_words(judgement),
        seeds=f"{judgement.seeds_done} of {judgement.seeds_planned}" if judgement.seeds_planned else "",
        why=tuple(map(human, details(claim, judgement, source))),
        records=tuple(source.shorten(str(cell.path)) for cell in done),
        recompute=tuple(recompute),
    )
