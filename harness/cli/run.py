"""`harness run`: train the cells of an experiment that have no record yet, and show the results."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import typer

from harness.cli import run_options as options
from harness.cli.options import EVIDENCE, LOCAL, AsJson, beside, seconds_of
from harness.cli.records import stoppable
from harness.errors import HarnessError
from harness.machine.console import console as plain
from harness.machine.process import Deadline

if TYPE_CHECKING:
    from harness.catalogue import Catalogue


def run(
    experiment: options.ExperimentOrFile,
    profile: options.Profile = None,
    seeds: options.Seeds = None,
    arm: options.Arms = None,
    encoder: options.Encoders = None,
    device: options.Device = "auto",
    kernel: options.KernelName = "auto",
    workers: options.Workers = None,
    on: options.On = "here",
    slurm: options.SlurmOptions = None,
    detach: options.Detach = False,
    data_dir: options.DataFolder = None,
    cache_dir: options.CacheFolder = None,
    results_dir: options.Results = LOCAL,
    for_time: options.ForTime = None,
    dry_run: options.DryRun = False,
    retry_failed: options.RetryFailed = False,
    keep_weights: options.KeepWeights = None,
    as_json: AsJson = False,
    worker_of: options.WorkerOf = None,
    began: options.Began = None,
) -> None:
    """Run the cells of an experiment that have no record yet, and show accuracy against timestep."""
    deadline = Deadline(seconds_of(for_time), parent=worker_of)
    with stoppable("finished cells and epochs are kept; the same command goes on from there", deadline):
        from harness.data import cache
        from harness.papers import catalogue
        from harness.plugins.skeleton import require_installed
        from harness.runs.plan import make_plan
        from harness.runs.workers import Where, execute
        from harness.snn.neuron import Kernel

        for name in encoder or ():
            require_installed(name)
        if cache_dir is not None:
            cache.use(cache_dir)
        where = Where(on, workers, tuple(slurm or ()), detach).checked()
        is_worker = worker_of is not None
        plan = make_plan(
            catalogue(),
            experiment,
            profile=profile,
            seeds=seeds,
            arms=arm or (),
            encoders=encoder or (),
            device=device,
            kernel=_one_of("kernel", kernel, get_args(Kernel)),
            workers=workers or 1,
            task_threads=where.task_threads(),
            data_dir=data_dir,
            results=results_dir,
            retry_failed=retry_failed,
            began=began,
            keep_weights=keep_weights,
            dry_run=dry_run,
            estimated=not is_worker,
        )
        errors = plain(stderr=True)
        if not is_worker:
            plan.announce(errors)
        if dry_run:
            script = where.script(plan, deadline.seconds)
            print(json.dumps(plan.document(script)) + "\n" if as_json else script, end="")
            return
        rows = execute(plan, errors, where, deadline, quiet=is_worker)
        if as_json:
            print(json.dumps({"cells": rows}))
        else:
            _show_results(plan.experiment.name, plan.catalogue, results_dir)
    if any(row["status"] == "failed" for row in rows):
        raise typer.Exit(1)


def _show_results(experiment: str, catalogue: "Catalogue", results: Path) -> None:
    from harness.report import Folders, read, render, results_table

    console, sources = plain(), read(EVIDENCE, results, catalogue)
    console.print(results_table(experiment, sources, catalogue.claims))
    written = render(Folders(EVIDENCE, beside(results), results), catalogue, [experiment], sources=sources).files
    console.print(f"wrote {len(written)} tables and plots; open {written[0].parent / 'index.html'}", soft_wrap=True)


def _one_of(option: str, value: Any, allowed: tuple[str, ...]) -> Any:
    if value is not None and value not in allowed:
        raise HarnessError(f"unknown {option} '{value}'", f"use {', '.join(allowed)}")
    return value
