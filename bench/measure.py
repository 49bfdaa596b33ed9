"""One bench run: the time of every implementation at every point, evaluation, memory and start-up."""

import contextlib
import gc
import resource
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import psutil
import torch
from torch import Generator, Tensor

from bench.implementations import BASELINE, OURS, Implementation, chosen
from bench.report import Footprint, Report, Row, StartUp, What
from bench.workload import (
    CLASSES,
    DEFAULT,
    LITE_STEP,
    NETWORKS,
    PAPER_STEP,
    VGG5_LITE,
    VGG9,
    Plan,
    Point,
    spiking_network,
    workload,
)
from encoders.base import encode
from harness.data.types import ImageSet
from harness.errors import did_you_mean
from harness.machine.environment import environment
from harness.machine.process import keep_freed_memory, return_freed_memory
from harness.snn.network import Spiking
from harness.training.batches import normalised
from harness.training.checkpoint import SILENT
from harness.training.evaluate import evaluate

Say = Callable[[str], None]

# Implementations take turns (A B C A B C …), so that a busy machine slows all of them. In its turn an implementation
# takes one step that does not count, then at least one that does: in training, too, a step follows another one, with
# threads running and data in the caches. A long step counts at once: it fills the caches many times over.
MOST_ROUNDS = 25
TURN = 0.02  # seconds of timed steps per turn, at least
LONG = 0.2  # seconds of a step that no earlier one makes faster

BYTES_PER_NEURON_STEP = 40  # per neuron and timestep, what the peer that needs most keeps for its backward pass
CHUNKS = 8  # of images that an evaluation takes: a cell has thousands, and what is done once hardly counts

ROOT = Path(__file__).parents[1]
MIB = 1 << 20
SHORT = 16  # timesteps; for every T, memory is that of twice as many images as fit into one chunk at this T


def run(
    out: Path | None,
    *,
    plan: Plan = DEFAULT,
    implementations: Sequence[str] | None = None,
    progress: Say = lambda _: None,
) -> Report:
    """Measure, and write bench.json, bench.svg and bench.png into `out` (None: nowhere).

    implementations: names from `bench.implementations.ALL`; all where None.
    progress: called with a line of text before each measurement.
    Raises HarnessError for an unknown network or implementation.
    """
    keep_freed_memory()  # as `harness run` does; it helps every implementation
    for point in plan.points:
        if point.network not in NETWORKS:
            raise did_you_mean("network", point.network, list(NETWORKS))
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)  # what refuses does so before minutes of measurement
    requested = chosen(implementations)
    missing = {i.name: why for i in requested if (why := i.missing)}
    present = [i for i in requested if i.name not in missing]

    rows = more_than_the_points(present, plan, progress) if plan.whole else []
    for point in plan.points:
        rows += steps_at(point, present, plan, progress)
    if plan.whole:
        rows = [_with_memory(row, progress) for row in rows]
    rows += [_row(i, point, status=missing[i.name]) for point in plan.points for i in requested if i.name in missing]
    if plan.whole:
        progress("memory of evaluation and of the paper's step; start-up of new processes")
    report = Report(
        machine(present),
        tuple(rows),
        footprints() if plan.whole else (),
        startup() if plan.whole else None,
        missing,
    )
    if out is not None:
        report.save(out)
    return report


def more_than_the_points(present: Sequence[Implementation], plan: Plan, progress: Say) -> list[Row]:
    """Rows of ours beside what it needs at least: an evaluation, encodings, and the paper's step."""
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
    """The rows of a training step at one point, without memory."""
    progress(f"{point.network}, batch {point.batch}, T = {point.timesteps}")
    work = workload(point)
    need = sum(s.neurons for s in work.stages) * point.batch * point.timesteps * BYTES_PER_NEURON_STEP
    if need > 0.8 * psutil.virtual_memory().available:
        return [_row(i, point, status="not enough memory") for i in implementations]
    times = interleaved({i.name: i.step(work) for i in implementations}, plan.repeats, plan.seconds)
    gc.collect()
    rows = [_row(i, point, times[i.name]) for i in implementations]
    floor = next((row.ms_per_image for row in rows if row.implementation == BASELINE), None)
    return [
        replace(row, ratio_to_bf16_matmuls=round(row.ms_per_image / floor, 3)) if row.ms_per_image and floor else row
        for row in rows
    ]


def interleaved(steps: Mapping[str, Callable[[], float]], repeats: int, seconds: float) -> dict[str, list[float]]:
    """Seconds of each timed step: at least `repeats` rounds of turns, and more while less than `seconds` passed."""
    for step in steps.values():
        step()  # compiles kernels and fills the caches
    times: dict[str, list[float]] = {name: [] for name in steps}
    begun, rounds = time.perf_counter(), 0
    while rounds < repeats or (rounds < MOST_ROUNDS and time.perf_counter() - begun < seconds):
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
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


def encoding_row(point: Point) -> Row:
    """The DCT encoding of a batch, a few times."""
    encoder = spiking_network(point.network, point.timesteps).encoder
    draws = Generator().manual_seed(0)
    images = torch.rand(point.batch, *NETWORKS[point.network][1], generator=draws) * 2 - 1

    def step() -> float:
        return float(encode(encoder, images, point.timesteps, key=0, dtype=torch.bfloat16).flatten()[0])

    (ours,) = chosen((OURS,))
    return _row(ours, point, interleaved({"encode": step}, 4, 0.2)["encode"], what="encoding")


# ---- evaluation of an image with its counts, beside the forward pass that it needs in any case


