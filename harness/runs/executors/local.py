"""Several processes on this machine, each with its part of the threads or GPUs."""

import multiprocessing
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from harness.errors import HarnessError, Stopped
from harness.machine.files import Owner
from harness.runs.executors.messages import Answer, Broken, Progress, Said
from harness.runs.executors.place import Place
from harness.runs.executors.worker import work
from harness.runs.grid import POLL_SECONDS, Finished, Grid, name_of
from harness.runs.plan import PlannedCell

TICK_SECONDS = 0.2
PATIENCE_SECONDS = 30.0  # so long may a worker take to stop with its checkpoint
SHOWN = 2  # cells whose stage is shown; of more there is a number
MOST_DEATHS = 2


@dataclass(frozen=True)
class Workers:
    """An executor: `count` processes here."""

    count: int
    place: Place

    def __call__(self, cells: Sequence[PlannedCell], grid: Grid) -> Iterator[Finished]:
        """See `Executor`."""
        shift = Shift(self, grid, deque(cells))
        try:
            yield from shift.run()
        finally:
            shift.dismiss()


@dataclass(eq=False)
class Hired:
    """A worker process and the cell it computes."""

    process: BaseProcess
    connection: Connection
    cell: PlannedCell | None = None
    stage: str = ""


@dataclass
class Shift:
    """Workers and what they still have to do.

    elsewhere: cells that other runs hold. started: seeds of which a cell is done. deaths: of workers, by record.
    """

    workers: Workers
    grid: Grid
    pending: deque[PlannedCell]
    elsewhere: deque[PlannedCell] = field(default_factory=deque)
    hired: list[Hired] = field(default_factory=list)
    deaths: Counter[Path] = field(default_factory=Counter)
    started: set[int] = field(default_factory=set)
    ended: Stopped | None = None
    look_again: float = 0.0
    numbers: int = 0

    def run(self) -> Iterator[Finished]:
        """Hand out cells until all have their records, or until those begun have stopped."""
        while self.busy() or (not self.ended and (self.pending or self.elsewhere)):
            if not self.ended and self.grid.setting.watch.stop():
                self.end(Stopped(self.stages() or "waiting"))
            if not self.ended:
                self.hand_out()
            for connection in wait([hired.connection for hired in self.hired], TICK_SECONDS):
                yield from self.hear(next(hired for hired in self.hired if hired.connection is connection))
        if self.ended:
            raise self.ended

    def busy(self) -> list[Hired]:
        """Workers that compute."""
        return [hired for hired in self.hired if hired.cell is not None]

    def stages(self) -> str:
        """What is going on."""
        cells = [f"{name_of(hired.cell)} · {hired.stage}" for hired in self.busy() if hired.cell and hired.stage]
        more = [f"{len(cells) - SHOWN} more"] if len(cells) > SHOWN else []
        return " | ".join([*cells[:SHOWN], *more])

    def hand_out(self) -> None:
        """Give every idle worker a cell; hire workers while there are cells for them."""
        if self.elsewhere and time.monotonic() >= self.look_again:
            self.pending.extend(self.elsewhere)
            self.elsewhere.clear()
        while self.pending and len(self.busy()) < self.workers.count:
            idle = next((hired for hired in self.hired if hired.cell is None), None) or self.hire()
            idle.cell, idle.stage = self.next_cell(), "starting"
            with suppress(OSError):  # it has died: its connection says so next
                idle.connection.send(idle.cell)

    def next_cell(self) -> PlannedCell:
        """The next cell, but rather one whose ANN no other worker is just training."""
        training = {hired.cell.config.seed for hired in self.busy() if hired.cell} - self.started
        chosen = next((cell for cell in self.pending if cell.config.seed not in training), self.pending[0])
        self.pending.remove(chosen)
        return chosen

    def hire(self) -> Hired:
        """Start a worker. It is spawned, since a fork of a process that has threads may hang."""
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=work, args=(theirs, self.workers.place, self.numbers), daemon=True)
        process.start()
        theirs.close()
        self.numbers += 1
        self.hired.append(Hired(process, ours))
        return self.hired[-1]

    def hear(self, hired: Hired) -> Iterator[Finished]:
        """Take what a worker says."""
        try:
            message = hired.connection.recv()
        except (EOFError, OSError):
            self.lost(hired)
            return
        if isinstance(message, Progress):
            hired.stage = message.stage or hired.stage
            self.grid.setting.watch.progress(self.stages(), message.work)
        elif isinstance(message, Said):
            self.grid.say(message.text)
        elif isinstance(message, Answer):
            yield from self.answered(hired, message.result)
        elif isinstance(message, Broken):
            hired.cell = None
            self.end(message.error)

    def answered(self, hired: Hired, result: Finished | Owner) -> Iterator[Finished]:
        """A worker is through with its cell."""
        cell, hired.cell = hired.cell, None
        if isinstance(result, Finished):
            self.started.add(result.cell.config.seed)
            yield result
        elif cell is not None:
            self.grid.say(f"{name_of(cell)}: running elsewhere ({result}); its record is waited for")
            self.elsewhere.append(cell)
            self.look_again = time.monotonic() + POLL_SECONDS

    def end(self, error: Exception) -> None:
        """Ask every worker to stop with a checkpoint. An error that is no such stop is raised at once."""
        if not isinstance(error, Stopped):
            raise error
        self.ended = self.ended or error
        for hired in self.busy():
            with suppress(OSError):
                hired.connection.send(None)

    def lost(self, hired: Hired) -> None:
        """A worker has died: its cell goes to another, which goes on from the checkpoint."""
        self.hired.remove(hired)
        hired.connection.close()
        hired.process.join()
        cell = hired.cell
        if cell is None or self.ended:
            return
        self.deaths[cell.path] += 1
        how = f"a worker has ended with exit code {hired.process.exitcode}"
        if self.deaths[cell.path] == MOST_DEATHS:
            raise HarnessError(f"{name_of(cell)}: {how}, twice", "memory may be short: use fewer --workers")
        self.grid.say(f"{name_of(cell)}: {how}; another goes on with it")
        self.pending.appendleft(cell)

    def dismiss(self) -> None:
        """Have every worker end, with a checkpoint of what it computes; kill one that does not."""
        for hired in self.hired:
            with suppress(OSError):
                hired.connection.send(None)
        limit = time.monotonic() + PATIENCE_SECONDS
        for hired in self.hired:
            self.drain(hired, limit)
            if hired.process.is_alive():
                hired.process.kill()
            hired.process.join()
            hired.connection.close()

    def drain(self, hired: Hired, limit: float) -> None:
        """Take what a worker still says, so that it does not wait for us, until it ends."""
        with suppress(EOFError, OSError):
            while hired.connection.poll(max(0.0, limit - time.monotonic())):
                hired.connection.recv()
        hired.process.join(max(0.0, limit - time.monotonic()))
