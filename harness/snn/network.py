"""One network from one spec, used twice: as an ANN (ReLU) and as an SNN (LIF) with the same weights.

Copying weights from ANN to SNN is therefore an identity. No bias, no batch norm, average pooling (paper §2.2).
Time is a batch dimension for everything but the neuron: layers see `[T·N, …]`, channels last. `Spiking` is a network
with the encoder before it, its thresholds and its neuron.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Self

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from encoders.base import Encoder, encode
from harness.config import Initialisation, NetworkSpec, NeuronSpec
from harness.errors import CellFailure, HarnessError
from harness.snn.activity import INPUT, Activity, Layer, Shape
from harness.snn.kernels import EACH, SUMMED, Readout, count_spikes, fire, pooled
from harness.snn.kernels.layers import as_maps, flat, prepared, prepared_weight, product
from harness.snn.neuron import Kernel, Neuron, layer_neurons

Hidden = Callable[[int, Tensor], Tensor]
"""Applies the hidden stage of an index to its inputs; returns the inputs of the next stage."""
Note = Callable[[int, Tensor], None]
"""Receives the index of a hidden stage and how often each of its neurons fired, `[N·neurons]` in fp32."""


@dataclass(frozen=True)
class Stage:
    """A weighted layer, its neurons (but for the last stage), and whether dropout and pooling follow.

    `inputs`, `outputs`: (channels, height, width) before it and after its neurons; linear: (features, 1, 1).
    """

    name: str
    inputs: Shape
    outputs: Shape
    convolution: bool
    dropout: bool = False
    pool: bool = False

    @property
    def weight_shape(self) -> tuple[int, ...]:
        """The shape of the weight: `[out, in, 3, 3]` or `[out, in]`."""
        kernel = (3, 3) if self.convolution else ()
        return (self.outputs[0], self.inputs[0], *kernel)

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one image in the ANN (paper eq. 13)."""
        channels, height, width = self.outputs
        return channels * height * width * self.inputs[0] * (9 if self.convolution else 1)

    @property
    def neurons(self) -> int:
        """Neurons of this layer."""
        return self.outputs[0] * self.outputs[1] * self.outputs[2]


