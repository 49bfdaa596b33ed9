"""A Ray cluster, a task a cell. Its address is RAY_ADDRESS; without one, Ray starts a cluster on this machine alone.

Where the nodes share the results folder, a cell whose node dies goes on elsewhere from its checkpoint. Where they do
not, it starts again, and its record is brought home by the driver.
"""

import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from harness.errors import HarnessError, Stopped
from harness.machine.console import counted
from harness.machine.files import content_digest
from harness.machine.process import GRACEFUL, Deadline, computing_with, keep_freed_memory
from harness.records.store import digest_of, read_record, write_record
from harness.records.weights import weights_path
from harness.runs.executors.place import Place
from harness.runs.grid import Finished, Grid, name_of, run_grid
from harness.runs.keeping import drop_unnamed
from harness.runs.plan import PlannedCell
from harness.schema import Record
from harness.training.checkpoint import Watch

TICK_SECONDS = 0.5
MOST_RETRIES = 10  # of a task whose worker or node is lost
PATIENCE_SECONDS = 30.0


@dataclass(frozen=True)
class Ray:
    """An executor: tasks of Ray."""

    place: Place

    def __call__(self, cells: Sequence[PlannedCell], grid: Grid) -> Iterator[Finished]:
        """See `Executor`."""
        import ray

        began = not ray.is_initialized()
        if began:
            _connect(ray)
        try:
            yield from self._run(ray, cells, grid)
        finally:
            if began:
                ray.shutdown()

    def _run(self, ray: Any, cells: Sequence[PlannedCell], grid: Grid) -> Iterator[Finished]:
        gpus = 1 if self.place.device == "cuda" else 0
        _require_room(ray.nodes(), self.place.threads, gpus)
        task = ray.remote(num_cpus=self.place.threads, num_gpus=gpus, max_retries=MOST_RETRIES)(computed)
        place = replace(self.place.absolute(), gpus=0)  # Ray shows a task only its own
        tasks = {task.remote(replace(cell, path=cell.path.absolute()), place): cell for cell in cells}
        try:
            while tasks:
                if grid.setting.watch.stop():
                    raise Stopped("tasks of Ray")
                # All that end within a tick: to wait for one among thousands costs a look at each of them.
                ready, _ = ray.wait(list(tasks), num_returns=len(tasks), timeout=TICK_SECONDS)
                done = [_home(ray, one, tasks.pop(one), grid) for one in ready]
                grid.setting.watch.progress(f"{counted(len(tasks), 'cell')} on Ray", sum(one.reported for one in done))
                yield from done
        finally:
            _cancel(ray, list(tasks))


def _connect(ray: Any) -> None:
    address = os.environ.get("RAY_ADDRESS")
    try:
        ray.init(address=address, log_to_driver=False, **({} if address else {"include_dashboard": False}))
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise HarnessError(
            f"no Ray cluster at {address or 'this machine'}: {' '.join(str(error).split())[:200]}", "check RAY_ADDRESS"
        ) from None


def _require_room(nodes: Sequence[Mapping[str, Any]], cpus: int, gpus: int) -> None:
    """Raise HarnessError if no node could ever take a task: Ray would wait for one."""
    for node in nodes:
        there = node.get("Resources", {}) if node.get("Alive") else {}
        if there.get("CPU", 0) >= cpus and there.get("GPU", 0) >= gpus:
            return
    raise HarnessError(
        f"no node of the Ray cluster has {cpus} CPUs and {gpus} GPUs, which a cell is to have",
        "set OMP_NUM_THREADS to fewer, or choose another --device",
    )


def _home(ray: Any, task: Any, cell: PlannedCell, grid: Grid) -> Finished:
    """The record of a finished task, written here too if its node wrote it to a disk of its own."""
    try:
        record: Record = ray.get(task)
    except ray.exceptions.RayError as error:
        cause = getattr(error, "cause", None)
        if isinstance(cause, HarnessError | Stopped):
            raise cause from None
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise HarnessError(
            f"{name_of(cell)}: Ray could not finish it: {lines[-1]}", "run the same command again"
        ) from None
    return Finished(cell, brought(record, cell, grid), reported=cell.seconds)


def brought(record: Record, cell: PlannedCell, grid: Grid) -> Record:
    """The record as it stands here. Where its node has a disk of its own it is written here, and its weights stay."""
    try:
        if digest_of(read_record(cell.path)) == digest_of(record):
            return record
    except HarnessError:  # none here, or not one that reads
        pass
    weights = weights_path(cell.path)
    content = weights.read_bytes() if weights.is_file() else b""
    if record.weights is not None and content_digest(content) != record.weights.sha256:
        record = msgspec.structs.replace(record, weights=None)
    write_record(grid.results, record)
    drop_unnamed(record, cell.path)
    return record


def _cancel(ray: Any, tasks: list[Any]) -> None:
    """Have tasks stop with a checkpoint, and wait for that."""
    for task in tasks:
        ray.cancel(task)
    if tasks:
        ray.wait(tasks, num_returns=len(tasks), timeout=PATIENCE_SECONDS)


def computed(cell: PlannedCell, place: Place) -> Record:
    """What a task does: the record of its cell. Ray cancels it as by Ctrl-C; it stops with a checkpoint then."""
    deadline = Deadline()
    for number in (signal.SIGINT, *GRACEFUL):
        signal.signal(number, lambda number, _frame: deadline.ask(number))
    keep_freed_memory()
    with computing_with(place.threads):
        (done,) = run_grid([cell], place.grid(cell, Watch(stop=deadline.passed)))
    return done.record
