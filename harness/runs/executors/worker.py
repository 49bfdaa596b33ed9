"""A worker: a process that computes the cells it is sent, and says how far it is."""

import signal
import time
from dataclasses import replace
from multiprocessing.connection import Connection

import torch

from harness.errors import HarnessError, Stopped
from harness.machine.process import GRACEFUL, Deadline, computing_with, keep_freed_memory
from harness.runs.executors.messages import Answer, Broken, Message, Progress, Said
from harness.runs.executors.place import Place
from harness.runs.grid import attempt
from harness.runs.plan import PlannedCell
from harness.training.checkpoint import Watch

TELL_EVERY_SECONDS = 0.5


class Line:
    """The line to whoever hired this worker."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.deadline = Deadline()
        self.work, self.told = 0.0, 0.0

    def send(self, message: Message) -> None:
        """Send, unless nobody is there any more; `stop` finds that out."""
        try:
            self.connection.send(message)
        except OSError:
            self.deadline.ask(0)

    def progress(self, stage: str, work: float) -> None:
        """Add up what was done and tell it twice a second."""
        self.work += work
        if time.monotonic() - self.told > TELL_EVERY_SECONDS:
            self.send(Progress(stage, self.work))
            self.work, self.told = 0.0, time.monotonic()

    def say(self, text: str) -> None:
        """Send a line for the user."""
        self.send(Said(text))

    def stop(self) -> bool:
        """Whether the work is to end: something was sent, the other process is gone, or a signal came."""
        return self.deadline.passed() or self.connection.poll()


def work(connection: Connection, place: Place, number: int) -> None:
    """Compute cells as they are sent, until None is or nobody is there to send any."""
    line = Line(connection)
    _obey(line.deadline)
    keep_freed_memory()
    if place.gpus:
        torch.cuda.set_device(number % place.gpus)
    with computing_with(place.threads):
        while True:
            try:
                cell: PlannedCell | None = connection.recv()
            except (EOFError, OSError):
                return
            if cell is None or not _done(cell, place, line):
                return


def _obey(deadline: Deadline) -> None:
    """A terminal sends Ctrl-C to every process: the one that it is meant for asks the workers to stop."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in GRACEFUL:
        signal.signal(number, lambda number, _frame: deadline.ask(number))


def _done(cell: PlannedCell, place: Place, line: Line) -> bool:
    """Compute a cell and say what came of it; whether this worker can go on."""
    line.told = time.monotonic()
    try:
        grid = replace(place.grid(cell, Watch(line.progress, line.stop)), say=line.say)
        line.send(Answer(attempt(cell, grid)))
    except (HarnessError, Stopped) as error:
        line.send(Broken(error))
        return False
    line.send(Progress("", line.work))
    line.work = 0.0
    return True
