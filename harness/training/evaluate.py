"""Accuracy at every timestep and the activity behind it, in one pass whose memory does not grow with T."""

import hashlib
from dataclasses import replace
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from harness.data.types import ImageSet
from harness.errors import Stopped
from harness.schema import Counts, LayerActivity
from harness.snn.kernels.events import count_events
from harness.snn.network import Spiking, Stage
from harness.training.batches import encoder_key, normalised, on_device
from harness.training.checkpoint import NOWHERE, Checkpoint, Watch
from harness.training.trains import Encode


class TestResult(NamedTuple):
    """`right`: bool `[T, N]`, whether each image, in the order given, is classified rightly after t + 1 timesteps.

    layers: what each layer did for one image on average.
    """

    right: Tensor
    layers: list[LayerActivity]

    @property
    def counts(self) -> Counts:
        """How many images are right after each timestep."""
        return Counts(self.right.sum(1).tolist(), self.right.shape[1])


@torch.no_grad()
def evaluate(
    spiking: Spiking,
    images: ImageSet,
    seed: int,
    watch: Watch,
    checkpoint: Checkpoint = NOWHERE,
    encode: Encode | None = None,
) -> TestResult:
    """Classify `images` by the accumulated output U_t after each t = 1 … T, counting spikes on the way.

    Images go in chunks that shrink as T grows, so memory is the same for every T. Raises Stopped where `watch` says
    so; what is done by then lies in `checkpoint`, for the same weights and thresholds. encode: of these images, in
    place of `spiking.encode`.
    """
    encode = encode or spiking.encode
    checkpoint = replace(checkpoint, owner=f"{checkpoint.owner}/{_content(spiking)}") if checkpoint.path else checkpoint
    spiking = replace(spiking, network=spiking.network.cast(spiking.dtype))
    key, activity = encoder_key(seed, "encoder-test"), _Activity(spiking)
    right = _resumed(checkpoint, activity)
    for places in torch.split(torch.arange(len(images)), spiking.chunk()):
        if places[0] < right.shape[1]:
            continue
        train = encode(on_device(normalised(images.images[places]), spiking.device), key, places)
        outputs = _outputs(spiking, train, activity)
        right = torch.cat([right, outputs.argmax(-1).cpu() == images.labels[places]], 1)
        watch.progress("test", spiking.macs * len(places))
        if watch.stop():
            checkpoint.save({"right": right, "places": activity.places})
            raise Stopped("test")
    checkpoint.remove()
    return TestResult(right, activity.per_image(len(images)))


def _resumed(checkpoint: Checkpoint, activity: "_Activity") -> Tensor:
    """Results of the images that an interrupted run has tested, bool `[T, N']`; `activity` takes over its counts."""
    saved = checkpoint.load()
    if saved is None:
        return torch.empty(activity.timesteps, 0, dtype=torch.bool)
    activity.places = [places.to(activity.device) for places in saved["places"]]
    right: Tensor = saved["right"]
    return right


def _content(spiking: Spiking) -> str:
    """SHA-256 of the weights and thresholds."""
    digest = hashlib.sha256(repr(spiking.thresholds).encode())
    for weight in spiking.network.weights:
        digest.update(weight.detach().cpu().numpy().tobytes())
    return digest.hexdigest()


def _outputs(spiking: Spiking, train: Tensor, activity: "_Activity") -> Tensor:
    """U_t `[T, N, classes]` of a spike train `[T, N, …]` for every t."""
    activity.note_inputs(train)
    network = spiking.network
    hidden = network.walk(train.flatten(0, 1), network.firing(len(train), spiking.neurons(), activity.note_spikes))
    return network.current(-1, hidden.float()).view(*train.shape[:2], -1).cumsum(0)


class _Activity:
    """Spikes, and the additions that they cause (paper §4, eq. 13): one for each connection of each event.

    An event is an input of a layer that is not zero. A pooled spike counts as one: it adds its quartered weight once
    to each neuron that it reaches.
    places: of each stage, its events at each place `[H, W]` of the map before it (float64, whole numbers); where that
    map is pooled, of the map before pooling.
    """

    def __init__(self, spiking: Spiking) -> None:
        self.stages = spiking.network.stages
        self.multiplies = spiking.encoder.info.multiplies
        self.timesteps = spiking.timesteps
        self.device = spiking.device
        self.places = [torch.zeros((), dtype=torch.float64, device=self.device) for _ in self.stages]  # of any map

    def note_inputs(self, train: Tensor) -> None:
        """Count the events of a spike train `[T, N, C, H, W]`."""
        self.places[0] = self.places[0] + count_events(train)

    def note_spikes(self, index: int, counts: Tensor) -> None:
        """Count the spikes of hidden stage `index`: `[N·H·W·C]`, summed over time."""
        channels, height, width = self.stages[index].outputs
        # A place has less than 2^24 spikes of an image in all channels and timesteps: exact in fp32, and faster.
        places = counts.view(-1, height, width, channels).sum(3).sum(0, dtype=torch.float64)
        self.places[index + 1] = self.places[index + 1] + places

    def accumulates(self, index: int) -> int:
        """The additions of stage `index`."""
        places, fan_out = self.places[index].cpu(), _fan_out(self.stages[index])
        pooled = index > 0 and self.stages[index - 1].pool
        return int((places * (_spread(fan_out, *places.shape) if pooled else fan_out)).sum())

    def per_image(self, images: int) -> list[LayerActivity]:
        """What each layer did for one image on average."""
        return [
            LayerActivity(
                name=stage.name,
                macs=stage.macs,
                accumulates=self.accumulates(index) / images,
                multiplies=self.multiplies and index == 0,
                neurons=stage.neurons,
                spikes=float(self.places[index + 1].sum()) / images if index + 1 < len(self.stages) else None,
            )
            for index, stage in enumerate(self.stages)
        ]


def _fan_out(stage: Stage) -> Tensor:
    """How many neurons of `stage` each place (row, column) of its input map is connected to."""
    if not stage.convolution:
        return torch.full((1, 1), float(stage.outputs[0]), dtype=torch.float64)
    ones = torch.ones(1, 1, *stage.inputs[1:], dtype=torch.float64)
    return F.conv2d(ones, torch.ones(1, 1, 3, 3, dtype=torch.float64), padding=1)[0, 0] * stage.outputs[0]


def _spread(fan_out: Tensor, height: int, width: int) -> Tensor:
    """The fan-out of each place of a map `[height, width]` before 2×2 pooling; 0 in an odd last row or column."""
    whole = fan_out.expand(height // 2, width // 2).repeat_interleave(2, 0).repeat_interleave(2, 1)
    return F.pad(whole, (0, width % 2, 0, height % 2))
