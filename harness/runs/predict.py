"""A network from its file of weights, as it stood after training, and what it says about images."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import torch
from torch import Generator, Tensor

from harness.config import EncoderSpec, NeuronSpec, Parameter
from harness.data.types import ImageSet
from harness.errors import CellFailure, HarnessError
from harness.plugins.guard import Guarded, guarded
from harness.records.weights import GET_AGAIN, About, WeightsFile
from harness.schema import Counts
from harness.snn.network import Network, Spiking, stages
from harness.snn.neuron import Kernel
from harness.training.batches import encoder_key, normalised
from harness.training.cell import DTYPES
from harness.training.checkpoint import SILENT, Watch

UNKNOWN = -1  # the label of an image whose class nobody has stated


@dataclass(frozen=True)
class Shorter:
    """Another schedule under which a trained network is read; None: as it was trained."""

    frequencies: int | None = None
    schedule: str | None = None
    timesteps: int | None = None


@dataclass(frozen=True)
class Predictions:
    """`classes`: int64 `[T, N]`, the class with the largest U_t after t + 1 timesteps; `labels`: `[N]`."""

    classes: Tensor
    labels: Tensor

    @property
    def counts(self) -> Counts:
        """How many of the images with a known label are right after each timestep."""
        known = self.labels != UNKNOWN
        return Counts((self.classes == self.labels)[:, known].sum(1).tolist(), int(known.sum()))


@contextmanager
def failures_as_errors() -> Iterator[None]:
    """What an encoder does wrong is an error of the command here: there is no cell that could fail."""
    try:
        yield
    except CellFailure as failure:
        raise HarnessError(str(failure), "install the version of the encoder with which the cell was run") from failure


@failures_as_errors()
def restore(
    found: WeightsFile, shorter: Shorter = Shorter(), device: torch.device | None = None, kernel: Kernel = "auto"
) -> Spiking:
    """The network with its encoder, thresholds and neuron, as it stood after training.

    Raises HarnessError for tensors that do not fit the network named and for an encoder that fails, EncoderError for
    one that is not here or does not take the shorter schedule.
    """
    about = found.about
    network = _network(found)
    encoder = _encoder(about, _changes(shorter))
    spiking = Spiking(
        network=network.to(device or torch.device("cpu")),
        encoder=encoder,
        neuron=NeuronSpec(about.reading, about.clock, about.leak, reset=about.reset or "subtract"),
        timesteps=shorter.timesteps or about.timesteps,
        thresholds=tuple(about.thresholds),
        dtype=DTYPES[about.precision],
        kernel=kernel,
    )
    return replace(spiking, network=network.cast(spiking.dtype))


@failures_as_errors()
@torch.no_grad()
def predict(
    spiking: Spiking,
    images: ImageSet,
    seed: int,
    watch: Watch = SILENT,
    simulated: Callable[[Tensor], Tensor] | None = None,
) -> Predictions:
    """The class of each image after each t = 1 … T, in the same chunks in which training was tested.

    simulated: from a spike train to the outputs that another simulator gives; None: our own kernels.
    """
    key = encoder_key(seed, "encoder-test")
    parts = []
    for places in torch.split(torch.arange(len(images)), spiking.chunk()):
        train = encoded(spiking, images, places, key)
        given = outputs(spiking, train) if simulated is None else simulated(train)
        parts.append(given.argmax(-1).cpu())
        watch.progress("predict", spiking.macs * len(places))
    return Predictions(torch.cat(parts, 1), images.labels)


def encoded(spiking: Spiking, images: ImageSet, places: Tensor, key: int) -> Tensor:
    """The spike train `[T, N, …]` of the images at `places` `[N]`."""
    return spiking.encode(normalised(images.images[places]), key, places)


def outputs(spiking: Spiking, train: Tensor) -> Tensor:
    """U_t `[T, N, classes]` of a spike train `[T, N, …]` for every t."""
    network = spiking.network
    hidden = network.walk(train.flatten(0, 1), network.firing(len(train), spiking.neurons()))
    return network.current(-1, hidden.float()).view(*train.shape[:2], -1).cumsum(0)


def _network(found: WeightsFile) -> Network:
    about = found.about
    layers = stages(about.network, about.shape, about.classes)
    expected = {f"weights.{index}": stage.weight_shape for index, stage in enumerate(layers)}
    if {name: tensor.shape for name, tensor in found.tensors.items()} != expected:
        raise HarnessError(f"{found.path}: the tensors do not fit the network {about.network.name}", GET_AGAIN)
    if len(about.thresholds) != len(layers) - 1:
        raise HarnessError(f"{found.path}: {len(about.thresholds)} thresholds for {len(layers)} layers", GET_AGAIN)
    network = Network(about.network, about.shape, about.classes, Generator().manual_seed(0))
    network.load_state_dict({name: torch.from_numpy(tensor) for name, tensor in found.tensors.items()})
    return network.requires_grad_(False)


def _encoder(about: About, changes: Mapping[str, Parameter]) -> Guarded:
    """The fitted encoder: what it fitted is given to it as parameters, and it must then state the same again."""
    fitted = {name: tuple(value) if isinstance(value, list) else value for name, value in about.encoder_state.items()}
    spec = EncoderSpec(about.encoder.name, {**about.encoder.parameters, **changes, **fitted})
    encoder = guarded(spec)
    if msgspec.to_builtins(dict(encoder.state())) != about.encoder_state:
        raise HarnessError(
            f"encoder '{spec.name}' cannot be restored from its fitted state",
            "it has to take the entries of its state() as parameters",
        )
    return encoder


def _changes(shorter: Shorter) -> dict[str, Any]:
    named = {"frequencies": shorter.frequencies, "schedule": shorter.schedule}
    return {name: value for name, value in named.items() if value is not None}
