"""Times of training steps. Implementations take turns (A B C A B C …), so that a busy machine slows all of them.

In its turn an implementation takes one step that does not count, then at least one that does. In training, too, a step
follows another one: threads are running and data is in the caches. A long step counts at once: it fills the caches many
times over.
"""

import time
from collections.abc import Callable, Mapping

MOST_ROUNDS = 25
TURN = 0.02  # seconds of timed steps, at least
LONG = 0.2  # seconds of a step that no earlier one makes faster


def interleaved(steps: Mapping[str, Callable[[], float]], repeats: int, seconds: float) -> dict[str, list[float]]:
    """Seconds of each timed step: at least `repeats` rounds of turns, and more while less than `seconds` passed."""
    for step in steps.values():
        step()  # compiles kernels and fills the caches
    times: dict[str, list[float]] = {name: [] for name in steps}
    begun, rounds = time.perf_counter(), 0
    while rounds < repeats or (rounds < MOST_ROUNDS and time.perf_counter() - begun < seconds):
        for name, step in steps.items():
            times[name] += turn(step)
        rounds += 1
    return times


def turn(step: Callable[[], float]) -> list[float]:
    """Seconds of each step of one turn; of the first one only if it is long."""
    if (first := timed(step)) >= LONG:
        return [first]
    times = [timed(step)]
    while sum(times) < TURN:
        times.append(timed(step))
    return times


def timed(action: Callable[[], object]) -> float:
    """Seconds that `action` takes."""
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun
