"""`harness status` shows the state of the cells in a results folder; `harness verify` trains one cell again."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import msgspec
import typer

from harness.cli.options import LOCAL, AsJson, DataDir, ResultsDir, is_named
from harness.errors import HarnessError, Stopped
from harness.machine import process
from harness.machine.console import console as plain
from harness.runs.display import display


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
        lost = "of a second training, which has no checkpoint: the same command begins this cell again"
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
    record: Annotated[str, typer.Argument(metavar="RECORD", help="A record's file, or EXPERIMENT/PROFILE/ARM/SEED.")],
    results_dir: ResultsDir = LOCAL,
    data_dir: DataDir = None,
    weights: Annotated[bool, typer.Option("--weights", help="Only test the weights kept beside it: seconds.")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the answer beside the record, for the report.")] = False,
    as_json: AsJson = False,
) -> None:
    """Train one cell again and compare: identical bit for bit, within tolerance, or different (exit code 1)."""
    if keep and weights:
        raise HarnessError("--keep keeps the answer of a training, and --weights trains nothing", "leave one away")
    with stoppable("nothing was changed; the same command starts again"):
        from harness.runs import verify as verifying
        from harness.runs.cost import Meter
        from harness.runs.forecast import Forecast
        from harness.runs.verification import keep as keep_answer
        from harness.training.checkpoint import Watch

        path = verifying.find(record, results_dir)
        if weights:
            from harness.runs.reevaluate import reevaluate

            result = reevaluate(path, data_dir)
        else:
            expected = verifying.to_verify(path, data_dir)
            forecast = Forecast(expected.cost.seconds if expected.cost else 0.0)
            with display(plain(stderr=True), forecast) as show:
                show.cell(str(expected.path))
                result = verifying.verify(expected, Watch(Meter(expected.cost, show.advance).progress))
    if as_json:
        print(json.dumps(msgspec.to_builtins(result)))
    else:
        print("\n".join((str(result), *result.notes)))
    if keep:
        keep_answer(path, expected.record, result)
    if result.verdict == "different":
        raise typer.Exit(1)