def stages(spec: NetworkSpec, shape: Shape, classes: int) -> tuple[Stage, ...]:
    """The layers of `spec` for input maps of `shape`. Raises HarnessError where the map is pooled away."""
    built: list[Stage] = []
    now = shape
    for position, token in enumerate(spec.features):
        if not isinstance(token, int):
            continue
        following = _letters(spec.features[position + 1 :])
        outputs = (token, now[1], now[2])
        built.append(
            Stage(f"conv{len(built) + 1}", now, outputs, True, dropout="D" in following, pool="A" in following)
        )
        now = (token, now[1] // 2, now[2] // 2) if "A" in following else outputs
        if 0 in now:
            raise HarnessError(f"network {spec.name}: a {shape[1]}×{shape[2]} map is too small for its pooling")
    features = now[0] * now[1] * now[2]
    for width in (*spec.hidden, classes):
        last = len(built) == len([t for t in spec.features if isinstance(t, int)]) + len(spec.hidden)
        built.append(Stage(f"linear{len(built) + 1}", (features, 1, 1), (width, 1, 1), False, dropout=not last))
        features = width
    return tuple(built)


def _letters(tokens: Sequence[int | str]) -> list[str]:
    """The letters before the next number."""
    letters: list[str] = []
    for token in tokens:
        if isinstance(token, int):
            break
        letters.append(token)
    return letters


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
        self.stages = stages(spec, shape, classes)
        self.weights = nn.ParameterList(torch.empty(stage.weight_shape) for stage in self.stages)
        for weight in self.weights:
            INITIALISATIONS[initialisation](weight, generator)

    def masks(self, images: int, features: float, classifier: float, generator: Generator) -> list[Tensor | None]:
        """A dropout gain `[images·neurons]` for each stage that has one: 0 or 1/(1 − p), drawn on the CPU."""
        device = self.weights[0].device
        gains: list[Tensor | None] = []
        for stage in self.stages:
            rate = (features if stage.convolution else classifier) if stage.dropout else 0.0
            if rate == 0:
                gains.append(None)
                continue
            kept = torch.rand(images * stage.neurons, generator=generator) >= rate
            gains.append((kept.float() / (1 - rate)).to(device, non_blocking=True))
        return gains

    def unsound(self) -> str:
        """The first stage with a weight that is NaN or infinite; where none has, the output overflows: the last."""
        pairs = zip(self.stages, self.weights, strict=True)
        return next((stage.name for stage, weight in pairs if not weight.isfinite().all()), self.stages[-1].name)

    def cast(self, dtype: torch.dtype) -> "Network":
        """A copy without gradients whose hidden weights have `dtype`, so that no forward pass has to convert them."""
        other = Network.__new__(Network)
        nn.Module.__init__(other)
        other.stages = self.stages
        hidden = [prepared_weight(weight.detach(), dtype) for weight in self.weights[:-1]]
        other.weights = nn.ParameterList(nn.Parameter(w, requires_grad=False) for w in [*hidden, self.weights[-1]])
        return other

    def walk(self, x: Tensor, hidden: Hidden, start: int = 0, stop: int | None = None) -> Tensor:
        """The inputs of stage `stop` (default: the last), given those of stage `start`."""
        for index in range(start, len(self.stages) - 1 if stop is None else stop):
            x = hidden(index, x)
        return x

    def current(self, index: int, x: Tensor) -> Tensor:
        """What stage `index` feeds its neurons: its weights on maps `[B, C, H, W]` or features `[B, F]`."""
        return product(*prepared(x, self.weights[index]))

    def ann(self, frame: Tensor, gains: Sequence[Tensor | None] | None = None) -> Tensor:
        """Logits `[N, classes]` (fp32) of analog frames `[N, C, H, W]`, whose dtype sets the precision."""

        def rectify(index: int, x: Tensor) -> Tensor:
            x = F.relu(self.current(index, x))
            gain = gains[index] if gains else None
            if gain is not None:
                x = self._maps(index, flat(x) * gain.to(x.dtype).view(len(x), -1))
            return F.avg_pool2d(x, 2) if self.stages[index].pool else x

        return self.current(-1, self.walk(frame, rectify)).float()

    def snn(self, train: Tensor, neurons: Sequence[Neuron]) -> Tensor:
        """Accumulated output U_T `[N, classes]` (eq. 4; fp32) of a spike train `[T, N, C, H, W]`.

        neurons: one entry a hidden layer. The output layer is linear and accumulates, so U_T is its weight times the
        spikes summed over time: the spikes of the last hidden layer are only counted.
        """
        last = len(self.stages) - 2
        if last < 0:
            total = train.sum(0, dtype=torch.float32)
        else:
            x = self.walk(train.flatten(0, 1), self.firing(len(train), neurons), stop=last)
            counts = fire(x, self.weights[last], len(train), neurons[last], SUMMED)
            total = self._maps(last, counts.view(train.shape[1], -1))
            total = F.avg_pool2d(total, 2) if self.stages[last].pool else total
        return F.linear(flat(total), self.weights[-1])

    def firing(self, timesteps: int, neurons: Sequence[Neuron], note: Note | None = None) -> Hidden:
        """The hidden stages of the SNN: from inputs `[T·N, …]` to spikes, pooled where a stage ends in pooling.

        note: is called for every stage; then there are no gradients.
        """

        def hidden(index: int, x: Tensor) -> Tensor:
            layer = x, self.weights[index], timesteps, neurons[index], self._readout(index, len(x) // timesteps)
            if note is None:
                spikes = fire(*layer)
            else:
                spikes, counts = count_spikes(*layer)
                note(index, counts)
            return self._maps(index, spikes.view(len(x), -1), halved=self.stages[index].pool)

        return hidden

    def _readout(self, index: int, images: int) -> Readout:
        channels, height, width = self.stages[index].outputs
        return pooled((images, height, width, channels)) if self.stages[index].pool else EACH

    def _maps(self, index: int, features: Tensor, halved: bool = False) -> Tensor:
        """Outputs `[B, neurons]` of stage `index`, pooled or not, in the shape in which the next stage takes them."""
        _, height, width = self.stages[index].outputs
        if not self.stages[index].convolution:
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
        return self.timesteps * sum(stage.macs for stage in self.network.stages)

    def ready(self) -> Self:
        """The network as it is tested: without gradients, its hidden weights in its dtype."""
        return replace(self, network=self.network.cast(self.dtype))

    def activity(self) -> Activity:
        """What counts its events, none so far."""
        stages = self.network.stages
        pooled = [(1, 1), *((2, 2) if stage.pool else (1, 1) for stage in stages)]
        layers = [
            Layer(
                stage.inputs,
                stage.outputs,
                side=3 if stage.convolution else 0,
                stride=1,
                source=index - 1,
                pooled=pooled[index],
                into=index,
            )
            for index, stage in enumerate(stages)
        ]
        return Activity(layers, self.encoder.info.multiplies)

    def outputs(self, train: Tensor, activity: Activity | None = None) -> Tensor:
        """U_t `[T, N, classes]` (eq. 4) after every t of a spike train `[T, N, …]`.

        activity: counts events; then there are no gradients.
        """
        network, inputs, note = self.network, train.flatten(0, 1), None
        if activity is not None:
            activity.note(INPUT, inputs)
            note = partial(_note, activity, network.stages)
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
        largest = max(max(_size(stage.inputs), stage.neurons) for stage in self.network.stages)
        group = self.encoder.info.group
        return max(1, budget // (largest * self.timesteps * group)) * group


def _note(activity: Activity, stages: Sequence[Stage], index: int, counts: Tensor) -> None:
    channels, height, width = stages[index].outputs
    # A place has less than 2^24 spikes of an image in all channels and timesteps: exact in fp32, and faster.
    activity.add(index, counts.view(-1, height, width, channels).sum(3).sum(0, dtype=torch.float64))


def _size(shape: tuple[int, int, int]) -> int:
    return shape[0] * shape[1] * shape[2]
