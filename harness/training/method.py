"""What a method is: how a cell is computed, and how its network is made again from kept weights.

A method is made from the parameters of a recipe (`harness.plugins.parts`). It trains what it likes, and gives back a
`Trained`: a network that answers after every timestep, and the numbers of the record. What most methods share stands
here: `prepared` begins a cell, `Stepwise` is a network of layers with neurons of any kind, `finished` tests it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

import torch
from torch import Tensor, nn

from encoders.base import Encoder, Operations, encode
from harness.config import CellConfig, MethodSpec, NetworkSpec
from harness.data.subset import subset
from harness.data.types import DataSet, ImageSet
from harness.errors import Stopped
from harness.plugins.parts import METHODS
from harness.schema import CellResult, Epoch
from harness.snn.layered import INPUT, Activity, Fire, Layered
from harness.snn.network import Note, Shape, Spiking
from harness.training.batches import CALIBRATION_IMAGES, encoder_key, generator, normalised, on_device
from harness.training.cell import Setting, Stopwatch, Trained
from harness.training.checkpoint import Checkpoint, Watch
from harness.training.evaluate import TestResult


class TimedNetwork(Protocol):
    """A trained network with its encoder, as `predict`, `verify` and the files of weights know it.

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


Answering = Spiking | TimedNetwork


class Method(Protocol):
    """How a cell is computed."""

    def run(self, config: CellConfig, data: DataSet, encoder: Encoder, setting: Setting) -> Trained:
        """Everything that a cell does.

        Raises CellFailure where it cannot be finished; Stopped where `setting.watch` says so, with a checkpoint.
        """
        ...

    def restore(
        self, spec: NetworkSpec, shape: Shape, classes: int, encoder: Encoder, timesteps: int, dtype: torch.dtype
    ) -> TimedNetwork:
        """The network as `run` gives it, into which kept tensors are loaded. shape: (C, H, W) of the frames.

        Called on torch's meta device first, since the shapes of its tensors are compared with those that were kept.
        """
        ...

    def work(self, config: CellConfig, data: DataSet, macs: int) -> float:
        """The multiply–accumulates that `run` reports as progress, for an ANN of so many an image."""
        ...


def method_of(spec: MethodSpec) -> Method:
    """Make the method of a recipe. Raises HarnessError for an unknown one, or for parameters that it does not take."""
    return cast(Method, METHODS.create(spec.name, spec.parameters))


@dataclass(frozen=True)
class Stepwise:
    """A network of layers whose neurons take one timestep after the other; the class is read from the summed outputs.

    neurons: makes fresh neurons for a batch, given the network.
    """

    network: Layered
    encoder: Encoder
    timesteps: int
    dtype: torch.dtype
    neurons: Callable[[Layered], Fire]

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        device: torch.device = self.network.weights[0].device
        return device

    @property
    def thresholds(self) -> Sequence[float]:
        """The learned threshold of each number of neurons, where these learn one."""
        known = self.network.learned
        return list(known["threshold"].detach().tolist()) if "threshold" in known else []

    @property
    def macs(self) -> int:
        """Multiply–accumulates of one image over all timesteps if every input counts, zero or not."""
        return self.timesteps * self.network.macs

    def chunk(self, budget: int = 1 << 22) -> int:
        """How many images to run at once so that the largest map holds `budget` values, in whole groups."""
        group = self.encoder.info.group
        return max(1, budget // (self.network.largest * group)) * group

    def encode(self, images: Tensor, key: int, ids: Tensor | None = None) -> Tensor:
        """The spike train `[T, N, …]` of images `[N, C, H, W]` in [-1, 1], on the network's device and dtype."""
        return encode(self.encoder, images.to(self.device), self.timesteps, key, ids, self.dtype)

    def outputs(self, train: Tensor, note: Note | None = None) -> Tensor:
        """The summed outputs `[T, N, classes]` after every t. note: is shown the inputs, and what all neurons fire."""
        neurons = self.neurons(self.network)

        def noted(index: int, current: Tensor) -> Tensor:
            fired = neurons(index, current)
            if note is not None:
                note(index, fired)
            return fired

        outputs: list[Tensor] = []
        for x in train:
            if note is not None:
                note(INPUT, x)
            now = self.network(x, noted)
            outputs.append(outputs[-1] + now if outputs else now)
        return torch.stack(outputs)


def prepared(
    config: CellConfig, data: DataSet, encoder: Encoder, device: torch.device, learned: Mapping[str, float]
) -> tuple[Layered, Encoder]:
    """A cell's network with its first weights, normalising by mean and deviation of the training frames; its encoder.

    learned: what its neurons learn, and where that starts (see `Layered`).
    """
    train = data.train
    sample = subset(train, CALIBRATION_IMAGES, config.seed) if len(train) > CALIBRATION_IMAGES else train
    encoder = encoder.calibrate(normalised(sample.images))
    frames = encoder.frame(normalised(sample.images))
    shape = (frames.shape[1], frames.shape[2], frames.shape[3])
    draws = generator(config.seed, "initial-weights")
    initialisation = config.ann.initialisation if config.ann else "he"
    network = Layered(config.network, shape, data.classes, draws, initialisation, learned)
    network.mean.copy_(frames.mean((0, 2, 3)))
    network.deviation.copy_(frames.std((0, 2, 3)))
    return network.to(device), encoder


@torch.no_grad()
def evaluated(net: Stepwise, images: ImageSet, seed: int, watch: Watch, checkpoint: Checkpoint) -> TestResult:
    """Classify `images` after each t = 1 … T, counting spikes on the way; see `evaluate`, which does it for `Spiking`.

    Raises Stopped where `watch` says so; what is done by then lies in `checkpoint`.
    """
    net.network.eval()
    key, activity = encoder_key(seed, "encoder-test"), Activity(net.network, net.encoder.info.multiplies)
    right, saved = torch.empty(net.timesteps, 0, dtype=torch.bool), checkpoint.load()
    if saved is not None:
        right, activity.places = saved["right"], saved["places"]
    for places in torch.split(torch.arange(len(images)), net.chunk()):
        if places[0] < right.shape[1]:
            continue
        train = net.encode(on_device(normalised(images.images[places]), net.device), key, places)
        outputs = net.outputs(train, activity.note)
        right = torch.cat([right, outputs.argmax(-1).cpu() == images.labels[places]], 1)
        watch.progress("test", net.macs * len(places))
        if watch.stop():
            checkpoint.save({"right": right, "places": activity.places})
            raise Stopped("test")
    checkpoint.remove()
    return TestResult(right, activity.per_image(len(images)))


def finished(
    net: Stepwise,
    config: CellConfig,
    data: DataSet,
    setting: Setting,
    clock: Stopwatch,
    ann_epochs: Sequence[Epoch] = (),
    epochs: Sequence[Epoch] = (),
) -> Trained:
    """Test a trained network, and put together what its record says. epochs: of the SNN, ann_epochs: of its ANN."""
    final = evaluated(net, data.test, config.seed, setting.watch, setting.checkpoint.part("test"))
    clock.lap("test")
    _, channels, height, width = data.train.images.shape
    operations = Operations.of(net.encoder.operations((channels, height, width), net.timesteps))
    result = CellResult(
        encoder_state=dict(net.encoder.state()),
        encoder_operations=float(operations),
        encoder_macs=operations.macs,
        thresholds=list(net.thresholds),
        ann_epochs=list(ann_epochs),
        epochs=list(epochs),
        curve=final.counts,
        layers=final.layers,
    )
    return Trained(result, net, final.right, clock.laps)
