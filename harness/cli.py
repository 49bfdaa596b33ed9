"""The command line: parse, call, exit code (0 done, 1 a cell failed, 2 wrong usage or input, 3 --strict)."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from encoders.errors import EncoderError
from harness.errors import HarnessError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Do the published accuracy-versus-timestep results of DCT-SNN come out again? Evidence and verdicts.",
)

EVIDENCE = Path("results/evidence")
LOCAL = Path("results/local")

ExperimentName = Annotated[str, typer.Argument(metavar="EXPERIMENT", help="As `harness list` names it.")]
DataDir = Annotated[Path | None, typer.Option(help="Where the data sets are; else HARNESS_DATA, cache, download.")]
ResultsDir = Annotated[Path, typer.Option(help="Where records are written and looked for.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout and nothing else there.")]


@app.command()
def run(
    experiment: ExperimentName,
    profile: Annotated[str | None, typer.Option(help="smoke, lite or paper; else the fullest practical one.")] = None,
    seeds: Annotated[int | None, typer.Option(help="Seeds 0 … N−1; else as many as the profile plans.")] = None,
    arm: Annotated[list[str] | None, typer.Option(help="Only this arm (again for more).")] = None,
    encoder: Annotated[list[str] | None, typer.Option(help="Add an encoder as an arm of its own.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    precision: Annotated[str | None, typer.Option(help="fp32 or bf16; else as the profile says.")] = None,
    kernel: Annotated[str, typer.Option(help="auto, numba or reference (slow, readable).")] = "auto",
    data_dir: DataDir = None,
    results_dir: ResultsDir = LOCAL,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done and stop.")] = False,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Run failed cells again.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run the cells of an experiment that have no record yet, and show accuracy against timestep."""
    from harness import run as runner

    request = runner.Request(
        experiment=experiment,
        profile=profile,
        seeds=seeds,
        arms=tuple(arm or ()),
        encoders=tuple(encoder or ()),
        device=device,
        precision=_one_of("precision", precision, ("fp32", "bf16")),
        kernel=_one_of("kernel", kernel, ("auto", "numba", "reference")),
        data_dir=data_dir,
        results=results_dir,
        retry_failed=retry_failed,
    )
    prepared = runner.prepare(request)
    errors = Console(stderr=True)
    runner.announce(prepared, errors)
    if dry_run:
        return
    try:
        rows = runner.execute(prepared, request, errors)
    except KeyboardInterrupt:
        errors.print("stopped: finished cells and epochs are kept; the same command goes on from there")
        raise typer.Exit(130) from None
    if as_json:
        print(json.dumps({"cells": rows}))
    else:
        _show_results(prepared.experiment.name, results_dir)
    if any(row["status"] == "failed" for row in rows):
        raise typer.Exit(1)


def _show_results(experiment: str, results: Path) -> None:
    from harness.report import terminal_table, write_experiment

    Console().print(terminal_table(experiment, evidence=EVIDENCE, local=results))
    for path in write_experiment(experiment, evidence=EVIDENCE, local=results, out=results / "reports"):
        Console().print(f"wrote {path}", highlight=False, soft_wrap=True)


def _one_of(option: str, value: Any, allowed: tuple[str, ...]) -> Any:
    if value is not None and value not in allowed:
        raise HarnessError(f"unknown {option} '{value}'", f"use {', '.join(allowed)}")
    return value


@app.command(name="list")
def list_() -> None:
    """List the experiments."""
    from harness.console import show_experiments

    show_experiments(Console())


@app.command()
def show(experiment: ExperimentName) -> None:
    """Show an experiment: arms, recipe of each profile, claims, deviations from the paper."""
    from harness import experiments
    from harness.console import show_experiment

    show_experiment(experiments.get(experiment), Console())


@app.command()
def doctor(data_dir: DataDir = None, results_dir: ResultsDir = LOCAL) -> None:
    """Say what is here: versions, device, data sets found and verified, disk."""
    from harness.console import show_machine

    show_machine(Console(), data_dir, results_dir)


def main() -> None:
    """Run the command line; an error that the user can mend is one line and exit code 2."""
    try:
        app()
    except (HarnessError, EncoderError) as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
