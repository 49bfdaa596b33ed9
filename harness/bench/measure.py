"""One bench run: the time of every implementation at every point, then peak memory, each in a new process."""

import gc
import statistics
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import psutil
import torch

from harness.bench.bound import against_bound
from harness.bench.cell import cell_rows
from harness.bench.epoch import epoch_rows
from harness.bench.evaluation import evaluation_rows
from harness.bench.implementations import BASELINE, OURS, Implementation, chosen
from harness.bench.memory import peak_mib
from harness.bench.networks import NETWORKS
from harness.bench.plan import DEFAULT, MemoryTask, Plan, Point
from harness.bench.report import EncoderShare, Footprint, Growth, Report, Row, StartUp
from harness.bench.startup import startup
from harness.bench.timing import interleaved
from harness.bench.workload import workload
from harness.errors import did_you_mean
from harness.machine.environment import environment
from harness.machine.process import keep_freed_memory

Say = Callable[[str], None]
LEAST_ROUNDS_OF_GROWTH = 9  # the ratio is close to its limit, so it gets more rounds than other long steps
BYTES_A_NEURON_STEP = 40  # per neuron and timestep, what the peer that needs most keeps for its backward pass


def run(
    out: Path | None,
    *,
    plan: Plan = DEFAULT,
    implementations: Sequence[str] | None = None,
    progress: Say = lambda _: None,
) -> Report:
    """Measure, and write bench.json, bench.svg and bench.png into `out` (None: nowhere).

    plan: the networks, batch sizes and timesteps to measure: DEFAULT, FULL, QUICK or one of your own.
    implementations: names from `harness.bench.implementations.ALL`; all where None.
    progress: called with a line of text before each measurement.
    Raises HarnessError for an unknown network or implementation.
    """
    keep_freed_memory()  # as `harness run` does; it helps every implementation
    for network in plan.networks:
        if network not in NETWORKS:
            raise did_you_mean("network", network, list(NETWORKS))
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)  # what refuses does so before minutes of measurement
    requested = chosen(tuple(implementations) if implementations else None)
    missing = {i.name: why for i in requested if (why := i.missing)}
    present = [i for i in requested if i.name not in missing]

    rows = whole(present, plan, progress)
    shares: list[EncoderShare] = []
    for point in plan.points:
        timed_now = measure(point, present, plan, progress)
        if (share := encoder_share(point, timed_now)) is not None:
            shares.append(share)
        rows += timed_now
    rows = [_with_memory(row, plan, progress) for row in rows]
    rows += [_row(i, point, status=missing[i.name]) for point in plan.points for i in requested if i.name in missing]
    report = Report(
        machine(present),
        tuple(rows),
        tuple(shares),
        tuple(footprint(task, progress) for task in plan.alone),
        tuple(growth(short, long, plan, progress) for short, long in plan.growth),
        started(plan.first, progress),
        missing,
    )
    if out is not None:
        report.save(out)
    return report


def whole(present: Sequence[Implementation], plan: Plan, progress: Say) -> list[Row]:
    """The rows of what is more than a step, or is held against something else than peers."""
    rows: list[Row] = []
    names = [implementation.name for implementation in present]
    for point in plan.evaluation if OURS in names else ():
        progress(f"evaluation: {point.network}, T = {point.timesteps}")
        rows += evaluation_rows(point, plan)
    if plan.bound is not None and {OURS, BASELINE} <= set(names):
        progress(f"{plan.bound.network} against one large product, batch {plan.bound.batch}")
        rows += against_bound(plan.bound, plan)
    if plan.epoch is not None:
        rows += epoch_rows(plan.epoch, present, progress)
    if plan.cell and OURS in names:
        progress("a whole cell")
        rows += cell_rows()
    gc.collect()
    return rows


def measure(point: Point, implementations: Sequence[Implementation], plan: Plan, progress: Say) -> list[Row]:
    """The rows of one point, without memory."""
    progress(f"{point.network}, batch {point.batch}, T = {point.timesteps}")
    work = workload(point)
    need = sum(s.neurons for s in work.stages) * point.batch * point.timesteps * BYTES_A_NEURON_STEP
    if need > 0.8 * psutil.virtual_memory().available:
        return [_row(i, point, status="not enough memory") for i in implementations]
    times = interleaved({i.name: i.step(work) for i in implementations}, plan.repeats, plan.seconds)
    gc.collect()
    milliseconds = {name: [1000 * s / point.batch for s in seconds] for name, seconds in times.items()}
    floor = statistics.median(milliseconds[BASELINE]) if BASELINE in milliseconds else None
    return [_timed_row(i, point, milliseconds[i.name], floor) for i in implementations]


