"""`harness claims`: what a paper states, what came out, and why.

Where there are records, they are judged. Without any, the snapshot in the package answers. `snapshot` gives its
content, from the evidence and by the same code; it is written with the report and compared by `harness report --check`.
"""

import json
import shlex
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli.options import EVIDENCE, AsJson, OnePaper, asked_for, folder_option, with_records
from harness.errors import HarnessError, did_you_mean
from harness.machine.console import counted, plain_console, say

if TYPE_CHECKING:
    from rich.console import Console

    from harness.analysis.judges import Judgement
    from harness.catalogue import Claim, Paper
    from harness.report import Source

SNAPSHOT = Path(__file__).parent.parent / "papers" / "verdicts.json"
IN_CLONE = Path("harness/papers/verdicts.json")  # where `python -m tools.publish` writes it


@dataclass(frozen=True)
class Statement:
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
class Answer:
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
class Answers:
    """The answers of one results folder, or of the snapshot."""

    statements: tuple[Statement, ...]
    claims: tuple[Answer, ...]


def answers(source: "Source", papers: "Sequence[Paper]") -> Answers:
    """The verdict of a judged results folder on every claim of some papers."""
    from harness.analysis.judges import statement_verdicts
    from harness.catalogue.claims import statements_of

    statements, claims = list[Statement](), list[Answer]()
    for paper in papers:
        by_id = {claim.id: claim for claim in paper.claims}
        mine = [judgement for judgement in source.judgements if judgement.id in by_id]
        words = {verdict.id: (verdict.word, verdict.basis) for verdict in statement_verdicts(mine, paper.claims)}
        statements += [
            Statement(one.id, paper.title, one.says, one.source, *words.get(one.id, ("not answered", "")))
            for one in statements_of(paper.claims)
        ]
        claims += [_answer(by_id[judgement.id], judgement, source) for judgement in mine]
    order = {one.id: place for place, one in enumerate(statements)}
    claims.sort(key=lambda one: order.get(one.statement, len(order)))
    return Answers(tuple(statements), tuple(claims))


