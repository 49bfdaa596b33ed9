"""`harness claims`: what a paper states, what came out, and why.

Where there are records, they are judged. Without any, the snapshot in the package answers.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli.options import EVIDENCE, LOCAL, AsJson, OnePaper, asked_for, folder_option, with_records
from harness.errors import HarnessError, did_you_mean
from harness.machine.console import counted, plain_console, say

if TYPE_CHECKING:
    from rich.console import Console

    from harness.report.snapshot import ClaimRow, StatementRow


def claims(
    name: Annotated[
        str | None, typer.Argument(metavar="CLAIM|EXPERIMENT", help="Default: all claims of all papers.")
    ] = None,
    results_dir: Annotated[
        Path, folder_option("Folder of the records. Where the default has none, the package's verdicts are shown.")
    ] = EVIDENCE,
    paper: OnePaper = None,
    as_json: AsJson = False,
) -> None:
    """Show each claim of the paper: published, ours, verdict; of one claim also why, and how to recompute it."""
    from harness.papers import catalogue
    from harness.records.store import record_paths
    from harness.report.snapshot import SNAPSHOT, Snapshot, snapshot

    known, called = catalogue(), name
    if name:
        known, name = known.including(name)
    within = asked_for(known, paper)
    if with_records(results_dir, EVIDENCE):
        from harness.report import read

        (source,) = read(results_dir, None, known)
        answered, folder = snapshot(source), str(results_dir)
        files = {cell.path for cell in source.loaded.cells.values()}
        origin = f"{counted(len(source.loaded.cells), 'cell')} of {counted(len(files), 'record')} in {folder}"
        if problems := source.loaded.problems:
            origin += f"; the report names {counted(len(problems), 'problem')} with its files"
    else:
        from importlib.metadata import version

        import msgspec

        try:
            answered, folder = (
                msgspec.json.decode(SNAPSHOT.read_bytes(), type=Snapshot),
                f"{EVIDENCE} of the repository",
            )
        except (OSError, ValueError) as error:
            raise HarnessError(f"{SNAPSHOT}: {error}", "install the package again") from None
        origin = f"harness {version('dct-snn-harness')}, which holds the verdicts but no records"
    listed = [one for one in answered.claims if within is None or one.experiment in within]
    chosen = [one for one in listed if name in (None, one.id, one.experiment, one.statement)]
    if not chosen and name is None:
        raise HarnessError(f"no verdicts on claims of {paper} here", "name a folder of its records with --results-dir")
    if not chosen and name in known.names() and not known.claims_of(str(name)):
        raise HarnessError(f"no claims are about {name}", f"harness report {called} shows its results")
    if not chosen:
        if other := next((one for one in answered.claims if name in (one.id, one.experiment, one.statement)), None):
            whose = next((s.paper for s in answered.statements if s.id == other.statement), "another paper")
            raise HarnessError(f"{name} is not of {paper}", f"leave out --paper: it is of {whose}")
        judged = [claim for claim in known.claims if claim.kind != "context"]
        if any(name in (one.id, one.experiment, one.statement and one.statement.id) for one in judged):
            raise HarnessError(f"no verdicts on {name} here", "name a folder of its records with --results-dir")
        names = [word for one in listed for word in (one.id, one.experiment, one.statement)]
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
        stated = {one.statement for one in chosen}
        more = {one.experiment for one in answered.claims if one.leads and one.statement in stated} - {name}
        if name and more:
            console.print(f"\nMore claims of these statements: harness claims {' or '.join(sorted(more))}")
        console.print("\nharness claims CLAIM tells why, names the records and how to recompute them.")
    console.print(f"From {origin}.")
    unrun = {one.experiment for one in chosen if one.verdict == "no records"}
    mine = {experiment for experiment in unrun if record_paths(LOCAL / experiment, levels=2)}
    if mine and results_dir != LOCAL:
        console.print(f"{LOCAL} has records of {' and '.join(sorted(mine))}: add --results-dir {LOCAL}")


def _show_all(statements: "Sequence[StatementRow]", chosen: "Sequence[ClaimRow]", console: "Console") -> None:
    """Each statement with its verdict, and below it its claims: published, ours, verdict."""
    from rich.table import Table

    from harness.analysis.verdicts import tally

    shown = [one for one in statements if one.id in {answer.statement for answer in chosen}]
    for paper in dict.fromkeys(one.paper for one in shown):
        words = [(one.verdict, one.basis) for one in shown if one.paper == paper]
        console.print(f"{counted(len(words), 'statement')} of {paper}: {tally(words)}")
    longest = max((len(one.id) for one in chosen), default=0)
    widths = max(24, min(longest, console.width - 52)) + 2, 15, 16, 16
    for statement in shown:
        console.print(f"\n{statement.says} ({statement.source}): {statement.verdict}", style="bold", soft_wrap=False)
        grid = Table.grid(padding=(0, 1))
        for width in widths:
            grid.add_column(width=width, overflow="fold")
        for one in chosen:
            if one.statement == statement.id:
                grid.add_row(f"  {one.id}", one.published, one.ours, one.verdict)
        console.print(grid, soft_wrap=False)


def _show_one(one: "ClaimRow", statements: "Sequence[StatementRow]", folder: str, console: "Console") -> None:
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
