"""The command line: parse, call, exit code (0 done, 1 a cell failed, 2 wrong usage or input, 3 --strict)."""

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
from harness.cli.grouping import Grouped
from harness.cli.merge import merge
from harness.cli.options import EVIDENCE, LOCAL, AsJson, DataDir, beside, seconds_of
from harness.cli.records import status, stoppable, verify
from harness.cli.report import compare, report
from harness.errors import HarnessError
from harness.machine.signals import Deadline
from harness.machine.threads import bound_spinning

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
app.command()(merge)

ExperimentName = Annotated[str, typer.Argument(metavar="EXPERIMENT", help="As `harness list` names it.")]
WHAT, HOW_MUCH, WHERE, HOW_LONG = "What", "How much", "Where", "How long"
ResultsDir = Annotated[Path, typer.Option(help="Where records are written and looked for.")]


@app.command(cls=Grouped)
def run(
    experiment: Annotated[
        str, typer.Argument(metavar="EXPERIMENT", help="As `harness list` names it.", rich_help_panel=WHAT)
    ],
    profile: Annotated[
        str | None,
        typer.Option(help="smoke, lite or paper; else the fullest practical one.", rich_help_panel=HOW_MUCH),
    ] = None,
    seeds: Annotated[
        int | None,
        typer.Option(help="Seeds 0 … N−1; else as many as the profile plans.", rich_help_panel=HOW_MUCH),
    ] = None,
    arm: Annotated[list[str] | None, typer.Option(help="Only this arm (again for more).", rich_help_panel=WHAT)] = None,
    encoder: Annotated[
        list[str] | None, typer.Option(help="Add an encoder as an arm of its own.", rich_help_panel=WHAT)
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.", rich_help_panel=WHERE)] = "auto",
    kernel: Annotated[
        str, typer.Option(help="auto, numba, triton or reference (slow, readable).", rich_help_panel=WHERE)
    ] = "auto",
    workers: Annotated[
        int, typer.Option(help="Processes here; they share threads or GPUs.", rich_help_panel=WHERE)
    ] = 1,
    on: Annotated[str, typer.Option(help="here, slurm or ray (a cell a task).", rich_help_panel=WHERE)] = "here",
    slurm: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="For sbatch: partition=long (again for more).", rich_help_panel=WHERE),
    ] = None,
    detach: Annotated[
        bool, typer.Option("--detach", help="Submit to Slurm and do not wait.", rich_help_panel=HOW_LONG)
    ] = False,
    data_dir: Annotated[
        Path | None,
        typer.Option(help="Where the data sets are; else HARNESS_DATA, cache, download.", rich_help_panel=WHERE),
    ] = None,
    results_dir: Annotated[
        Path, typer.Option(help="Where records are written and looked for.", rich_help_panel=WHERE)
    ] = LOCAL,
    for_time: Annotated[
        str | None,
        typer.Option(
            "--for",
            help="End with a checkpoint after so long: 9m, 90s or 2h (exit 75).",
            rich_help_panel=HOW_LONG,
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done and stop.", rich_help_panel=HOW_MUCH)
    ] = False,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Run failed cells again.", rich_help_panel=HOW_MUCH)
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Run the cells of an experiment that have no record yet, and show accuracy against timestep."""
    deadline = Deadline(seconds_of(for_time))
    with stoppable("finished cells and epochs are kept; the same command goes on from there", deadline):
        from harness.papers import catalogue
        from harness.runs import request as runner
        from harness.runs.executors.choice import Where

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
            where=Where(on, workers, tuple(slurm or ()), detach).checked(),
        )
        known = catalogue()
        prepared = runner.prepare(request, known)
        errors = Console(stderr=True)
        runner.announce(prepared, errors)
        if dry_run:
            gpu = prepared.device.type == "cuda"
            print(request.where.script(results_dir, len(prepared.todo), prepared.threads.count, gpu), end="")
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
    show_experiment(known.experiment(experiment), known.claims_of(experiment), Console())


@app.command()
def doctor(data_dir: DataDir = None, results_dir: ResultsDir = LOCAL) -> None:
    """Say what is here: versions, device, data sets found and verified, disk."""
    from harness.cli.look import show_machine

    show_machine(Console(), data_dir, results_dir)


def main() -> None:
    """Run the command line; an error that the user can mend is one line and exit code 2."""
    bound_spinning()
    # A path may hold what is no text; a message that names it must not fail on that.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except (HarnessError, EncoderError) as error:
        told = str(error)
    except OSError as error:  # a full disk, a folder that may not be written, a name that is too long
        place = f": {error.filename}" if error.filename else ""
        told = f"{error.strerror or error}{place} — check the path, its permissions and the space on its disk"
    else:
        return
    print(f"error: {' '.join(told.split())}", file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    main()
