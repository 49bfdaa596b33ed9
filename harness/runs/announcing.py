"""What a run says before anything starts: what it will do, with what, and how long that takes."""

from typing import Any

from rich.console import Console

from harness.machine.console import counted
from harness.machine.files import free_gib
from harness.runs.display import duration
from harness.runs.request import Prepared

RECORD_KIB = 16  # what a record of a VGG at 48 timesteps takes


def document(prepared: Prepared, script: str) -> dict[str, Any]:
    """The same for `--json`, of a run that trains nothing: cells by state, what is to do, seconds, Slurm's script."""
    return {
        "experiment": prepared.experiment.name,
        "profile": prepared.profile.name,
        "data": prepared.data.digest,
        "device": prepared.device.type,
        "threads": prepared.threads.count,
        "cells": [{"arm": c.config.arm, "seed": c.config.seed, "state": c.state} for c in prepared.cells],
        "to_do": [{"arm": c.config.arm, "seed": c.config.seed} for c in prepared.todo],
        "steps": prepared.steps,
        "seconds": prepared.seconds / prepared.at_once,
        "script": script,
    }


def announce(prepared: Prepared, console: Console) -> None:
    """Say before anything starts: experiment, profile and why, data, cells, estimated time."""
    data, cells, todo = prepared.data, prepared.cells, prepared.todo
    console.print(f"{prepared.experiment.name} — {prepared.experiment.title}", style="bold")
    console.print(f"profile {prepared.profile.name} ({prepared.why}); device {prepared.device}, {prepared.threads}")
    console.print(
        f"{data.name}: {len(data.train):,} training and {len(data.test):,} test images, digest {data.digest[:12]}"
    )
    begun = sum(cell.cost.begun for cell in todo if cell.cost)
    goes_on = f", {begun} of them from a checkpoint" if begun else ""
    console.print(f"{counted(len(cells), 'cell')}, {len(todo)} to do{goes_on}")
    for cell in cells:
        if cell.reason:
            console.print(f"  {cell.config.arm} seed {cell.config.seed}: {cell.state}: {cell.reason}")
    if todo:
        seconds = duration(prepared.seconds / prepared.at_once)
        console.print(
            f"{counted(prepared.steps, 'optimiser step')}, estimated time {seconds}; disk: "
            f"{len(todo) * RECORD_KIB / 1024:.1f} MiB of records, a checkpoint of each cell that runs, "
            f"{free_gib(todo[0].path):.0f} GiB free"
        )
    else:
        console.print("nothing to train: every cell has its record")
