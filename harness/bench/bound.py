"""A training step against what the processor could do at best: its multiply–accumulates at the rate of one product."""

import statistics
from dataclasses import replace

import torch

from harness.bench.implementations import BASELINE, OURS, chosen
from harness.bench.plan import Plan, Point
from harness.bench.report import Row
from harness.bench.timing import interleaved
from harness.bench.workload import Workload, workload

GEMM = "GEMM bf16"
SIDE = 4096  # of the square matrices: large enough to reach the highest rate


def against_bound(point: Point, plan: Plan) -> list[Row]:
    """Rows of a step of ours, of its bare layers, and of its products at the rate of one large product, all in bf16.

    All three take turns, so that a busy machine slows each of them.
    """
    work = workload(point)
    implementations = chosen((OURS, BASELINE))
    left, right = (torch.full((SIDE, SIDE), 0.01, dtype=torch.bfloat16) for _ in range(2))
    steps = {i.name: i.step(work) for i in implementations}
    times = interleaved({**steps, GEMM: lambda: float((left @ right)[0, 0])}, plan.repeats, plan.seconds)
    a_mac = [seconds / SIDE**3 for seconds in times[GEMM]]
    times[GEMM] = [seconds * step_macs(work, point.timesteps) * point.batch for seconds in a_mac]
    kinds = {i.name: i.kind for i in implementations} | {GEMM: "bound"}
    floor = statistics.median(times[BASELINE])
    return [
        replace(
            Row(name, kinds[name], "bf16", point.network, point.batch, point.timesteps, steps=len(seconds)),
            ms_per_image=round(1000 * statistics.median(seconds) / point.batch, 4),
            ms_per_image_min=round(1000 * min(seconds) / point.batch, 4),
            ratio_to_bf16_matmuls=round(statistics.median(seconds) / floor, 3),
        )
        for name, seconds in times.items()
    ]


def step_macs(work: Workload, timesteps: int) -> int:
    """Multiply-accumulates of one image's step.

    Each hidden layer has three products: forward, and the gradients of its weights and of its inputs. The first layer's
    inputs need no gradient. The output layer comes after the sum over time.
    """
    first, *others = work.stages[:-1]
    hidden = timesteps * (2 * first.macs + 3 * sum(stage.macs for stage in others))
    return hidden + 3 * work.stages[-1].macs
