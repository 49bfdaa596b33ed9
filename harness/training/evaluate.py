"""Accuracy at every timestep and the activity behind it, in one pass."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple, Protocol, Self

import torch
from torch import Tensor, nn

from encoders.base import Encoder
from harness.data.types import ImageSet
from harness.errors import Stopped
from harness.schema import Counts, LayerActivity
from harness.snn.activity import Activity
from harness.training.batches import encoder_key, normalised
from harness.training.checkpoint import NOWHERE, Checkpoint, Watch
from harness.training.trains import Encode


class TimedNetwork(Protocol):
    """A trained network with its encoder, as `classified` and the files of weights know it.

    network: its tensors are what is kept. thresholds: for the record. macs: of one image over all timesteps.
    """

    @property
    def network(self) -> nn.Module: ...
    @property
    def encoder(self) -> Encoder: ...
    @property
    def timesteps(self) -> int: ...
    @property
    def thresholds(self) -> Sequence[float]: ...
    @property
    def macs(self) -> int: ...

    def chunk(self) -> int:
        """How many images to run at once."""
        ...

    def encode(self, images: Tensor, key: int, ids: Tensor | None = None) -> Tensor:
        """The spike train `[T, N, …]` of images `[N, C, H, W]` in [-1, 1], on the network's device."""
        ...

    def outputs(self, train: Tensor) -> Tensor:
        """What the class is read from, `[T, N, classes]`, after every t of a spike train `[T, N, …]`."""
        ...


class CountedNetwork(TimedNetwork, Protocol):
    """A network whose test counts events."""

    def ready(self) -> Self:
        """The network as it is tested."""
        ...

    def activity(self) -> Activity:
        """What counts its events, none so far."""
        ...

    def outputs(self, train: Tensor, activity: Activity | None = None) -> Tensor:
        """See `TimedNetwork`. activity: counts events."""
        ...


def ready(net: TimedNetwork) -> TimedNetwork:
    """The network as it is tested: what its own `ready` gives; without one, as it is."""
    made: TimedNetwork = net.ready() if hasattr(net, "ready") else net
    return made


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
    net: CountedNetwork,
    images: ImageSet,
    seed: int,
    watch: Watch,
    checkpoint: Checkpoint = NOWHERE,
    encode: Encode | None = None,
) -> TestResult:
    """Classify `images` by the outputs after each t = 1 … T, counting events on the way.

    Images go in chunks; those of `Spiking` shrink as T grows, so memory is the same for every T. Raises Stopped where
    `watch` says so; what is done by then lies in `checkpoint`, for the same weights and thresholds. encode: of these
    images, in place of `net.encode`.
    """
    checkpoint = replace(checkpoint, owner=f"{checkpoint.owner}/{_content(net)}") if checkpoint.path else checkpoint
    net, activity, saved = net.ready(), net.activity(), checkpoint.load() or {}
    right = saved.get("right", torch.empty(net.timesteps, 0, dtype=torch.bool))
    activity.places = saved.get("places", {})
    outputs = partial(net.outputs, activity=activity)
    for places, classes in classified(net, images, seed, begin=right.shape[1], encode=encode, outputs=outputs):
        right = torch.cat([right, classes == images.labels[places]], 1)
        watch.progress("test", net.macs * len(places))
        if watch.stop():
            checkpoint.save({"right": right, "places": activity.places})
            raise Stopped("test")
    checkpoint.remove()
    return TestResult(right, activity.per_image(len(images)))


def classified(
    net: TimedNetwork,
    images: ImageSet,
    seed: int,
    *,
    begin: int = 0,
    encode: Encode | None = None,
    outputs: Callable[[Tensor], Tensor] | None = None,
) -> Iterator[tuple[Tensor, Tensor]]:
    """Chunk by chunk, the places of images and their classes `[T, N]` after each t.

    begin: the number of images that are left out, in whole chunks. encode, outputs: in place of those of `net`.
    """
    key, encode, outputs = encoder_key(seed, "encoder-test"), encode or net.encode, outputs or net.outputs
    for start in range(begin, len(images), net.chunk()):
        places = torch.arange(start, min(start + net.chunk(), len(images)))
        with torch.no_grad():
            classes = outputs(encode(normalised(images.images[places]), key, places)).argmax(-1).cpu()
        yield places, classes


def _content(net: TimedNetwork) -> str:
    """SHA-256 of the weights and thresholds."""
    digest = hashlib.sha256(repr(net.thresholds).encode())
    for tensor in net.network.state_dict().values():
        digest.update(tensor.cpu().numpy().tobytes())
    return digest.hexdigest()
