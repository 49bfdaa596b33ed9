"""`harness run`: train the cells of an experiment that have no record yet, and show what came of them."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from harness.cli.options import EVIDENCE, LOCAL, AsJson, beside, seconds_of
from harness.cli.records import stoppable
from harness.errors import HarnessError
from harness.machine.console import console as plain
from harness.machine.signals import Deadline

WHAT, HOW_MUCH, WHERE, HOW_LONG = "What", "How much", "Where", "How long"


def run(
    experiment: Annotated[
        str,
        typer.Argument(
            metavar="EXPERIMENT",
            help="As `harness list` names it, or a .py file.",
            rich_help_panel=WHAT,
        ),
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
    on: Annotated[str, typer.Option(help="here, or slurm (a cell a task).", rich_help_panel=WHERE)] = "here",
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
    keep_weights: Annotated[
        bool | None,
        typer.Option(
            help="Keep the trained weights beside each record; else those of networks under 2 MB.",
            rich_help_panel=WHERE,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run the cells of an experiment that have no record yet, and show accuracy against timestep."""
    deadline = Deadline(seconds_of(for_time))
    with stoppable("finished cells and epochs are kept; the same command goes on from there", deadline):
        from harness.papers import catalogue
        from harness.runs import request as runner
        from harness.runs.announcing import announce
        from harness.runs.executors.choice import Where

        known = catalogue()
        if experiment.endswith(".py"):
            known = known.with_file(Path(experiment))
            experiment = known.loose[-1].name
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
            keep_weights=keep_weights,
            dry_run=dry_run,
            retry_failed=retry_failed,
            where=Where(on, workers, tuple(slurm or ()), detach).checked(),
        )
        prepared = runner.prepare(request, known)
        errors = plain(stderr=True)
        announce(prepared, errors)
        if dry_run:
            print(request.where.script(results_dir, len(prepared.todo), prepared.threads.count), end="")
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

    console = plain()
    console.print(terminal_table(experiment, catalogue, evidence=EVIDENCE, local=results))
    written = render(Folders(EVIDENCE, beside(results), results), catalogue, [experiment]).files
    console.print(f"wrote {len(written)} tables and plots; open {written[0].parent / 'index.html'}", soft_wrap=True)


def _one_of(option: str, value: Any, allowed: tuple[str, ...]) -> Any:
    if value is not None and value not in allowed:
        raise HarnessError(f"unknown {option} '{value}'", f"use {', '.join(allowed)}")
    return value
