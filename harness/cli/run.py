"""`harness run`: train the cells of an experiment that have no record yet, and show the results."""

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from harness.cli.options import (
    AS_LISTED,
    DATA_HELP,
    EVIDENCE,
    LOCAL,
    MOST_TIMESTEPS,
    AsJson,
    ProfileChoice,
    Quiet,
    beside,
    folder_option,
    seconds_of,
    stoppable,
)
from harness.errors import HarnessError
from harness.machine.console import console as plain
from harness.machine.console import say
from harness.machine.process import Deadline

if TYPE_CHECKING:
    from harness.catalogue import Catalogue

what, how_much, where_ = (partial(typer.Option, rich_help_panel=name) for name in ("What", "How much", "Where"))


# As in `harness.runs` and `harness.snn`, which import torch.
DeviceChoice = Literal["auto", "cpu", "cuda"]
KernelChoice = Literal["auto", "numba", "events", "triton", "reference"]
PlaceChoice = Literal["here", "slurm", "ray"]


def run(
    experiment: Annotated[
        str, typer.Argument(metavar="EXPERIMENT", help=f"{AS_LISTED}, or a .py file.", rich_help_panel="What")
    ],
    arm: Annotated[list[str] | None, what(metavar="ARM", help="Train only this arm; repeat for more.")] = None,
    encoder: Annotated[
        list[str] | None,
        what(
            metavar="ENCODER",
            help="Add an arm: poisson, poisson@8 (timesteps), 'poisson(rate=0.5)'; repeat for more.",
        ),
    ] = None,
    timesteps: Annotated[
        list[int] | None,
        what(
            metavar="T",
            min=1,
            max=MOST_TIMESTEPS,
            help="Timesteps of the arms that --encoder adds; repeat for an arm of each.",
        ),
    ] = None,
    profile: Annotated[
        ProfileChoice | None,
        how_much(help="Share of the paper's recipe. Default: paper if it takes under three hours here, else lite."),
    ] = None,
    seeds: Annotated[
        int | None, how_much(metavar="NUMBER", help="Number of seeds, from seed 0. Default: as the profile plans.")
    ] = None,
    dry_run: Annotated[
        bool, how_much("--dry-run", help="Show what would be trained, with --on slurm as a script; train nothing.")
    ] = False,
    retry_failed: Annotated[bool, how_much("--retry-failed", help="Train failed cells again.")] = False,
    for_time: Annotated[
        str | None,
        how_much("--for", metavar="TIME", help="Stop with a checkpoint after 90s, 9m or 2h, say (exit code 75)."),
    ] = None,
    device: Annotated[DeviceChoice, where_(help="auto: a GPU if there is one.")] = "auto",
    kernel: Annotated[
        KernelChoice,
        where_(help="events skips inputs of zero: for wide networks without a GPU. reference is slow and readable."),
    ] = "auto",
    workers: Annotated[
        int | None,
        where_(metavar="NUMBER", help="Number of processes. Default: one here, elsewhere one a cell."),
    ] = None,
    on: Annotated[PlaceChoice, where_(help="What the workers run on.")] = "here",
    data_dir: Annotated[Path | None, where_(metavar="FOLDER", help=DATA_HELP)] = None,
    results_dir: Annotated[Path, folder_option("Folder of the records.", "Where")] = LOCAL,
    keep_weights: Annotated[
        bool | None, where_(help="Keep weights beside each record. Default: only those of networks under 2 MB.")
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    # What a run tells the workers that it starts.
    worker_of: Annotated[int | None, typer.Option(hidden=True)] = None,
    began: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Train the cells of an experiment that have no record yet, and show accuracy against timestep."""
    deadline = Deadline(seconds_of(for_time), parent=worker_of)
    with stoppable("finished cells and epochs are kept; the same command goes on from there", deadline):
        from harness.papers import catalogue
        from harness.runs.plan import make_plan
        from harness.runs.workers import execute, require_possible, slurm_script, tasks

        require_possible(on, workers)
        if timesteps and not encoder:
            raise HarnessError("--timesteps is for the arms that --encoder adds", "name an encoder, or leave it out")
        encoders = [f"{name}@{steps}" for name in encoder or () for steps in timesteps or ()] or encoder
        is_worker = worker_of is not None
        plan = make_plan(
            catalogue(),
            experiment,
            profile=profile,
            seeds=seeds,
            arms=arm or (),
            encoders=encoders or (),
            device=device,
            kernel=kernel,
            workers=workers or 1,
            elsewhere=on != "here",
            data_dir=data_dir,
            results=results_dir,
            retry_failed=retry_failed,
            began=began,
            keep_weights=keep_weights,
            dry_run=dry_run,
            estimated=not is_worker,
        )
        errors = plain(stderr=True, quiet=quiet)
        if not is_worker:
            plan.announce(errors)
        if dry_run:
            script = slurm_script(plan, tasks(plan, workers), deadline.seconds) if on == "slurm" else ""
            say(json.dumps(plan.document(script)) + "\n" if as_json else script, end="")
            return
        rows = execute(plan, errors, on, workers, deadline, quiet=is_worker)
        if as_json:
            say(json.dumps({"cells": rows}))
        else:
            _show_results(plan.experiment.name, plan.catalogue, results_dir, quiet)
    if any(row["status"] == "failed" for row in rows):
        raise typer.Exit(1)


def _show_results(experiment: str, catalogue: "Catalogue", results: Path, quiet: bool) -> None:
    from harness.report import Folders, read, render, results_table

    console, sources = plain(quiet=quiet), read(EVIDENCE, results, catalogue)
    console.print(results_table(experiment, sources, catalogue.claims))
    written = render(Folders(EVIDENCE, beside(results), results), catalogue, [experiment], sources=sources).files
    console.print(f"wrote {len(written)} tables and plots; open {written[0].parent / 'index.html'}", soft_wrap=True)