def evaluation_rows(point: Point, plan: Plan) -> list[Row]:
    """The rows "evaluation" and "forward" of ours in bf16, at the batch that evaluation takes at `point`'s T."""
    fp32 = spiking_network(point.network, point.timesteps)
    spiking = replace(fp32, network=fp32.network.cast(fp32.dtype))
    chunk = spiking.chunk()
    given = noise(point.network, CHUNKS * chunk)
    trains = [spiking.encode(normalised(part), key=1) for part in torch.split(given.images, chunk)]
    steps: dict[What, Callable[[], float]] = {
        "evaluation": lambda: float(evaluate(spiking, given, 0, SILENT).right.sum()),
        "forward": lambda: forward(spiking, trains),
    }
    times = interleaved({str(what): step for what, step in steps.items()}, plan.repeats, plan.seconds)
    (ours,) = chosen((OURS,))
    return [_row(ours, replace(point, batch=chunk), times[what], images=len(given), what=what) for what in steps]


@torch.no_grad()
def forward(spiking: Spiking, trains: list[Tensor]) -> float:
    """The network with its neurons on spike trains, nothing counted."""
    return float(sum(spiking.network.snn(train, spiking.neurons())[0, 0] for train in trains))


def noise(network: str, count: int) -> ImageSet:
    """Random images and labels of a network's shape. No step depends on what an image shows."""
    draws = Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (count, *NETWORKS[network][1]), generator=draws, dtype=torch.uint8)
    return ImageSet(pixels, torch.randint(0, CLASSES, (count,), generator=draws))


# ---- in new processes: peak memory, and the seconds until something is done


def _with_memory(row: Row, progress: Say) -> Row:
    if (row.what, row.status, Point(row.network, row.batch, row.timesteps)) != ("step", "measured", LITE_STEP):
        return row
    progress(f"memory of {row.implementation}: {row.network}, batch {row.batch}, T = {row.timesteps}")
    return replace(row, peak_mib=peak_mib("step", row.implementation, LITE_STEP))


def footprints() -> tuple[Footprint, ...]:
    """Peak memory of ours in bf16: an evaluation of few and of many timesteps, and the step of the paper's VGG9."""
    tasks = [("evaluate", Point(VGG5_LITE.name, 0, timesteps)) for timesteps in (16, 100)] + [("step", PAPER_STEP)]
    return tuple(Footprint(what, p.network, p.batch, p.timesteps, peak_mib(what, OURS, p)) for what, p in tasks)


def peak_mib(what: str, name: str, point: Point) -> float | None:
    """What a training "step" or "evaluate" needs at most beyond the memory before it; None where its process failed.

    By then weights and spike train are made, and one step is done.
    """
    threads = (torch.get_num_threads(),)
    with ProcessPoolExecutor(1, get_context("spawn"), torch.set_num_threads, threads) as fresh:
        try:
            return round(fresh.submit(_peak_of_step, what, name, point).result(), 1)
        except (BrokenExecutor, MemoryError, RuntimeError):
            return None


def _peak_of_step(what: str, name: str, point: Point) -> float:
    warnings.simplefilter("ignore")  # of a peer's own modules
    if what == "evaluate":
        spiking = spiking_network(point.network, point.timesteps)
        given = noise(point.network, 2 * replace(spiking, timesteps=SHORT).chunk())
        # The first call also loads and compiles code, which is not counted.
        evaluate(replace(spiking, timesteps=2), ImageSet(given.images[:1], given.labels[:1]), 0, SILENT)
        return peak_of(lambda: evaluate(spiking, given, 0, SILENT))
    (implementation,) = chosen((name,))
    step = implementation.step(workload(point))
    step()
    return peak_of(step)


def peak_of(action: Callable[[], object]) -> float:
    """The MiB that `action` needs at most beyond the memory before it."""
    return_freed_memory()  # otherwise memory that the setup freed would be used again and not be counted
    before: int = psutil.Process().memory_info().rss
    # Importing torch may have used more memory than a small step does. Linux can reset the peak of a process.
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    action()
    return max(0.0, (_peak() - before) / MIB)


def _peak() -> float:
    """Peak memory in bytes. On Linux from /proc: ru_maxrss survives exec there and would include the parent's peak."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM"):
                return float(line.split()[1]) * 1024
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024))


def startup(processes: int = 5) -> StartUp:
    """Median times of a process to the text of `harness --help`, and to the end of a bf16 step at LITE_STEP.

    Raises CalledProcessError where a process fails.
    """

    def median(*arguments: str) -> float:
        start = partial(subprocess.run, [sys.executable, *arguments], cwd=ROOT, capture_output=True, check=True)
        start()  # compiles what is missing from the caches on disk
        return round(statistics.median(timed(start) for _ in range(processes)), 3)

    help_text = median("-c", "from harness.cli import program; program()", "--help")
    first_step = median("-c", "from bench.measure import first_step; first_step()")
    return StartUp(LITE_STEP.network, LITE_STEP.batch, LITE_STEP.timesteps, help_text, first_step)


def first_step() -> None:
    """One training step of ours."""
    (ours,) = chosen((OURS,))
    ours.step(workload(LITE_STEP))()


def machine(implementations: Sequence[Implementation]) -> dict[str, str]:
    """What the times depend on: processor, cores, memory, and the versions of the compared packages."""
    facts = {k: v for k, v in environment(torch.device("cpu"), "", "auto").items() if k != "precision"}
    facts["cores"] = str(psutil.cpu_count(logical=False) or psutil.cpu_count())
    facts["memory"] = f"{psutil.virtual_memory().total / (1 << 30):.0f} GiB"
    return facts | {str(i.package): str(i.version) for i in implementations if i.package}
