"""The process of a run: the signals that end it, the threads it computes with, and the memory it has freed."""

import ctypes
import math
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

STOPPED = 130  # exit code after Ctrl-C
AGAIN = 75  # exit code after a stop with a checkpoint: start again to go on (EX_TEMPFAIL)
GRACEFUL = (signal.SIGTERM, signal.SIGUSR1)
LEAVE = os._exit  # for itself, which `plugins.guard` takes from plug-ins
# Turns that a thread of GNU OpenMP spins before it sleeps: about a millisecond, more than the gap between two loops.
# With 1,000 of them a step of two threads takes up to 1.5 times as long, and two such runs at once six times.
SPINS = "100000"
# Multiply-accumulates of a training step up to which one thread is as fast as two, or nearly: the fully connected
# networks on MNIST, at any number of timesteps of the paper, and smaller ones.
SMALL_STEP = 1.5e9
# Variables that are whole numbers, with their largest values.
NUMBERS = {
    "COLUMNS": 10_000,
    "LINES": 10_000,
    "OMP_NUM_THREADS": 4096,
    "NUMBA_NUM_THREADS": 4096,
    "SOURCE_DATE_EPOCH": 2**36,
}
_TRIM_THRESHOLD, _MMAP_MAX = -1, -4  # names of mallopt(3)


@dataclass
class Deadline:
    """When a run ends with a checkpoint: `seconds` after `start`, or as soon as a signal asks for it.

    parent: the process that started this one, which ends with it; None or 0 for no such process.
    """

    seconds: float | None = None
    parent: int | None = None
    asked: bool = False
    end: float | None = None  # by the clock; None before the start

    def start(self) -> None:
        """Start counting."""
        self.end = math.inf if self.seconds is None else time.monotonic() + self.seconds

    def passed(self) -> bool:
        """Whether the run should end now."""
        alone = bool(self.parent) and os.getppid() != self.parent
        return self.asked or alone or (self.end is not None and time.monotonic() >= self.end)


@contextmanager
def finishing() -> Iterator[None]:
    """Delay the first signal to the end of the block, so that a file is written whole. A second ends the process."""
    seen: list[int] = []
    with first_signal(seen.append):
        yield
    if seen:
        signal.raise_signal(seen[0])


@contextmanager
def first_signal(act: Callable[[int], None]) -> Iterator[None]:
    """Inside the block, the first signal that ends a run calls `act`, and a second one ends the process."""
    seen: list[int] = []

    def handle(number: int, _frame: FrameType | None) -> None:
        seen.append(number)
        if len(seen) > 1:
            if sys.stderr.isatty():
                os.write(2, b"\x1b[?25h\n")  # the progress display hides the cursor
            LEAVE(STOPPED)
        act(number)

    if threading.current_thread() is not threading.main_thread():  # others may not set handlers
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, *GRACEFUL)}
    for number, old in before.items():
        if old not in (signal.SIG_IGN, None):  # a shell has its background processes ignore Ctrl-C: keep that
            signal.signal(number, handle)
    try:
        yield
    finally:
        for number, old in before.items():
            if old is not None:
                signal.signal(number, old)


@dataclass(frozen=True)
class Threads:
    """The number of threads for torch and Numba. `why` is empty if the count is torch's default."""

    count: int
    why: str = ""

    def __str__(self) -> str:
        return f"{self.count} thread{'s' * (self.count != 1)}{self.why and ': '}{self.why}"


FOR_SMALL = Threads(1, "a small network")


def tidy_environment() -> None:
    """Remove invalid variables from the environment, on which libraries would fail as they are imported.

    Call it before any library is loaded.
    """
    for name, largest in NUMBERS.items():
        values = os.environ.get(name, "1")
        # OMP_NUM_THREADS may have a number for each level of nesting.
        numbers = values.split(",") if name == "OMP_NUM_THREADS" else [values]
        if not all(re.fullmatch("[0-9]{1,11}", number) and 0 < int(number) <= largest for number in numbers):
            print(f"{name} is {values!a}, which is no number for it: ignored", file=sys.stderr)
            del os.environ[name]
    os.environ["MPLBACKEND"] = "agg"  # figures are only ever written


def bound_spinning() -> None:
    """Let waiting threads sleep after about a millisecond, so that two runs on one machine do not slow each other down.

    Call it before torch is loaded. It respects OMP_WAIT_POLICY and GOMP_SPINCOUNT where the user has set them.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", SPINS)


def threads_for(step: float, workers: int = 1) -> Threads:
    """The threads of each of `workers` processes whose training step has `step` multiply-accumulates.

    OMP_NUM_THREADS decides where the user has set it. The choice never depends on how busy the machine is: the order
    in which numbers are added up depends on it, and a run that goes on tomorrow must add in the same order.
    """
    import torch

    # torch's count cannot be asked instead: Numba changes OpenMP's number of threads when it starts.
    asked = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    if asked.isdecimal() and int(asked):
        return Threads(int(asked), "OMP_NUM_THREADS")
    most = torch.get_num_threads()
    if step <= SMALL_STEP:
        return FOR_SMALL
    return Threads(max(1, most // workers), f"shared by {workers} workers" if workers > 1 else "")


@contextmanager
def computing_with(count: int) -> Iterator[None]:
    """Inside the block, torch and Numba compute with `count` threads, Numba with as many of them as it may have."""
    import numba
    import torch

    before = torch.get_num_threads(), numba.get_num_threads()
    torch.set_num_threads(count)
    numba.set_num_threads(min(count, int(numba.config.NUMBA_NUM_THREADS)))  # type: ignore[attr-defined]
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        numba.set_num_threads(before[1])


def keep_freed_memory() -> bool:
    """Have glibc take large blocks from the heap and keep the heap. Returns whether it does so.

    Training allocates tensors of the same large sizes at every step. glibc returns blocks above 32 MiB to the system
    at once, so that each step would map all its pages again: a third of the CPU time of a spiking VGG with batches
    of 32.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform.startswith("linux") else None
    return bool(mallopt and mallopt(_MMAP_MAX, 0) and mallopt(_TRIM_THRESHOLD, 2**31 - 1))
