"""Which executor a run has: this process, several here, or a cluster."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from harness.errors import HarnessError
from harness.machine.process import Threads
from harness.runs.executors import Executor
from harness.runs.executors.local import Workers
from harness.runs.executors.place import Place
from harness.runs.executors.slurm_options import options
from harness.runs.grid import run_grid

MOST_WORKERS = 256
TASK_THREADS = 4  # of a task on a cluster, whose nodes may have other numbers of cores than this machine
ENGINES = {"here": "", "slurm": "submitit", "ray": "ray"}


@dataclass(frozen=True)
class Where:
    """Where cells are to be computed. slurm: KEY=VALUE for sbatch. detach: do not wait for what was submitted."""

    on: str = "here"
    workers: int = 1
    slurm: tuple[str, ...] = ()
    detach: bool = False

    def checked(self) -> "Where":
        """Itself. Raises HarnessError for what does not go together, or is not installed."""
        if self.on not in ENGINES:
            raise HarnessError(f"nothing is called '{self.on}' to run on", f"use {', '.join(ENGINES)}")
        if not 1 <= self.workers <= MOST_WORKERS:
            raise HarnessError(f"--workers must be at least 1 and at most {MOST_WORKERS}, not {self.workers}")
        if self.on != "here" and self.workers > 1:
            raise HarnessError(f"--workers are processes here; {self.on} places cells itself", "leave one of them out")
        if self.on != "slurm" and (self.slurm or self.detach):
            raise HarnessError("--slurm and --detach are for --on slurm", "leave them out, or add --on slurm")
        if ENGINES[self.on] and find_spec(ENGINES[self.on]) is None:
            raise HarnessError(f"--on {self.on} needs {ENGINES[self.on]}", f"pip install 'dct-snn-harness[{self.on}]'")
        options(self.slurm)
        return self

    def script(self, results: Path, cells: int, threads: int, gpu: bool) -> str:
        """What would be given to Slurm; nothing elsewhere, or where there is nothing to do."""
        if self.on != "slurm" or not cells:
            return ""
        from harness.runs.executors.slurm import script

        return script(options(self.slurm), results, cells, threads, gpu)

    def threads(self, here: Threads) -> Threads:
        """The threads of each process, given those it would have here: a task elsewhere need not have as many."""
        if self.on == "here" or here.why:
            return here
        return Threads(options(self.slurm).get("cpus_per_task", TASK_THREADS), "of each task")

    def at_once(self, cells: int) -> int:
        """How many of `cells` are computed at the same time, as far as that is known."""
        return max(1, min(self.workers, cells))

    def executor(self, place: Place) -> Executor:
        """What computes the cells."""
        if self.on == "slurm":
            from harness.runs.executors.slurm import Slurm

            return Slurm(place, options(self.slurm), self.detach)
        if self.on == "ray":
            from harness.runs.executors.on_ray import Ray

            return Ray(place)
        return Workers(self.workers, place) if self.workers > 1 else run_grid
