"""Accuracy at every timestep in one pass, and the activity behind it, in memory that does not grow with T."""

import torch
import torch.nn.functional as F
from torch import Tensor

from harness.data.types import ImageSet
from harness.schema import Counts, LayerActivity
from harness.snn.network import Stage
from harness.snn.spiking import Spiking
from harness.training.batches import normalised
from harness.training.progress import Progress
from harness.training.seeds import generator


@torch.no_grad()
def correct_over_time(spiking: Spiking, images: ImageSet, seed: int, progress: Progress) -> Counts:
    """How many images the accumulated output U_t classifies rightly after each t = 1 … T.

    Images go in chunks that shrink as T grows, so memory is the same for every T.
    """
    draws = generator(seed, "encoder-test")
    hits = torch.zeros(spiking.timesteps, dtype=torch.int64)
    size = spiking.chunk()
    for batch, labels in zip(torch.split(images.images, size), torch.split(images.labels, size), strict=True):
        train = spiking.encode(normalised(batch), draws)
        hidden = spiking.network.last_hidden(train, spiking.thresholds, spiking.neuron, kernel=spiking.kernel)
        hits += (_outputs(spiking, hidden).argmax(-1).cpu() == labels).sum(1)
        progress("test", spiking.macs * len(batch))
    return Counts(hits.tolist(), len(images))


def _outputs(spiking: Spiking, hidden: Tensor) -> Tensor:
    """U_t `[T, N, classes]` for every t, from what reaches the output layer `[T·N, …]`."""
    currents = spiking.network.current(len(spiking.network.stages) - 1, hidden.float())
    return currents.view(spiking.timesteps, -1, currents.shape[-1]).cumsum(0)


@torch.no_grad()
def activity(spiking: Spiking, images: ImageSet, seed: int) -> list[LayerActivity]:
    """Operations of each layer for one image, from spikes measured on `images` (paper §4, eq. 13).

    One accumulate a non-zero input and outgoing connection. A spike that is averaged by pooling still adds its
    (quartered) weights once to each of its targets, so spikes are counted before pooling.
    """
    draws = generator(seed, "encoder-test")
    stages = spiking.network.stages
    accumulates = torch.zeros(len(stages), dtype=torch.float64)
    spikes = torch.zeros(len(stages), dtype=torch.float64)
    size = spiking.chunk()
    for batch in torch.split(images.images, size):
        x = spiking.encode(normalised(batch), draws).flatten(0, 1)
        events = (x != 0).float()
        for index, stage in enumerate(stages):
            accumulates[index] += _accumulates(stage, events)
            if index == len(stages) - 1:
                break
            x = spiking.network.spikes(
                index, x, spiking.timesteps, spiking.thresholds[index], spiking.neuron, kernel=spiking.kernel
            )
            spikes[index] += x.sum(dtype=torch.float64).cpu()
            x = F.avg_pool2d(x, 2) if stage.pool else x
            events = x.float() * (4 if stage.pool else 1)
    graded = spiking.encoder.info.multiplies
    return [
        LayerActivity(
            name=stage.name,
            macs=stage.macs,
            accumulates=float(accumulates[index]) / len(images),
            multiplies=graded and index == 0,
            neurons=stage.neurons,
            spikes=None if index == len(stages) - 1 else float(spikes[index]) / len(images),
        )
        for index, stage in enumerate(stages)
    ]


def _accumulates(stage: Stage, events: Tensor) -> float:
    """Additions that `events` (spikes at each input, `[B, …]`) cause: each times the connections it has."""
    if not stage.convolution:
        return float(events.sum(dtype=torch.float64)) * stage.outputs[0]
    reach = F.conv2d(torch.ones(1, 1, *stage.inputs[1:]), torch.ones(1, 1, 3, 3), padding=1)[0, 0]
    per_place = events.sum((0, 1), dtype=torch.float64).cpu()
    return float((per_place * reach).sum()) * stage.outputs[0]