def _answer(claim: "Claim", judgement: "Judgement", source: "Source") -> Answer:
    from harness.report.table import human
    from harness.report.tables import details, ours_in_words, verdict_in_words

    experiment, profile, arms = judgement.experiment, judgement.profile or "", claim.arms or judgement.arms
    ours, interval = ours_in_words(judgement)
    done = [cell for arm in arms for cell in source.loaded.done(experiment, profile, arm)]
    # Commands that compute the numbers again: all cells, and one of them for comparison with its record.
    paper = source.catalogue.paper_of(experiment)
    recompute = [paper.measurements] if claim.kind == "measurement" and paper and paper.measurements else []
    if claim.needs_training:
        at = f" --profile {profile}" if profile else ""
        recompute.append(f"harness run {experiment}{at}{''.join(f' --arm {arm}' for arm in arms)}")
        if profile and done:
            record = shlex.quote(str(done[0].path))  # of another experiment where it has the same cell
            recompute.append(f"harness verify {record} --from training --results-dir {shlex.quote(str(source.folder))}")
    return Answer(
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


def snapshot(evidence: "Source") -> bytes:
    """The content of `SNAPSHOT`: the answers of the evidence for the papers that come with the package."""
    from harness.papers import own_catalogue

    return json.dumps(asdict(answers(evidence, own_catalogue().papers)), ensure_ascii=False, indent=1).encode() + b"\n"


def claims(
    name: Annotated[
        str | None, typer.Argument(metavar="CLAIM|EXPERIMENT", help="Default: all claims of all papers.")
    ] = None,
    results_dir: Annotated[
        Path, folder_option("Folder of the records. Where the default is not there, the package's verdicts are shown.")
    ] = EVIDENCE,
    paper: OnePaper = None,
    as_json: AsJson = False,
) -> None:
    """Show each claim of the paper: published, ours, verdict; of one claim also why, and how to recompute it."""
    from harness.papers import catalogue

    with_records(results_dir, EVIDENCE)
    known, called = catalogue(), name
    if name:
        known, name = known.including(name)
    within = None if paper is None else asked_for(known, paper)
    if results_dir.is_dir():
        from harness.report import read

        (source,) = read(results_dir, None, known)
        answered, folder = answers(source, source.catalogue.papers), str(results_dir)
        files = {cell.path for cell in source.loaded.cells.values()}
        origin = f"{counted(len(source.loaded.cells), 'cell')} of {counted(len(files), 'record')} in {folder}"
        if problems := source.loaded.problems:
            origin += f"; the report names {counted(len(problems), 'problem')} with its files"
    else:
        from importlib.metadata import version

        import msgspec

        try:
            answered, folder = msgspec.json.decode(SNAPSHOT.read_bytes(), type=Answers), f"{EVIDENCE} of the repository"
        except (OSError, ValueError) as error:
            raise HarnessError(f"{SNAPSHOT}: {error}", "install the package again") from None
        origin = f"harness {version('dct-snn-harness')}, which holds the verdicts but no records"
    listed = [one for one in answered.claims if within is None or one.experiment in within]
    chosen = [one for one in listed if name in (None, one.id, one.experiment)]
    if not chosen and name is None:
        raise HarnessError(f"no verdicts on claims of {paper} here", "name a folder of its records with --results-dir")
    if not chosen and name in known.names() and not known.claims_of(str(name)):
        raise HarnessError(f"no claims are about {name}", f"harness report {called} shows its results")
    if not chosen:
        if other := next((one for one in answered.claims if name in (one.id, one.experiment)), None):
            whose = next((s.paper for s in answered.statements if s.id == other.statement), "another paper")
            raise HarnessError(f"{name} is not of {paper}", f"leave out --paper: it is of {whose}")
        names = [*(one.id for one in listed), *(one.experiment for one in listed)]
        raise did_you_mean("claim or experiment", str(name), list(dict.fromkeys(names)))
    if as_json:
        named = {one.statement for one in chosen}
        statements = [asdict(one) for one in answered.statements if one.id in named]
        say(json.dumps({"origin": origin, "statements": statements, "claims": [asdict(c) for c in chosen]}))
        return
    console = plain_console()
    if any(one.id == name for one in chosen):
        for one in sorted(chosen, key=lambda one: not one.leads):
            _show_one(one, answered.statements, folder, console)
    else:
        _show_all(answered.statements, [one for one in chosen if one.leads], console)
        console.print("\nharness claims CLAIM tells why, names the records and how to recompute them.")
    console.print(f"From {origin}.")


def _show_all(statements: Sequence[Statement], chosen: Sequence[Answer], console: "Console") -> None:
    """Each statement with its verdict, and below it its claims: published, ours, verdict."""
    from harness.analysis.verdicts import tally
    from harness.report.table import Column, Row, Table, terminal

    shown = [one for one in statements if one.id in {answer.statement for answer in chosen}]
    for paper in dict.fromkeys(one.paper for one in shown):
        words = [(one.verdict, one.basis) for one in shown if one.paper == paper]
        console.print(f"{counted(len(words), 'statement')} of {paper}: {tally(words)}")
    longest = max(len(one.id) for one in chosen)
    widths = max(24, min(longest, console.width - 52)) + 2, 15, 16, 16
    columns = Column("claim"), Column("published"), Column("ours"), Column("verdict")
    for statement in (*statements, None):
        of_statement = [one for one in chosen if one.statement == (statement.id if statement else "")]
        rows = tuple(Row.of(f"  {one.id}", one.published, one.ours, one.verdict) for one in of_statement)
        if rows:
            said = f"{statement.says} ({statement.source}): {statement.verdict}" if statement else "of no statement"
            console.print(f"\n{said}", style="bold", soft_wrap=False)
            console.print(terminal(Table("", columns, rows), widths), soft_wrap=False)


def _show_one(one: Answer, statements: Sequence[Statement], folder: str, console: "Console") -> None:
    """Everything about one claim at one profile."""
    from harness.analysis.verdicts import VERDICTS
    from harness.report.table import verdict_of

    at = f" — {one.profile} profile{'' if one.leads else ', not the one that speaks for the claim'}"
    console.print(f"{one.id}{at if one.profile else ''}", style="bold")
    statement = next((s for s in statements if s.id == one.statement), None)
    facts: dict[str, Any] = {
        "claim": f"{one.says} ({one.source})",
        "statement": f"{statement.says}: {statement.verdict}" if statement else "",
        "part": "; ".join(filter(None, (one.part, one.reading))) if statement else "",
        "published": one.published,
        "ours": "; ".join(filter(None, (one.ours, one.interval))),
        "seeds": one.seeds,
        "verdict": f"{one.verdict}: {VERDICTS[verdict_of(one.verdict)].means}",
        "why": one.why,
        "records": [f"{len(one.records)} in {folder}", *one.records] if one.records else (),
        "recompute": one.recompute,
    }
    for label, said in facts.items():
        for place, line in enumerate([said] if isinstance(said, str) else said):
            if line:
                console.print(f"  {label if place == 0 else '':<10} {line}")
    console.print()
