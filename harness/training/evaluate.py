"""Accuracy at every timestep and the activity behind it, in one pass whose memory does not grow with T."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from harness.data.types import ImageSet
from harness.schema import Counts, LayerActivity
from harness.snn.network import Stage
from harness.snn.spiking import Spiking
from harness.training.batches import normalised
from harness.training.randomness import generator
from harness.training.watch import Watch


class Evaluation(NamedTuple):
    """Which images are right after each timestep, bool `[T, N]`, and what each layer did for one image on average."""

    right: Tensor
    layers: list[LayerActivity]

    @property
    def counts(self) -> Counts:
        """How many images are right after each timestep."""
        return Counts(self.right.sum(1).tolist(), self.right.shape[1])


@torch.no_grad()
def evaluate(spiking: Spiking, images: ImageSet, seed: int, watch: Watch) -> Evaluation:
    """Classify `images` by the accumulated output U_t after each t = 1 … T, counting spikes on the way.

    Images go in chunks that shrink as T grows, so memory is the same for every T.
    """
    draws = generator(seed, "encoder-test")
    right = []
    meter = _Meter(spiking)
    size = spiking.chunk()
    for batch, labels in zip(torch.split(images.images, size), torch.split(images.labels, size), strict=True):
        x = spiking.encode(normalised(batch), draws).flatten(0, 1)
        meter.events(0, (x != 0).float())
        for index, stage in enumerate(spiking.network.stages[:-1]):
            x = spiking.network.spikes(index, x, spiking.timesteps, spiking.neurons())
            meter.fired(index, x)
            x = F.avg_pool2d(x, 2) if stage.pool else x
            # A pooled spike still adds its quartered weights once to each target: count it as one.
            meter.events(index + 1, x * 4 if stage.pool else x)
        right.append(_outputs(spiking, x).argmax(-1).cpu() == labels)
        watch.progress("test", spiking.macs * len(batch))
        watch.pause("test")
    return Evaluation(torch.cat(right, dim=1), meter.per_image(len(images)))


def _outputs(spiking: Spiking, hidden: Tensor) -> Tensor:
    """U_t `[T, N, classes]` for every t, from what reaches the output layer `[T·N, …]`."""
    currents = spiking.network.current(len(spiking.network.stages) - 1, hidden.float())
    return currents.view(spiking.timesteps, -1, currents.shape[-1]).cumsum(0)


class _Meter:
    """Sums spikes and the additions they cause (paper §4, eq. 13): one for each connection of each event."""

    def __init__(self, spiking: Spiking) -> None:
        self.stages = spiking.network.stages
        self.multiplies = spiking.encoder.info.multiplies
        self.accumulates = [0.0] * len(self.stages)
        self.spikes = [0.0] * len(self.stages)

    def events(self, index: int, events: Tensor) -> None:
        """Count what `events` `[T·N, …]` at the input of stage `index` make it add."""
        stage = self.stages[index]
        per_place = events.sum((0, 1) if stage.convolution else 0, dtype=torch.float32).double().cpu()
        self.accumulates[index] += float((per_place * _reach(stage)).sum()) * stage.outputs[0]

    def fired(self, index: int, spikes: Tensor) -> None:
        """Count the spikes `[T·N, …]` of stage `index`."""
        self.spikes[index] += float(spikes.sum(0, dtype=torch.float32).double().sum())

    def per_image(self, images: int) -> list[LayerActivity]:
        """What each layer did for one image on average."""
        last = len(self.stages) - 1
        return [
            LayerActivity(
                name=stage.name,
                macs=stage.macs,
                accumulates=self.accumulates[index] / images,
                multiplies=self.multiplies and index == 0,
                neurons=stage.neurons,
                spikes=None if index == last else self.spikes[index] / images,
            )
            for index, stage in enumerate(self.stages)
        ]


def _reach(stage: Stage) -> Tensor:
    """How many places of the output map each place of the input map is connected to: 9, fewer at the edge."""
    if not stage.convolution:
        return torch.ones((), dtype=torch.float64)
    ones = torch.ones(1, 1, *stage.inputs[1:], dtype=torch.float64)
    return F.conv2d(ones, torch.ones(1, 1, 3, 3, dtype=torch.float64), padding=1)[0, 0]
