"""What a task of Slurm does: compute one cell; at the end of its time, leave a checkpoint and go back to the queue."""

import signal
import sys
from dataclasses import dataclass, replace
from types import FrameType
from typing import Any

from harness.errors import Stopped
from harness.machine.process import Deadline, computing_with, keep_freed_memory
from harness.runs.executors.place import Place
from harness.runs.grid import run_grid
from harness.runs.plan import PlannedCell
from harness.training.checkpoint import Watch


@dataclass(frozen=True)
class Task:
    """The work of one task, as submitit sends it."""

    cell: PlannedCell
    place: Place

    def __call__(self) -> str:
        """Compute the cell, unless another run does; its state.

        Slurm's warning before the end of the time (by default USR2) becomes a checkpoint and a requeue; TERM, from
        scancel or a preemption, a checkpoint.
        """
        from submitit.slurm.slurm import SlurmJobEnvironment

        warning = SlurmJobEnvironment._usr_sig()
        requeue: Any = signal.getsignal(warning)
        deadline, came = Deadline(), []

        def stop(number: int, _frame: FrameType | None) -> None:
            came.append(number)
            deadline.ask(number)

        for number in (signal.SIGTERM, warning):
            signal.signal(number, stop)
        try:
            return self._computed(Watch(stop=deadline.passed))
        except Stopped as stopped:
            print(f"stopped in {stopped} with a checkpoint", flush=True)
            if warning in came:
                requeue(warning, None)
            sys.exit(1)

    def _computed(self, watch: Watch) -> str:
        keep_freed_memory()
        with computing_with(self.place.threads):
            grid = replace(self.place.grid(self.cell, watch), say=lambda text: print(text, flush=True))
            (done,) = run_grid([self.cell], grid)
        return str(done.record.status)

    def checkpoint(self) -> Any:
        """What goes back to the queue: the same, since the cell's checkpoint lies beside its record."""
        from submitit.core.utils import DelayedSubmission

        return DelayedSubmission(self)
