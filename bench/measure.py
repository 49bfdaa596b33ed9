"""One bench run: the time of a training step of every implementation at every point."""

import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import psutil
import torch

from bench.implementations import BASELINE, OURS, Implementation, chosen
from bench.report import Report, Row
from bench.workload import CLASSES, DEFAULT, NETWORKS, Plan, Point, workload
from harness.machine.environment import environment
from harness.machine.environment import machine as of_this_machine
from harness.machine.process import computing_with, keep_freed_memory, threads_for
from harness.snn.layers import layers_of

Say = Callable[[str], None]

# Implementations take turns (A B C A B C …), so that a busy machine slows all of them. In its turn an implementation
# takes one step that does not count, then at least one that does: in training, too, a step follows another one, with
# threads running and data in the caches. A long step counts at once: it fills the caches many times over.
MOST_ROUNDS = 25
TURN = 0.02  # seconds of timed steps per turn, at least
LONG = 0.2  # seconds of a step that no earlier one makes faster

BYTES_PER_NEURON_STEP = 40  # kept for the backward pass per neuron and timestep, by the peer that needs most


def run(
    out: Path,
    *,
    plan: Plan = DEFAULT,
    implementations: Sequence[str] | None = None,
    progress: Say = lambda _: None,
) -> Report:
    """Measure, and write bench.json, bench.svg and bench.png into `out`.

    implementations: names from `bench.implementations.ALL`; None for all.
    progress: called with a line of text before each measurement.
    Raises HarnessError for an unknown implementation.
    """
    keep_freed_memory()  # as `harness run` does; it helps every implementation
    out.mkdir(parents=True, exist_ok=True)  # an error comes before minutes of measurement
    requested = chosen(implementations)
    missing = {i.name: why for i in requested if (why := i.missing)}
    present = [i for i in requested if i.name not in missing]

    rows: list[Row] = []
    for point in (*plan.points, *plan.ours):
        measured = [i for i in present if point in plan.points or i.name in (OURS, BASELINE)]
        rows += steps_at(point, measured, plan, progress) if measured else []
    rows += [_row(i, point, status=missing[i.name]) for point in plan.points for i in requested if i.name in missing]
    report = Report(machine(present), tuple(rows))
    report.save(out)
    return report


def _row(
    implementation: Implementation, point: Point, seconds: Sequence[float] = (), *, status: str = "measured"
) -> Row:
    """A row from the seconds of each timed step."""
    times = [1000 * s / point.batch for s in seconds]
    return Row(
        implementation.name,
        implementation.kind,
        implementation.precision,
        point.network,
        point.batch,
        point.timesteps,
        ms_per_image=round(statistics.median(times), 4) if times else None,
        steps=len(times),
        status=status,
    )


# ---- steps


def steps_at(point: Point, implementations: Sequence[Implementation], plan: Plan, progress: Say) -> list[Row]:
    """The rows of a training step at one point."""
    progress(f"{point.network}, batch {point.batch}, T = {point.timesteps}")
    work = workload(point)
    need = sum(layer.neurons for layer in work.layers) * point.batch * point.timesteps * BYTES_PER_NEURON_STEP
    if need > 0.8 * psutil.virtual_memory().available:
        return [_row(i, point, status="not enough memory") for i in implementations]
    with threads_at(point):
        times = interleaved({i.name: i.step(work) for i in implementations}, plan.repeats, plan.seconds)
    gc.collect()
    rows = [_row(i, point, times[i.name]) for i in implementations]
    floor = next((row.ms_per_image for row in rows if row.implementation == BASELINE), None)
    return [
        replace(row, ratio_to_bf16_matmuls=round(row.ms_per_image / floor, 3)) if row.ms_per_image and floor else row
        for row in rows
    ]


def threads_at(point: Point) -> AbstractContextManager[None]:
    """Inside the block, compute with the threads of `harness run` for a step at `point`."""
    spec, shape = NETWORKS[point.network]
    macs = sum(layer.macs for layer in layers_of(spec, shape, CLASSES, dropout=True))
    return computing_with(threads_for(macs * point.batch * point.timesteps).count)


def interleaved(steps: Mapping[str, Callable[[], float]], repeats: int, seconds: float) -> dict[str, list[float]]:
    """Seconds of each timed step: at least `repeats` rounds of turns, and more while less than `seconds` passed."""
    for step in steps.values():
        step()  # compiles kernels and fills the caches
    times: dict[str, list[float]] = {name: [] for name in steps}
    start, rounds = time.perf_counter(), 0
    while rounds < repeats or (rounds < MOST_ROUNDS and time.perf_counter() - start < seconds):
        for name, step in steps.items():
            times[name] += _turn(step)
        rounds += 1
    return times


def _turn(step: Callable[[], float]) -> list[float]:
    if (first := timed(step)) >= LONG:
        return [first]
    times = [timed(step)]
    while sum(times) < TURN:
        times.append(timed(step))
    return times


def timed(action: Callable[[], object]) -> float:
    """Seconds that `action` takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def machine(implementations: Sequence[Implementation]) -> dict[str, str]:
    """The environment of the times: processor, cores, memory, and the versions of the compared packages."""
    facts = {k: v for k, v in environment(torch.device("cpu"), "", "auto").items() if k != "precision"}
    facts["instructions"] = " ".join(of_this_machine(torch.device("cpu")).instructions)
    facts["cores"] = str(psutil.cpu_count(logical=False) or psutil.cpu_count())
    facts["memory"] = f"{psutil.virtual_memory().total / (1 << 30):.0f} GiB"
    return facts | {str(i.package): str(i.version) for i in implementations if i.package}
