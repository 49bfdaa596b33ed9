"""Evaluation of an image, with its counts, beside the forward pass that it needs in any case."""

import statistics
from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from encoders import create
from harness.bench.implementations import OURS
from harness.bench.networks import NETWORKS
from harness.bench.plan import Plan, Point
from harness.bench.report import Row, What
from harness.bench.timing import interleaved
from harness.bench.workload import BALANCED_AT, CLASSES, LEAK
from harness.config import Balancing, NeuronSpec
from harness.data.types import ImageSet
from harness.snn.balancing import balance
from harness.snn.network import Network, Spiking
from harness.training.batches import normalised
from harness.training.checkpoint import SILENT
from harness.training.evaluate import evaluate

CHUNKS = 8  # that are evaluated in one go: a cell has thousands, and what is done once hardly counts


def spiking_network(network: str, timesteps: int, dtype: torch.dtype = torch.bfloat16) -> Spiking:
    """A network with random weights after a DCT encoder, and thresholds at which every layer fires."""
    spec, shape = NETWORKS[network]
    draws = torch.Generator().manual_seed(0)
    built = Network(spec, shape, CLASSES, draws).cast(dtype)
    images = torch.rand(4, *shape, generator=draws) * 2 - 1
    encoder = create("dct").calibrate(images)
    spiking = Spiking(built, encoder, NeuronSpec(leak=LEAK), timesteps, dtype=dtype)
    train = spiking.encode(images[:2], key=0)
    return replace(
        spiking, thresholds=tuple(balance(built, lambda: [train], Balancing(BALANCED_AT), NeuronSpec(leak=LEAK)))
    )


def evaluation_rows(point: Point, plan: Plan) -> list[Row]:
    """The rows "evaluation" and "forward" of ours in bf16, at the batch that evaluation takes at `point`'s T."""
    spiking = spiking_network(point.network, point.timesteps)
    chunk = spiking.chunk()
    draws = torch.Generator().manual_seed(1)
    shape = NETWORKS[point.network][1]
    images = torch.randint(0, 256, (CHUNKS * chunk, *shape), generator=draws, dtype=torch.uint8)
    given = ImageSet(images, torch.zeros(len(images), dtype=torch.int64))
    trains = [spiking.encode(normalised(part), key=1) for part in torch.split(images, chunk)]
    steps: dict[What, Callable[[], float]] = {
        "evaluation": lambda: float(evaluate(spiking, given, 0, SILENT).right.sum()),
        "forward": lambda: forward(spiking, trains),
    }
    times = interleaved({str(what): step for what, step in steps.items()}, plan.repeats, plan.seconds)
    milliseconds = {what: [1000 * s / len(images) for s in times[what]] for what in steps}
    return [_row(what, replace(point, batch=chunk), milliseconds[what]) for what in steps]


@torch.no_grad()
def forward(spiking: Spiking, trains: list[Tensor]) -> float:
    """The network with its neurons on spike trains, nothing counted."""
    return float(sum(spiking.network.snn(train, spiking.neurons())[0, 0] for train in trains))


def _row(what: What, point: Point, milliseconds: list[float]) -> Row:
    return Row(
        OURS,
        "ours",
        "bf16",
        point.network,
        point.batch,
        point.timesteps,
        ms_per_image=round(statistics.median(milliseconds), 4),
        ms_per_image_min=round(min(milliseconds), 4),
        steps=len(milliseconds),
        what=what,
    )
