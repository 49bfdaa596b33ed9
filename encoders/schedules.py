"""Schedules: which frequency (zig-zag number) the DCT encoder feeds at each timestep (paper §3, §6).

Plain functions from a number of timesteps to a tuple of frequency indices, one a timestep.
"""

from collections.abc import Mapping
from itertools import cycle, islice
from typing import NamedTuple

from encoders.admission import at_least_one_step, whole_number
from encoders.errors import EncoderError

# Each schedule and the one parameter that shapes it; those of NEEDED say nothing without theirs.
SCHEDULES = {
    "cyclic": "frequencies",
    "truncated": "frequencies",
    "intermittent": "indices",
    "interleaved": "frequencies",
    "explicit": "indices",
    "weighted": "weights",
}
NEEDED = ("truncated", "explicit", "weighted")
PAPER_INTERMITTENT = (0, 2, 5, 7, 9, 10, 12, 15)
# Longer than any train that is fed; a single weight of a billion would otherwise fill the memory.
LONGEST_CYCLE = 10_000


class Schedule(NamedTuple):
    """A schedule's name and the parameter that shapes it (see SCHEDULES); the other parameters stay None.

    `frequencies` (cyclic, truncated, interleaved): how many, from 0 up; all where None, except truncated.
    `indices` (intermittent, explicit): the frequencies themselves, in order; intermittent has the paper's.
    `weights` (weighted): how often frequency k is fed in one cycle, each at least 1, for k from 0 up.
    """

    name: str
    frequencies: int | None = None
    indices: tuple[int, ...] | None = None
    weights: tuple[int, ...] | None = None


def cyclic(frequencies: int, timesteps: int) -> tuple[int, ...]:
    """0, 1, …, K−1, 0, 1, … (Algorithm 1). With fewer than all frequencies this is the paper's truncation."""
    return repeated(tuple(range(frequencies)), timesteps)


def interleaved(frequencies: int, timesteps: int) -> tuple[int, ...]:
    """0 r times, then 1 r times, … with r = T / K (§6). Raises EncoderError unless K divides T."""
    if timesteps % frequencies:
        raise EncoderError(
            f"an interleaved schedule of {frequencies} frequencies cannot fill {timesteps} timesteps: "
            f"use a multiple of {frequencies}"
        )
    repeats = timesteps // frequencies
    return tuple(index for index in range(frequencies) for _ in range(repeats))


def repeated(indices: tuple[int, ...], timesteps: int) -> tuple[int, ...]:
    """Any sequence of indices, started again when it ends (intermittent and explicit schedules, §6)."""
    return tuple(islice(cycle(indices), timesteps))


def weighted(weights: tuple[int, ...], timesteps: int) -> tuple[int, ...]:
    """Unequal repeats (not in the paper): frequency k is fed `weights[k]` times in a cycle of Σ weights steps.

    A cycle is max(weights) passes; pass r feeds, in order, every frequency whose weight exceeds r. So (3, 2, 1)
    gives 0 1 2 · 0 1 · 0, and equal weights give the cyclic schedule.
    """
    passes = [[k for k, weight in enumerate(weights) if weight > r] for r in range(max(weights))]
    return repeated(tuple(k for one in passes for k in one), timesteps)


def build(schedule: Schedule, timesteps: int, total: int) -> tuple[int, ...]:
    """The frequency index at each of `timesteps` steps, out of `total` frequencies.

    Raises EncoderError for an unknown name, a missing or foreign parameter, an index, count or weight out of
    range, or T not fitting the schedule.
    """
    at_least_one_step(timesteps)
    name, frequencies, indices, weights = schedule
    _check_parameters(name, {"frequencies": frequencies, "indices": indices, "weights": weights})
    if weights is not None:
        return weighted(_checked_weights(weights, total), timesteps)
    if name in ("intermittent", "explicit"):
        return repeated(_checked(PAPER_INTERMITTENT if indices is None else indices, total), timesteps)
    count = total if frequencies is None else frequencies
    whole_number("frequencies", count, 1, total)
    return interleaved(count, timesteps) if name == "interleaved" else cyclic(count, timesteps)


def _check_parameters(name: str, given: Mapping[str, object]) -> None:
    if name not in SCHEDULES:
        raise EncoderError(f"unknown schedule '{name}': use one of {', '.join(SCHEDULES)}")
    own = SCHEDULES[name]
    for parameter, value in given.items():
        if value is not None and parameter != own:
            raise EncoderError(f"schedule '{name}' takes `{own}`, not `{parameter}`")
    if name in NEEDED and given[own] is None:
        raise EncoderError(f"schedule '{name}' needs `{own}`")


def _checked(indices: tuple[int, ...], total: int) -> tuple[int, ...]:
    if not indices:
        raise EncoderError("a schedule needs at least one frequency index")
    for index in indices:
        whole_number("a schedule index", index, 0, total - 1)
    return tuple(indices)


def _checked_weights(weights: tuple[int, ...], total: int) -> tuple[int, ...]:
    if not 1 <= len(weights) <= total:
        raise EncoderError(f"weights must be 1 to {total} whole numbers, one a frequency, not {len(weights)} of them")
    for weight in weights:
        whole_number("a weight", weight, 1, LONGEST_CYCLE)
    if sum(weights) > LONGEST_CYCLE:
        raise EncoderError(f"weights must add up to at most {LONGEST_CYCLE} timesteps, not {sum(weights)}")
    return tuple(weights)
