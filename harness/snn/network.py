"""One network from one spec, used twice: as an ANN (ReLU) and as an SNN (LIF) with the same weights.

Copying weights from ANN to SNN is therefore an identity. No bias, no batch norm, average pooling (paper §2.2).
Time is a batch dimension for everything but the neuron: layers see `[T·N, …]`, channels last. `Spiking` is a network
with the encoder before it, its thresholds and its neuron.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Self

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from encoders.base import Encoder, encode
from harness.config import Initialisation, NetworkSpec, NeuronSpec
from harness.errors import CellFailure
from harness.snn.activity import Activity
from harness.snn.kernels import EACH, SUMMED, Readout, count_spikes, fire, pooled
from harness.snn.kernels.layers import as_maps, flat, prepared, prepared_weight, product
from harness.snn.layers import INPUT, Layer, Shape, layers_of
from harness.snn.neuron import Kernel, Neuron, layer_neurons

Hidden = Callable[[int, Tensor], Tensor]
"""Applies the hidden layer of an index to its inputs; returns the inputs of the next layer."""
Note = Callable[[int, Tensor], None]
"""Receives the index of a hidden layer and how often each of its neurons fired, `[N·neurons]` in fp32."""


def _xavier(weight: Tensor, generator: Generator) -> None:
    nn.init.xavier_uniform_(weight, generator=generator)


def _fan_in(weight: Tensor, generator: Generator) -> None:
    nn.init.normal_(weight, std=weight[0].numel() ** -0.5, generator=generator)


def _he(weight: Tensor, generator: Generator) -> None:
    nn.init.normal_(weight, std=(2 / weight[0].numel()) ** 0.5, generator=generator)


INITIALISATIONS = {"xavier": _xavier, "fan-in": _fan_in, "he": _he}  # chosen by ann.initialisation


class Network(nn.Module):
    """The weights of a spec, drawn from `generator`, with two forward passes: `ann` and `snn`.

    initialisation: see `AnnRecipe`.
    """

    def __init__(
        self,
        spec: NetworkSpec,
        shape: Shape,
        classes: int,
        generator: Generator,
        initialisation: Initialisation = "xavier",
    ) -> None:
        super().__init__()
        self.layers = layers_of(spec, shape, classes, dropout=True)
        self.weights = nn.ParameterList(torch.empty(layer.weight_shape) for layer in self.layers)
        for weight in self.weights:
            INITIALISATIONS[initialisation](weight, generator)

    def masks(self, images: int, features: float, classifier: float, generator: Generator) -> list[Tensor | None]:
        """A dropout gain `[images·neurons]` for each layer that has one: 0 or 1/(1 − p), drawn on the CPU."""
        device = self.weights[0].device
        gains: list[Tensor | None] = []
        for layer in self.layers:
            rate = (features if layer.side else classifier) if layer.dropout else 0.0
            if rate == 0:
                gains.append(None)
                continue
            kept = torch.rand(images * layer.neurons, generator=generator) >= rate
            gains.append((kept.float() / (1 - rate)).to(device, non_blocking=True))
        return gains

    def unsound(self) -> str:
        """The first layer with a weight that is NaN or infinite; where none has, the output overflows: the last."""
        pairs = zip(self.layers, self.weights, strict=True)
        return next((layer.name for layer, weight in pairs if not weight.isfinite().all()), self.layers[-1].name)

    def cast(self, dtype: torch.dtype) -> "Network":
        """A copy without gradients whose hidden weights have `dtype`, so that no forward pass has to convert them."""
        other = Network.__new__(Network)
        nn.Module.__init__(other)
        other.layers = self.layers
        hidden = [prepared_weight(weight.detach(), dtype) for weight in self.weights[:-1]]
        other.weights = nn.ParameterList(nn.Parameter(w, requires_grad=False) for w in [*hidden, self.weights[-1]])
        return other

    def walk(self, x: Tensor, hidden: Hidden, start: int = 0, stop: int | None = None) -> Tensor:
        """The inputs of layer `stop` (default: the last), given those of layer `start`."""
        for index in range(start, len(self.layers) - 1 if stop is None else stop):
            x = hidden(index, x)
        return x

    def current(self, index: int, x: Tensor) -> Tensor:
        """What layer `index` feeds its neurons: its weights on maps `[B, C, H, W]` or features `[B, F]`."""
        return product(*prepared(x, self.weights[index]))

    def ann(self, frame: Tensor, gains: Sequence[Tensor | None] | None = None) -> Tensor:
        """Logits `[N, classes]` (fp32) of analog frames `[N, C, H, W]`, whose dtype sets the precision."""

        def rectify(index: int, x: Tensor) -> Tensor:
            x = F.relu(self.current(index, x))
            gain = gains[index] if gains else None
            if gain is not None:
                x = self._maps(index, flat(x) * gain.to(x.dtype).view(len(x), -1))
            return F.avg_pool2d(x, 2) if self.layers[index].pool else x

        return self.current(-1, self.walk(frame, rectify)).float()

    def snn(self, train: Tensor, neurons: Sequence[Neuron]) -> Tensor:
        """Accumulated output U_T `[N, classes]` (eq. 4; fp32) of a spike train `[T, N, C, H, W]`.

        neurons: one entry a hidden layer. The output layer is linear and accumulates, so U_T is its weight times the
        spikes summed over time: the spikes of the last hidden layer are only counted.
        """
        last = len(self.layers) - 2
        if last < 0:
            total = train.sum(0, dtype=torch.float32)
        else:
            x = self.walk(train.flatten(0, 1), self.firing(len(train), neurons), stop=last)
            counts = fire(x, self.weights[last], len(train), neurons[last], SUMMED)
            total = self._maps(last, counts.view(train.shape[1], -1))
            total = F.avg_pool2d(total, 2) if self.layers[last].pool else total
        return F.linear(flat(total), self.weights[-1])

    def firing(self, timesteps: int, neurons: Sequence[Neuron], note: Note | None = None) -> Hidden:
        """The hidden layers of the SNN: from inputs `[T·N, …]` to spikes, pooled where a layer ends in pooling.

        note: is called for every layer; then there are no gradients.
        """

        def hidden(index: int, x: Tensor) -> Tensor:
            layer = x, self.weights[index], timesteps, neurons[index], self._readout(index, len(x) // timesteps)
            if note is None:
                spikes = fire(*layer)
            else:
                spikes, counts = count_spikes(*layer)
                note(index, counts)
            return self._maps(index, spikes.view(len(x), -1), halved=self.layers[index].pool)

        return hidden

    def _readout(self, index: int, images: int) -> Readout:
        channels, height, width = self.layers[index].outputs
        return pooled((images, height, width, channels)) if self.layers[index].pool else EACH

    def _maps(self, index: int, features: Tensor, halved: bool = False) -> Tensor:
        """Outputs `[B, neurons]` of layer `index`, pooled or not, in the shape in which the next layer takes them."""
        _, height, width = self.layers[index].outputs
        if not self.layers[index].side:
            return features
        return as_maps(features, height // 2, width // 2) if halved else as_maps(features, height, width)


@dataclass(frozen=True)
class Spiking:
    """A network, its encoder and its neuron; `thresholds` has one entry a hidden layer.

    products: "dense" or "events" of each hidden layer; empty: all dense, or as `kernel` says.
    """

    network: Network
    encoder: Encoder
    neuron: NeuronSpec
    timesteps: int
    thresholds: tuple[float, ...] = ()
    dtype: torch.dtype = torch.float32
    kernel: Kernel = "auto"
    products: tuple[str, ...] = ()

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        device: torch.device = self.network.weights[0].device
        return device

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one image over all timesteps if every input counts, zero or not."""
        return self.timesteps * sum(layer.macs for layer in self.network.layers)

    def ready(self) -> Self:
        """The network as it is tested: without gradients, its hidden weights in its dtype."""
        return replace(self, network=self.network.cast(self.dtype))

    def activity(self) -> Activity:
        """What counts its events, none so far."""
        return Activity(self.network.layers, self.encoder.info.multiplies)

    def outputs(self, train: Tensor, activity: Activity | None = None) -> Tensor:
        """U_t `[T, N, classes]` (eq. 4) after every t of a spike train `[T, N, …]`.

        activity: counts events; then there are no gradients.
        """
        network, inputs, note = self.network, train.flatten(0, 1), None
        if activity is not None:
            activity.note(INPUT, inputs)
            note = partial(_note, activity, network.layers)
        hidden = network.walk(inputs, network.firing(len(train), self.neurons(), note))
        return network.current(-1, hidden.float()).view(*train.shape[:2], -1).cumsum(0)

    def neurons(self, gains: Sequence[Tensor | None] | None = None) -> list[Neuron]:
        """The neurons of its hidden layers, with these dropout gains."""
        return layer_neurons(self.thresholds, self.neuron, gains, self.kernel, self.products)

    def encode(self, images: Tensor, key: int, ids: Tensor | None = None) -> Tensor:
        """The spike train `[T, N, …]` of images `[N, C, H, W]` in [-1, 1], on the network's device and dtype.

        key, ids: for random codes, see `encoders.base.Encoder.encode`. Raises CellFailure for a train of another shape.
        """
        train = encode(self.encoder, images.to(self.device), self.timesteps, key, ids, self.dtype)
        if train.shape[:2] != (self.timesteps, len(images)):
            raise CellFailure(
                f"the encoder gave a spike train of shape {tuple(train.shape)} "
                f"for {len(images)} images and {self.timesteps} timesteps"
            )
        return train

    def chunk(self, budget: int = 1 << 22) -> int:
        """How many images to run at once so that the largest layer holds `budget` values, whatever T is.

        A whole number of the groups in which the encoder takes images: so it changes no spike.
        """
        largest = max(max(math.prod(layer.inputs), layer.neurons) for layer in self.network.layers)
        group = self.encoder.info.group
        return max(1, budget // (largest * self.timesteps * group)) * group


def _note(activity: Activity, layers: Sequence[Layer], index: int, counts: Tensor) -> None:
    channels, height, width = layers[index].outputs
    # A place has less than 2^24 spikes of an image in all channels and timesteps: exact in fp32, and faster.
    activity.add(index, counts.view(-1, height, width, channels).sum(3).sum(0, dtype=torch.float64))
