"""A job array of Slurm, a cell a task, submitted by submitit.

Results folder, data, cache and this program lie where every node finds them under one path.
"""

import getpass
import re
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.errors import HarnessError, Stopped
from harness.machine.console import counted
from harness.records.freshness import freshness
from harness.runs.executors.place import Place
from harness.runs.executors.slurm_options import parameters
from harness.runs.executors.slurm_task import Task
from harness.runs.grid import Finished, Grid, name_of
from harness.runs.plan import PlannedCell, stamp_of

FOLDER = ".slurm"  # in the results folder: scripts, logs and what is handed to the tasks
LOOK_SECONDS = 1.0
QUEUE_SECONDS = 5.0
ABSENT = 3  # looks at the queue without a task and without its record, until the task counts as lost: disks are slow
MOST_TRIES = 3
MOST_REQUEUES = 10_000  # a time-out costs nothing but the wait in the queue, since the cell goes on
MAX_ARRAY = 1001  # Slurm's own default


@dataclass(frozen=True)
class Slurm:
    """An executor: tasks of Slurm. options: of sbatch, by name. detach: submit, and yield nothing."""

    place: Place
    options: Mapping[str, Any]
    detach: bool = False

    def __call__(self, cells: Sequence[PlannedCell], grid: Grid) -> Iterator[Finished]:
        """See `Executor`."""
        waiting = Waiting(self, grid)
        waiting.submit(cells)
        if self.detach:
            grid.say("not waited for: harness status tells what is done")
            return
        try:
            yield from waiting.run()
        finally:
            waiting.cancel()

    def folder(self) -> Path:
        """Where submitit keeps its files."""
        return self.place.results.absolute() / FOLDER

    def submitted(self, cells: Sequence[PlannedCell]) -> list[str]:
        """Submit `cells` as one array; the ids of their tasks."""
        import submitit

        gpu = self.place.device == "cuda"
        try:
            executor = submitit.SlurmExecutor(self.folder(), max_num_timeout=MOST_REQUEUES)
            executor.update_parameters(**parameters(self.options, len(cells), self.place.threads, gpu))
            with executor.batch():
                place = self.place.absolute()
                jobs = [executor.submit(Task(replace(cell, path=cell.path.absolute()), place)) for cell in cells]
        except (RuntimeError, submitit.core.utils.FailedJobError, subprocess.CalledProcessError) as error:
            raise HarnessError(
                f"Slurm does not take the job: {' '.join(str(error).split())}", "see --dry-run for the script"
            ) from None
        return [job.job_id for job in jobs]


def script(options: Mapping[str, Any], results: Path, cells: int, threads: int, gpu: bool = False) -> str:
    """What would be given to sbatch for the first array of a grid of `cells`."""
    from submitit.slurm.slurm import _make_sbatch_string

    count = min(cells, largest_array())
    return str(
        _make_sbatch_string(
            command=f"python -u -m submitit.core._submit {results.absolute() / FOLDER}",
            folder=results.absolute() / FOLDER,
            map_count=count,
            **parameters(options, count, threads, gpu),
        )
    )


@dataclass
class Waiting:
    """The tasks of a grid that have no record yet: their ids by cell, and how often each was missed or submitted."""

    slurm: Slurm
    grid: Grid
    tasks: dict[Path, str] = field(default_factory=dict)
    cells: dict[Path, PlannedCell] = field(default_factory=dict)
    absent: Counter[Path] = field(default_factory=Counter)
    tries: Counter[Path] = field(default_factory=Counter)
    looked: float = 0.0

    def submit(self, cells: Sequence[PlannedCell]) -> None:
        """Submit cells, in arrays as large as the cluster takes."""
        most = largest_array()
        for start in range(0, len(cells), most):
            part = cells[start : start + most]
            ids = self.slurm.submitted(part)
            self.grid.say(f"submitted to Slurm: {counted(len(part), 'cell')} as job {ids[0].split('_')[0]}")
            for cell, task in zip(part, ids, strict=True):
                self.tasks[cell.path], self.cells[cell.path] = task, cell
                self.tries[cell.path] += 1

    def run(self) -> Iterator[Finished]:
        """Yield cells as their records come; submit again those whose tasks have gone without one."""
        while self.tasks:
            over = 0.0
            for path in list(self.tasks):
                if (finished := _finished(self.cells[path], self.grid)) is not None:
                    del self.tasks[path]
                    over += finished.reported
                    yield finished
            if self.grid.setting.watch.stop():
                raise Stopped("tasks of Slurm")
            self.grid.setting.watch.progress(f"{counted(len(self.tasks), 'cell')} in Slurm", over)
            if time.monotonic() - self.looked > QUEUE_SECONDS:
                self.look()
            time.sleep(LOOK_SECONDS if self.tasks else 0)

    def look(self) -> None:
        """See which tasks are gone from the queue."""
        self.looked = time.monotonic()
        there = queued()
        if there is None:
            return  # the controller does not answer: nothing is known
        for path, task in self.tasks.items():
            self.absent[path] = 0 if task in there else self.absent[path] + 1
        lost = [self.cells[path] for path in self.tasks if self.absent[path] >= ABSENT]
        for cell in lost:
            self.absent[cell.path] = 0
            if self.tries[cell.path] >= MOST_TRIES:
                raise HarnessError(
                    f"{name_of(cell)}: its task ended {MOST_TRIES} times without a record",
                    f"see the logs of task {self.tasks[cell.path]} in {self.slurm.folder()}",
                )
            self.grid.say(f"{name_of(cell)}: task {self.tasks[cell.path]} has gone without a record; submitted again")
        if lost:
            self.submit(lost)

    def cancel(self) -> None:
        """Have the tasks end that nobody waits for any more; each leaves a checkpoint."""
        if self.tasks:
            subprocess.run(["scancel", *self.tasks.values()], capture_output=True, check=False)


def _finished(cell: PlannedCell, grid: Grid) -> Finished | None:
    """The cell with its record, if that was written since it was planned."""
    if stamp_of(cell.path) == cell.stamp:
        return None
    found = freshness(cell.path, cell.config, data=grid.data.digest)
    if found.record is None or found.state not in ("done", "failed"):
        return None
    return Finished(cell, found.record, reported=cell.seconds)


def queued() -> set[str] | None:
    """The tasks of this user that wait or run; None where the controller does not answer."""
    command = ["squeue", "--noheader", "--array", "--format=%i", f"--user={getpass.getuser()}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return None if done.returncode else set(done.stdout.split())


def largest_array() -> int:
    """How many tasks the cluster takes in one array."""
    try:
        said = subprocess.run(["scontrol", "show", "config"], capture_output=True, text=True, check=False).stdout
    except FileNotFoundError:
        return MAX_ARRAY
    found = re.search(r"^MaxArraySize\s*=\s*(\d+)", said, re.M)
    return max(1, int(found[1])) if found else MAX_ARRAY
