"""Threads: how many a run computes with, and how long a waiting one keeps its core busy."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

# Turns that a thread of GNU OpenMP waits awake: about a millisecond, longer than the gap between two loops of a step.
# With 1,000 of them a step of two threads takes up to 1.5 times as long, and two such runs at once six times.
SPINS = "100000"
# Multiply-accumulates of a training step up to which one thread is as fast as two, or nearly: the fully connected
# networks on MNIST, at any number of timesteps of the paper, and smaller ones.
SMALL_STEP = 1.5e9


@dataclass(frozen=True)
class Threads:
    """How many threads torch and Numba compute with, and why so many; no reason where it is what torch takes itself."""

    count: int
    why: str = ""

    def __str__(self) -> str:
        return f"{self.count} thread{'s' * (self.count != 1)}{self.why and ': '}{self.why}"


def bound_spinning() -> None:
    """Have threads sleep that wait longer than a moment, so that two runs on one machine do not slow each other down.

    To be called before torch is loaded. What the user has set with OMP_WAIT_POLICY or GOMP_SPINCOUNT holds.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", SPINS)


def threads_for(step: float, workers: int = 1) -> Threads:
    """The threads of each of `workers` processes whose training step has `step` multiply-accumulates.

    OMP_NUM_THREADS decides where the user has set it. The choice never depends on how busy the machine is: the order
    in which numbers are added up depends on it, and a run that goes on tomorrow is to add in the same order.
    """
    import torch

    # Not torch's own answer: Numba gives OpenMP another number of threads when it starts its own.
    asked = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    if asked.isdecimal() and int(asked):
        return Threads(int(asked), "OMP_NUM_THREADS")
    most = torch.get_num_threads()
    if step <= SMALL_STEP:
        return Threads(1, "a small network")
    return Threads(max(1, most // workers), f"shared by {workers} workers" if workers > 1 else "")


def _numba_limit() -> int:
    import numba

    return int(numba.config.NUMBA_NUM_THREADS)  # type: ignore[attr-defined]


@contextmanager
def computing_with(count: int) -> Iterator[None]:
    """Within, torch and Numba compute with `count` threads, or with as many as Numba may have where those are fewer."""
    import numba
    import torch

    before = torch.get_num_threads(), numba.get_num_threads()
    torch.set_num_threads(count)
    numba.set_num_threads(min(count, _numba_limit()))
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        numba.set_num_threads(before[1])
