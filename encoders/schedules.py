"""Schedules: which frequency (zig-zag number) the DCT encoder feeds at each timestep (paper §3, §6).

Plain functions from a number of timesteps to a tuple of frequency indices, one a timestep.
"""

from itertools import cycle, islice

from encoders.base import EncoderError, at_least_one_step

SCHEDULES = ("cyclic", "truncated", "intermittent", "interleaved", "explicit")
PAPER_INTERMITTENT = (0, 2, 5, 7, 9, 10, 12, 15)


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


def build(
    name: str, timesteps: int, *, total: int, frequencies: int | None, indices: tuple[int, ...] | None
) -> tuple[int, ...]:
    """The schedule called `name` over `timesteps` steps, out of `total` frequencies.

    `frequencies` (cyclic, truncated, interleaved): how many, from 0 up; all where None.
    `indices` (intermittent, explicit): the frequencies themselves, in order.
    Raises EncoderError for an unknown name, an index or count out of range, or T not fitting the schedule.
    """
    at_least_one_step(timesteps)
    if name not in SCHEDULES:
        raise EncoderError(f"unknown schedule '{name}': use one of {', '.join(SCHEDULES)}")
    if name in ("intermittent", "explicit"):
        if frequencies is not None:
            raise EncoderError(f"schedule '{name}' takes `indices`, not `frequencies`")
        return repeated(_checked(name, indices, total), timesteps)
    if indices is not None:
        raise EncoderError(f"schedule '{name}' takes `frequencies`, not `indices`")
    count = total if frequencies is None else frequencies
    if not 1 <= count <= total:
        raise EncoderError(f"frequencies must be 1 to {total}, not {count}")
    return interleaved(count, timesteps) if name == "interleaved" else cyclic(count, timesteps)


def _checked(name: str, indices: tuple[int, ...] | None, total: int) -> tuple[int, ...]:
    if indices is None:
        if name == "explicit":
            raise EncoderError("an explicit schedule needs `indices`")
        indices = PAPER_INTERMITTENT
    if not indices:
        raise EncoderError("a schedule needs at least one frequency index")
    for index in indices:
        if not 0 <= index < total:
            raise EncoderError(f"schedule index {index} is out of range: frequencies are 0 to {total - 1}")
    return tuple(indices)