def _timed_row(implementation: Implementation, point: Point, milliseconds: list[float], floor: float | None) -> Row:
    median = statistics.median(milliseconds)
    return replace(
        _row(implementation, point),
        ms_per_image=round(median, 4),
        ms_per_image_min=round(min(milliseconds), 4),
        ratio_to_bf16_matmuls=None if floor is None else round(median / floor, 3),
        steps=len(milliseconds),
    )


def _row(implementation: Implementation, point: Point, status: str = "measured") -> Row:
    return Row(
        implementation.name,
        implementation.kind,
        implementation.precision,
        point.network,
        point.batch,
        point.timesteps,
        status=status,
    )


def _with_memory(row: Row, plan: Plan, progress: Say) -> Row:
    point = Point(row.network, row.batch, row.timesteps)
    if row.what != "step" or point not in plan.memory or row.status != "measured":
        return row
    progress(f"memory of {row.implementation}: {point.network}, batch {point.batch}, T = {point.timesteps}")
    return replace(row, peak_mib=peak_mib("step", row.implementation, point))


def encoder_share(point: Point, rows: Sequence[Row]) -> EncoderShare | None:
    """Time of the fastest of a few DCT encodings at `point` over that of our fastest bf16 step; None without a step."""
    from encoders import create
    from encoders.base import encode

    ours = [r for r in rows if r.implementation == OURS and Point(r.network, r.batch, r.timesteps) == point]
    if not ours or not ours[0].ms_per_image_min:
        return None
    draws = torch.Generator().manual_seed(0)
    images = torch.rand(point.batch, *NETWORKS[point.network][1], generator=draws) * 2 - 1
    encoder = create("dct").calibrate(images)

    def step() -> float:
        return float(encode(encoder, images, point.timesteps, key=0, dtype=torch.bfloat16).flatten()[0])

    (seconds,) = interleaved({"encode": step}, 4, 0.2).values()
    each = 1000 * min(seconds) / point.batch
    share = each / ours[0].ms_per_image_min
    return EncoderShare(point.network, point.batch, point.timesteps, round(each, 4), round(share, 4))


def footprint(task: MemoryTask, progress: Say) -> Footprint:
    """Peak memory of `task`, in bf16."""
    point = task.point
    progress(f"memory of {task.what}: {point.network}, T = {point.timesteps}")
    peak = peak_mib(task.what, OURS, point)
    return Footprint(task.what, point.network, point.batch, point.timesteps, peak)


def growth(short: Point, long: Point, plan: Plan, progress: Say) -> Growth:
    """Time at `long` over time at `short`. The steps alternate, so that a busy machine slows both."""
    progress(f"growth: {short.network}, batch {short.batch}, T = {short.timesteps} and {long.timesteps}")
    implementations = chosen((OURS, BASELINE))
    works = {point: workload(point) for point in (short, long)}
    steps = {f"{i.name} {point.timesteps}": i.step(work) for i in implementations for point, work in works.items()}
    times = interleaved(steps, max(plan.repeats, LEAST_ROUNDS_OF_GROWTH), plan.seconds)
    ours, bare = (
        statistics.median(times[f"{i.name} {long.timesteps}"]) / statistics.median(times[f"{i.name} {short.timesteps}"])
        for i in implementations
    )
    return Growth(short.network, short.batch, short.timesteps, long.timesteps, round(ours, 3), round(bare, 3))


def started(point: Point | None, progress: Say) -> StartUp | None:
    """How long new processes take to start; None where `point` is None."""
    if point is None:
        return None
    progress("start-up of new processes")
    return startup(point)


def machine(implementations: Sequence[Implementation]) -> dict[str, str]:
    """What the times depend on: processor, cores, memory, and the versions of the compared packages."""
    facts = {k: v for k, v in environment(torch.device("cpu"), "", "auto").items() if k != "precision"}
    facts["cores"] = str(psutil.cpu_count(logical=False) or psutil.cpu_count())
    facts["memory"] = f"{psutil.virtual_memory().total / (1 << 30):.0f} GiB"
    facts |= {str(i.package): str(i.version) for i in implementations if i.package}
    return facts
