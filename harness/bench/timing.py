"""Times of training steps, taken in turns: A B C A B C …, so that a busy moment of the machine hits all alike."""

import time
from collections.abc import Callable, Mapping

MOST_ROUNDS = 25


def interleaved(steps: Mapping[str, Callable[[], float]], repeats: int, seconds: float) -> dict[str, list[float]]:
    """Seconds of each step in each round: at least `repeats` rounds, and more while less than `seconds` passed."""
    for step in steps.values():
        step()  # compilation, code caches and first pages
    times: dict[str, list[float]] = {name: [] for name in steps}
    begun, rounds = time.perf_counter(), 0
    while rounds < repeats or (rounds < MOST_ROUNDS and time.perf_counter() - begun < seconds):
        for name, step in steps.items():
            times[name].append(timed(step))
        rounds += 1
    return times


def timed(action: Callable[[], object]) -> float:
    """Seconds that `action` takes."""
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun
