"""The command line.

Exit codes: 0 done; 1 a cell failed; 2 wrong usage or input; 3 a claim failed under --strict; 75 ended with a
checkpoint; 130 stopped by Ctrl-C.
"""

import io
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from encoders.errors import EncoderError
from harness.cli.bench import bench
from harness.cli.certify import certify
from harness.cli.encoders import encoders_app
from harness.cli.options import EVIDENCE, LOCAL, AsJson, DataDir, beside, seconds_of
from harness.cli.records import status, stoppable, verify
from harness.cli.report import compare, report
from harness.errors import HarnessError
from harness.machine.signals import Deadline

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Do the published accuracy-versus-timestep results of DCT-SNN come out again? Evidence and verdicts.",
)

app.add_typer(encoders_app, name="encoders")
app.command()(status)
app.command()(verify)
app.command()(certify)
app.command()(bench)
app.command()(report)
app.command()(compare)

ExperimentName = Annotated[str, typer.Argument(metavar="EXPERIMENT", help="Its name, as `harness list` shows it.")]
ResultsDir = Annotated[Path, typer.Option(help="Folder of the records.")]


@app.command()
def run(
    experiment: ExperimentName,
    profile: Annotated[
        str | None, typer.Option(help="smoke, lite, short or paper. Default: the fullest practical one.")
    ] = None,
    seeds: Annotated[
        int | None, typer.Option(help="Number of seeds, from seed 0. Default: as the profile plans.")
    ] = None,
    arm: Annotated[list[str] | None, typer.Option(help="Train only this arm; repeat the option for more.")] = None,
    encoder: Annotated[
        list[str] | None, typer.Option(help="Add an arm with this encoder; repeat the option for more.")
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    kernel: Annotated[str, typer.Option(help="auto, numba, triton or reference (slow, readable).")] = "auto",
    data_dir: DataDir = None,
    results_dir: ResultsDir = LOCAL,
    for_time: Annotated[
        str | None,
        typer.Option("--for", help="Stop with a checkpoint after this time, such as 90s, 9m or 2h (exit 75)."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be trained; train nothing.")] = False,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Train failed cells again.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run the cells of an experiment that have no record yet, and show accuracy against timestep."""
    deadline = Deadline(seconds_of(for_time))
    with stoppable("finished cells and epochs are kept; the same command goes on from there", deadline):
        from harness.papers import catalogue
        from harness.runs import request as runner

        request = runner.Request(
            experiment=experiment,
            profile=profile,
            seeds=seeds,
            arms=tuple(arm or ()),
            encoders=tuple(encoder or ()),
            device=device,
            kernel=_one_of("kernel", kernel, ("auto", "numba", "triton", "reference")),
            deadline=deadline,
            data_dir=data_dir,
            results=results_dir,
            dry_run=dry_run,
            retry_failed=retry_failed,
        )
        known = catalogue()
        prepared = runner.prepare(request, known)
        errors = Console(stderr=True)
        runner.announce(prepared, errors)
        if dry_run:
            return
        deadline.start()
        rows = runner.execute(prepared, request, errors)
        if as_json:
            print(json.dumps({"cells": rows}))
        else:
            _show_results(prepared.experiment.name, known, results_dir)
    if any(row["status"] == "failed" for row in rows):
        raise typer.Exit(1)


def _show_results(experiment: str, catalogue: Any, results: Path) -> None:
    from harness.report import Folders, render, terminal_table

    console = Console()
    console.print(terminal_table(experiment, catalogue, evidence=EVIDENCE, local=results))
    written = render(Folders(EVIDENCE, beside(results), results), catalogue, [experiment]).files
    console.print(f"wrote {len(written)} tables and plots; open {written[0].parent / 'index.html'}", soft_wrap=True)


def _one_of(option: str, value: Any, allowed: tuple[str, ...]) -> Any:
    if value is not None and value not in allowed:
        raise HarnessError(f"unknown {option} '{value}'", f"use {', '.join(allowed)}")
    return value


@app.command(name="list")
def list_(as_json: AsJson = False) -> None:
    """List the experiments."""
    from harness.cli.look import experiment_rows, show_experiments
    from harness.papers import catalogue

    if as_json:
        print(json.dumps({"experiments": experiment_rows(catalogue())}))
    else:
        show_experiments(catalogue(), Console())


@app.command()
def show(experiment: ExperimentName) -> None:
    """Show an experiment: arms, recipe of each profile, claims, deviations from the paper."""
    from harness.cli.look import show_experiment
    from harness.papers import catalogue

    known = catalogue()
    show_experiment(known.experiment(experiment), known, Console())


@app.command()
def doctor(data_dir: DataDir = None, results_dir: ResultsDir = LOCAL) -> None:
    """Show this machine: versions, device, data sets found and verified, free disk space."""
    from harness.cli.look import show_machine

    show_machine(Console(), data_dir, results_dir)


def main() -> None:
    """Run the command line; an error that the user can fix is one line and exit code 2."""
    # A path may hold bytes that are not text. A message that names such a path must still be printed.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except (HarnessError, EncoderError) as error:
        message = str(error)
    except OSError as error:  # a full disk, a folder that may not be written, a name that is too long
        place = f": {error.filename}" if error.filename else ""
        message = f"{error.strerror or error}{place} — check the path, its permissions and the space on its disk"
    else:
        return
    print(f"error: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    main()
