"""`harness claims`: what a paper states, what came out, and why.

Where there are records, they are judged. Without any, the snapshot in the package answers. `snapshot` gives its
content, from the evidence and by the same code; it is written with the report and compared by `harness report --check`.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from harness.cli.options import EVIDENCE, AsJson, folder_option
from harness.errors import HarnessError, did_you_mean
from harness.machine.console import console as plain
from harness.machine.console import counted, say

if TYPE_CHECKING:
    from rich.console import Console

    from harness.analysis.judges import Judgement
    from harness.catalogue import Catalogue, Claim, Paper
    from harness.report import Source

SNAPSHOT = Path(__file__).parent.parent / "papers" / "dct_snn" / "verdicts.json"
IN_CLONE = Path("harness/papers/dct_snn/verdicts.json")  # where `python -m tools.publish` writes it


@dataclass(frozen=True)
class Statement:
    """A statement of a paper; `verdict`: comes out, in part, does not, or not answered."""

    id: str
    paper: str
    says: str
    source: str
    verdict: str


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
    """The answers of one results folder, or of the snapshot. `origin` says which; `folder`: where its records lie."""

    statements: tuple[Statement, ...]
    claims: tuple[Answer, ...]
    origin: str = ""
    folder: str = ""


def answers(source: "Source", papers: "Sequence[Paper]") -> Answers:
    """What a judged results folder says about every claim of some papers."""
    from harness.analysis.judges import statement_verdicts
    from harness.catalogue.claims import statements_of

    statements, claims = list[Statement](), list[Answer]()
    for paper in papers:
        own = {claim.id: claim for claim in paper.claims}
        mine = [judgement for judgement in source.judgements if judgement.id in own]
        words = {found.id: found.word for found in statement_verdicts(mine, paper.claims)}
        statements += [
            Statement(one.id, paper.title, one.says, one.source, words.get(one.id, "not answered"))
            for one in statements_of(paper.claims)
        ]
        claims += [_answer(own[judgement.id], judgement, source) for judgement in mine]
    order = {one.id: place for place, one in enumerate(statements)}
    claims.sort(key=lambda one: order.get(one.statement, len(order)))
    return Answers(tuple(statements), tuple(claims))


def _answer(claim: "Claim", judgement: "Judgement", source: "Source") -> Answer:
    from harness.report.table import human
    from harness.report.tables import CLAIM_COLUMNS, claim_row

    row = claim_row(claim, judgement, source)
    cells = dict(zip((column.title for column in CLAIM_COLUMNS), row.cells, strict=True))
    profile, arms = judgement.profile or "", claim.arms or judgement.arms
    cells_of = [cell for arm in arms for cell in source.cells.get((judgement.experiment, profile, arm), ())]
    return Answer(
        id=claim.id,
        statement=judgement.statement,
        part=judgement.part,
        reading=judgement.reading,
        experiment=judgement.experiment,
        profile=profile,
        leads=judgement.leads,
        says=human(claim.says),
        source=claim.source,
        published=human(claim.printed),
        ours=human(str(cells["ours"].value or "")),
        interval=human("; ".join(cells["ours"].small)),
        verdict=str(cells["verdict"].value),
        seeds=f"{judgement.seeds_done} of {judgement.seeds_planned}" if judgement.seeds_planned else "",
        why=tuple(map(human, row.details)),
        records=tuple(cell.path for cell in cells_of if cell.status == "done"),
        recompute=tuple(_recompute(claim, judgement, arms, source.catalogue.paper_of(claim.experiment))),
    )


def _recompute(claim: "Claim", judgement: "Judgement", arms: "Sequence[str]", paper: "Paper | None") -> Iterator[str]:
    """The commands that compute the numbers again: all cells, and one of them for comparison with its record."""
    if claim.needs_training:
        profile = f" --profile {judgement.profile}" if judgement.profile else ""
        yield f"harness run {judgement.experiment}{profile}{''.join(f' --arm {arm}' for arm in arms)}"
        if judgement.profile and judgement.seeds_done:
            first = f"{judgement.experiment}/{judgement.profile}/{arms[0]}/0"
            yield f"harness verify {first} --from training --results-dir {EVIDENCE}"
    elif claim.kind == "measurement" and paper is not None and paper.measurements:
        yield paper.measurements


def snapshot(evidence: "Source", catalogue: "Catalogue") -> bytes:
    """The content of `SNAPSHOT`: the answers of the evidence for the paper that comes with the package."""
    from harness.papers.dct_snn.paper import PAPER

    (own,) = (paper for paper in catalogue.papers if paper.name == PAPER.name)
    found = asdict(answers(evidence, [own]))
    kept = {name: found[name] for name in ("statements", "claims")}
    return json.dumps(kept, ensure_ascii=False, indent=1).encode() + b"\n"


def _from_snapshot() -> Answers:
    from importlib.metadata import version  # here, because --help is to start soon

    import msgspec

    try:
        found = msgspec.json.decode(SNAPSHOT.read_bytes(), type=Answers)
    except (OSError, ValueError) as error:
        raise HarnessError(f"{SNAPSHOT}: {error}", "install the package again") from None
    origin = f"harness {version('dct-snn-harness')}, which holds the verdicts but no records"
    return Answers(found.statements, found.claims, origin, f"{EVIDENCE} of the repository")


def _from_records(folder: Path) -> Answers:
    from harness.papers import catalogue
    from harness.report import read

    (source,) = read(folder, None, catalogue())
    found = answers(source, source.catalogue.papers)
    records = counted(sum(map(len, source.cells.values())), "record")
    return Answers(found.statements, found.claims, f"{records} in {folder}", str(folder))


def claims(
    name: Annotated[
        str | None, typer.Argument(metavar="CLAIM|EXPERIMENT", help="Default: all claims of all papers.")
    ] = None,
    results_dir: Annotated[
        Path, folder_option("Folder of the records. Where the default is not there, the package's verdicts are shown.")
    ] = EVIDENCE,
    as_json: AsJson = False,
) -> None:
    """Show each claim of the paper: published, ours, verdict; of one claim also why, and how to recompute it."""
    if results_dir != EVIDENCE and not results_dir.is_dir():
        raise HarnessError(f"{results_dir}: no such results folder", "name a folder that `harness run` wrote")
    found = _from_records(results_dir) if results_dir.is_dir() else _from_snapshot()
    chosen = [one for one in found.claims if name in (None, one.id, one.experiment)]
    if not chosen:
        known = [*(one.id for one in found.claims), *(one.experiment for one in found.claims)]
        raise did_you_mean("claim or experiment", str(name), list(dict.fromkeys(known)))
    if as_json:
        named = {one.statement for one in chosen}
        statements = [asdict(one) for one in found.statements if one.id in named]
        say(json.dumps({"origin": found.origin, "statements": statements, "claims": [asdict(c) for c in chosen]}))
        return
    console = plain()
    if any(one.id == name for one in chosen):
        for one in sorted(chosen, key=lambda one: not one.leads):
            _show_one(one, found, console)
    else:
        _show_all(found.statements, [one for one in chosen if one.leads], console)
        console.print("\nharness claims CLAIM tells why, names the records and how to recompute them.")
    console.print(f"From {found.origin}.")


def _show_all(statements: Sequence[Statement], chosen: Sequence[Answer], console: "Console") -> None:
    """Each statement with its verdict, and below it its claims: published, ours, verdict."""
    from rich.table import Table

    from harness.analysis.judges import StatementWord

    shown = [one for one in statements if one.id in {answer.statement for answer in chosen}]
    counts = Counter(one.verdict for one in shown)
    became = ", ".join(f"{counts[word]} {word}" for word in get_args(StatementWord) if counts[word])
    whose = ", ".join(dict.fromkeys(one.paper for one in shown))
    console.print(f"{counted(len(shown), 'statement')} of {whose}: {became}")
    longest = max(len(one.id) for one in chosen)
    for statement in (*statements, None):
        rows = [one for one in chosen if one.statement == (statement.id if statement else "")]
        if not rows:
            continue
        said = f"{statement.says} ({statement.source}): {statement.verdict}" if statement else "of no statement"
        console.print(f"\n{said}", style="bold", soft_wrap=False)
        table = Table.grid(padding=(0, 1))
        table.add_column(width=max(24, min(longest, console.width - 52)) + 2, overflow="fold")
        for width in (15, 16, 16):
            table.add_column(width=width)
        for one in rows:
            table.add_row(f"  {one.id}", one.published, one.ours, one.verdict)
        console.print(table, soft_wrap=False)


def _show_one(one: Answer, found: Answers, console: "Console") -> None:
    """Everything about one claim at one profile."""
    from harness.analysis.verdicts import VERDICTS
    from harness.report.table import verdict_of

    at = f" — {one.profile} profile{'' if one.leads else ', not the one that speaks for the claim'}"
    console.print(f"{one.id}{at if one.profile else ''}", style="bold")
    statement = next((s for s in found.statements if s.id == one.statement), None)
    facts: dict[str, Any] = {
        "claim": f"{one.says} ({one.source})",
        "statement": f"{statement.says}: {statement.verdict}" if statement else "",
        "part": "; ".join(filter(None, (one.part, one.reading))) if statement else "",
        "published": one.published,
        "ours": "; ".join(filter(None, (one.ours, one.interval))),
        "seeds": one.seeds,
        "verdict": f"{one.verdict}: {VERDICTS[verdict_of(one.verdict)].means}",
        "why": one.why,
        "records": [f"{len(one.records)} in {found.folder}", *one.records] if one.records else (),
        "recompute": one.recompute,
    }
    for label, said in facts.items():
        for place, line in enumerate([said] if isinstance(said, str) else said):
            if line:
                console.print(f"  {label if place == 0 else '':<10} {line}")
    console.print()
