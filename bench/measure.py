"""One bench run: the time of every implementation at every point, and an evaluation."""

import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import psutil
import torch
from torch import Generator, Tensor

from bench.implementations import BASELINE, OURS, Implementation, chosen
from bench.report import Report, Row, What
from bench.workload import (
    CLASSES,
    DEFAULT,
    NETWORKS,
    PAPER_STEP,
    VGG5_LITE,
    VGG9,
    Plan,
    Point,
    spiking_network,
    workload,
)
from harness.data.types import ImageSet
from harness.machine.environment import environment
from harness.machine.process import computing_with, keep_freed_memory, threads_for
from harness.snn.network import Spiking, stages
from harness.training.batches import normalised
from harness.training.checkpoint import SILENT
from harness.training.evaluate import evaluate
from harness.training.trains import encoded_once

Say = Callable[[str], None]

# Implementations take turns (A B C A B C …), so that a busy machine slows all of them. In its turn an implementation
# takes one step that does not count, then at least one that does: in training, too, a step follows another one, with
# threads running and data in the caches. A long step counts at once: it fills the caches many times over.
MOST_ROUNDS = 25
TURN = 0.02  # seconds of timed steps per turn, at least
LONG = 0.2  # seconds of a step that no earlier one makes faster

BYTES_PER_NEURON_STEP = 40  # kept for the backward pass per neuron and timestep, by the peer that needs most
CHUNKS = 8  # of images per evaluation; enough that the work done once hardly counts


def run(
    out: Path | None,
    *,
    plan: Plan = DEFAULT,
    implementations: Sequence[str] | None = None,
    progress: Say = lambda _: None,
) -> Report:
    """Measure, and write bench.json, bench.svg and bench.png into `out` (None: nowhere).

    implementations: names from `bench.implementations.ALL`; None for all.
    progress: called with a line of text before each measurement.
    Raises HarnessError for an unknown network or implementation.
    """
    keep_freed_memory()  # as `harness run` does; it helps every implementation
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)  # an error comes before minutes of measurement
    requested = chosen(implementations)
    missing = {i.name: why for i in requested if (why := i.missing)}
    present = [i for i in requested if i.name not in missing]

    rows = more_than_the_points(present, plan, progress) if plan.whole else []
    for point in plan.points:
        rows += steps_at(point, present, plan, progress)
    rows += [_row(i, point, status=missing[i.name]) for point in plan.points for i in requested if i.name in missing]
    report = Report(machine(present), tuple(rows))
    if out is not None:
        report.save(out)
    return report


def more_than_the_points(present: Sequence[Implementation], plan: Plan, progress: Say) -> list[Row]:
    """Further rows of ours: an evaluation, encodings, and the paper's step beside its lower bound."""
    by_name = {implementation.name: implementation for implementation in present}
    rows: list[Row] = []
    if OURS in by_name:
        progress("evaluation and encoding")
        for network in (VGG5_LITE.name, VGG9.name):
            rows += evaluation_rows(Point(network, 0, 48), plan)
        rows += [encoding_row(point) for point in plan.points]
    if {OURS, BASELINE} <= by_name.keys():
        rows += steps_at(PAPER_STEP, [by_name[OURS], by_name[BASELINE]], plan, progress)
    gc.collect()
    return rows


def _row(
    implementation: Implementation,
    point: Point,
    seconds: Sequence[float] = (),
    *,
    images: int = 0,
    what: What = "step",
    status: str = "measured",
) -> Row:
    """A row from the seconds of each timed step, which takes `images` images (0: a batch)."""
    times = [1000 * s / (images or point.batch) for s in seconds]
    return Row(
        implementation.name,
        implementation.kind,
        implementation.precision,
        point.network,
        point.batch,
        point.timesteps,
        ms_per_image=round(statistics.median(times), 4) if times else None,
        ms_per_image_min=round(min(times), 4) if times else None,
        steps=len(times),
        status=status,
        what=what,
    )


# ---- steps


def steps_at(point: Point, implementations: Sequence[Implementation], plan: Plan, progress: Say) -> list[Row]:
    """The rows of a training step at one point."""
    progress(f"{point.network}, batch {point.batch}, T = {point.timesteps}")
    work = workload(point)
    need = sum(s.neurons for s in work.stages) * point.batch * point.timesteps * BYTES_PER_NEURON_STEP
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
    macs = sum(stage.macs for stage in stages(spec, shape, CLASSES))
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


def encoding_row(point: Point) -> Row:
    """The DCT train of a batch in an epoch after the first one, a few times."""
    images, places = normalised(noise(point.network, point.batch).images), torch.arange(point.batch)
    encode = encoded_once(spiking_network(point.network, point.timesteps), point.batch)

    def step() -> float:
        return float(encode(images, 0, places).flatten()[0])

    (ours,) = chosen((OURS,))
    return _row(ours, point, interleaved({"encode": step}, 4, 0.2)["encode"], what="encoding")


# ---- evaluation of an image with its counts, beside the bare forward pass


def evaluation_rows(point: Point, plan: Plan) -> list[Row]:
    """The rows "evaluation" and "forward" of ours in bf16, at the batch that evaluation takes at `point`'s T."""
    fp32 = spiking_network(point.network, point.timesteps)
    spiking = replace(fp32, network=fp32.network.cast(fp32.dtype))
    chunk = spiking.chunk()
    images = noise(point.network, CHUNKS * chunk)
    trains = [spiking.encode(normalised(part), key=1) for part in torch.split(images.images, chunk)]
    steps: dict[What, Callable[[], float]] = {
        "evaluation": lambda: float(evaluate(spiking, images, 0, SILENT).right.sum()),
        "forward": lambda: forward(spiking, trains),
    }
    times = interleaved({str(what): step for what, step in steps.items()}, plan.repeats, plan.seconds)
    (ours,) = chosen((OURS,))
    return [_row(ours, replace(point, batch=chunk), times[what], images=len(images), what=what) for what in steps]


@torch.no_grad()
def forward(spiking: Spiking, trains: list[Tensor]) -> float:
    """The network with its neurons on spike trains, without counting."""
    return float(sum(spiking.network.snn(train, spiking.neurons())[0, 0] for train in trains))


def noise(network: str, count: int) -> ImageSet:
    """Random images and labels of a network's shape. No step depends on what an image shows."""
    draws = Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (count, *NETWORKS[network][1]), generator=draws, dtype=torch.uint8)
    return ImageSet(pixels, torch.randint(0, CLASSES, (count,), generator=draws))


def machine(implementations: Sequence[Implementation]) -> dict[str, str]:
    """The environment of the times: processor, cores, memory, and the versions of the compared packages."""
    facts = {k: v for k, v in environment(torch.device("cpu"), "", "auto").items() if k != "precision"}
    facts["cores"] = str(psutil.cpu_count(logical=False) or psutil.cpu_count())
    facts["memory"] = f"{psutil.virtual_memory().total / (1 << 30):.0f} GiB"
    return facts | {str(i.package): str(i.version) for i in implementations if i.package}
