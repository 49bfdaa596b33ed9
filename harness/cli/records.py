"""`harness status` shows the state of the cells in a results folder; `harness verify` computes records again."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from harness.cli.options import LOCAL, AsJson, DataDir, ResultsDir, is_named
from harness.errors import HarnessError, Stopped
from harness.machine import process
from harness.machine.console import console as plain


@contextmanager
def stoppable(how_to_go_on: str, deadline: process.Deadline | None = None) -> Iterator[None]:
    """Inside the block, Ctrl-C ends the command with exit code 130 and a line that says how to go on.

    So do SIGTERM and SIGUSR1. With a `deadline`, these two end the command with a checkpoint and exit code 75.
    """
    try:
        with process.stoppable(deadline):
            yield
    except KeyboardInterrupt:
        print(f"stopped: {how_to_go_on}", file=sys.stderr)
        raise typer.Exit(process.STOPPED) from None
    except Stopped as stopped:
        kept = "with a checkpoint: run the same command again to go on"
        lost = "without a checkpoint of it: the same command begins it again"
        print(f"stopped in {stopped} {kept if stopped.kept else lost}", file=sys.stderr)
        raise typer.Exit(process.AGAIN) from None


def status(
    experiment: Annotated[str | None, typer.Argument(metavar="[EXPERIMENT]", help="Default: all experiments.")] = None,
    results_dir: ResultsDir = LOCAL,
    as_json: AsJson = False,
) -> None:
    """Show which cells are done, stale (and what changed), failed, running or missing. Nothing is trained."""
    from harness.papers import catalogue
    from harness.runs.status import STATES, lines
    from harness.runs.status import status as look

    named = is_named(results_dir)
    found = look(results_dir, catalogue(), experiment)
    if named and not found.cells:
        raise HarnessError(f"{results_dir}: no records in it", "name a folder that `harness run` wrote")
    if as_json:
        print(json.dumps(found.document()))
        return
    console = plain()
    if not found.cells:
        console.print(f"no records in {results_dir}", highlight=False, soft_wrap=True)
        return
    counts = {"/".join(key): count for key, count in found.counts().items()}
    width = max(map(len, counts))
    for name, count in counts.items():
        states = ", ".join(f"{count[state]} {state}" for state in STATES if count[state])
        console.print(f"{name:<{width}}  {states}")
    for line in lines(found):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def verify(
    records: Annotated[
        list[str], typer.Argument(metavar="RECORD…", help="Files of records, or EXPERIMENT/PROFILE/ARM/SEED.")
    ],
    source: Annotated[
        str | None,
        typer.Option("--from", help="weights, training, snntorch or norse. Default: kept weights, else training."),
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the second curve beside the record, and weights that it lacks.")
    ] = False,
    results_dir: ResultsDir = LOCAL,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Compute records a second time: identical, within tolerance, or different (exit code 1)."""
    with stoppable("nothing was changed; the same command starts again"):
        from harness.runs import verify as verifying
        from harness.runs.estimate import Cost
        from harness.runs.progress import Progress
        from harness.training.checkpoint import SILENT, Watch

        paths = [verifying.find(name, results_dir) for name in records]
        found = [(path, verifying.finished(path)) for path in paths]
        asked = [(path, record, verifying.source_of(source, path, record)) for path, record in found]
        rows = []
        for path, record, how in asked:
            data = verifying.recorded_data(record, data_dir)
            if how == "training":
                cost = verifying.expected_cost(record, data)
                with Progress(plain(stderr=True), cost.seconds) as show:
                    show.cell(str(path))

                    def progress(stage: str, work: float, cost: Cost = cost, show: Progress = show) -> None:
                        show.advance(stage, cost.of(work))

                    result, notes = verifying.verify(path, record, data, how, keep, Watch(progress))
            else:
                result, notes = verifying.verify(path, record, data, how, keep, SILENT)
            rows.append(
                {
                    "record": str(path),
                    "from": how,
                    "verdict": result.word,
                    "largest": result.largest,
                    "allowed": result.allowed,
                }
            )
            if not as_json:
                gap = ""
                if result.largest is not None and result.word != "identical":
                    gap = f": {result.largest} images apart, {result.allowed:.0f} allowed"
                print("\n  ".join((f"{path}: from {how}: {result.word}{gap}", *notes)))
    if as_json:
        print(json.dumps({"verifications": rows}))
    if any(row["verdict"] == "different" for row in rows):
        raise typer.Exit(1)
