"""Cells that compute nothing, through an executor: what a cell costs beside its training, and the driver's memory.

    python -m tests.executors.empty_cells here|ray|slurm NUMBER

Run in an empty folder. A cell whose encoder is known to fail has its record without any training. On Slurm, a cluster
must be running; on Ray, two nodes are started on this machine. Prints JSON: cells, seconds and MiB.
"""

import json
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from harness.data import load
from harness.errors import CellFailure
from harness.papers import catalogue
from harness.runs.executors import Executor
from harness.runs.executors.local import Workers
from harness.runs.executors.place import Place, place_of
from harness.runs.grid import Grid
from harness.runs.plan import PlannedCell, configurations, plan
from harness.training.cell import Setting
from tests.cells import CPU


def empty_cells(number: int, results: Path) -> tuple[Sequence[PlannedCell], Grid]:
    """So many cells of the quickstart's smoke profile, none of which trains."""
    experiment = catalogue().experiment("quickstart")
    profile = experiment.profile("smoke")
    data = load(experiment.dataset, train_images=profile.train_images, test_images=profile.test_images)
    configs = configurations(experiment, profile, experiment.arms, -(-number // len(experiment.arms)))
    planned = plan(configs[:number], data, results)
    return [replace(cell, fault=CellFailure("computes nothing")) for cell in planned], Grid(data, results, Setting(CPU))


def executor(on: str, place: Place, stack: ExitStack) -> Executor:
    """What computes the cells; the stack ends what was started for it."""
    if on == "slurm":
        from harness.runs.executors.slurm import Slurm

        return Slurm(place, {"partition": "all"})
    if on == "ray":
        import ray
        from ray.cluster_utils import Cluster

        from harness.runs.executors.on_ray import Ray

        cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
        stack.callback(cluster.shutdown)
        cluster.add_node(num_cpus=1)
        cluster.wait_for_nodes()
        ray.init(address=cluster.address, log_to_driver=False)
        stack.callback(ray.shutdown)
        return Ray(place)
    return Workers(2, place)


def main(on: str, number: int) -> None:
    """Run them, and print what it took."""
    results = Path("results").absolute()
    cells, grid = empty_cells(number, results)
    with ExitStack() as stack:
        execute = executor(on, place_of(grid, None, 1), stack)
        start = time.monotonic()
        done = {finished.cell.path for finished in execute(cells, grid)}
        seconds = time.monotonic() - start
    complete = done == {cell.path for cell in cells} and all(cell.path.exists() for cell in cells)
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (peak,) = (int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))  # in KiB
    print(json.dumps({"cells": len(cells) if complete else 0, "seconds": seconds, "mib": peak / 1024}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
