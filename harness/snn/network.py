"""One network from one spec, read twice: as an ANN (ReLU) and as an SNN (LIF) with the same weights.

Copying weights from ANN to SNN is therefore an identity. No bias, no batch norm, average pooling (paper §2.2).
Time is a batch dimension for everything but the neuron: layers see `[T·N, …]`, channels last.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from harness.config import NetworkSpec, NeuronSpec
from harness.errors import HarnessError
from harness.snn.fire import SUMMED, Kernel, Neuron, fire, pooled
from harness.snn.product import as_maps, flat, product

Shape = tuple[int, int, int]


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
        """Of the weight: `[out, in, 3, 3]` or `[out, in]`."""
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


class Neurons(NamedTuple):
    """How the hidden layers fire.

    thresholds: one a hidden layer, or as many as are in use.
    gains: what each layer's spikes weigh `[N·neurons]` (dropout, see `Network.masks`); None: 1.
    """

    thresholds: Sequence[float]
    spec: NeuronSpec
    gains: Sequence[Tensor | None] | None = None
    kernel: Kernel = "auto"

    def of(self, index: int) -> Neuron:
        """Those of hidden layer `index`."""
        return Neuron(self.thresholds[index], self.spec, self.gains[index] if self.gains else None, self.kernel)


class Network(nn.Module):
    """The weights of a spec. `generator` draws them (Xavier, §2.2); the two readings are `ann` and `snn`."""

    def __init__(self, spec: NetworkSpec, shape: Shape, classes: int, generator: Generator) -> None:
        super().__init__()
        self.stages = stages(spec, shape, classes)
        self.weights = nn.ParameterList(torch.empty(stage.weight_shape) for stage in self.stages)
        for weight in self.weights:
            nn.init.xavier_uniform_(weight, generator=generator)

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
            gains.append((kept.float() / (1 - rate)).to(device))
        return gains

    def unsound(self) -> str:
        """The first stage with a weight that is NaN or infinite; where none has, the output overflows: the last."""
        pairs = zip(self.stages, self.weights, strict=True)
        return next((stage.name for stage, weight in pairs if not weight.isfinite().all()), self.stages[-1].name)

    def ann(self, frame: Tensor, gains: Sequence[Tensor | None] | None = None) -> Tensor:
        """Logits `[N, classes]` (fp32) of analog frames `[N, C, H, W]`, whose dtype sets the precision."""
        x = frame
        for index, stage in enumerate(self.stages[:-1]):
            x = F.relu(self.current(index, x))
            gain = gains[index] if gains else None
            if gain is not None:
                x = self._maps(index, flat(x) * gain.to(x.dtype).view(len(x), -1))
            x = F.avg_pool2d(x, 2) if stage.pool else x
        return self.current(len(self.stages) - 1, x).float()

    def current(self, index: int, x: Tensor) -> Tensor:
        """What stage `index` feeds its neurons: its weights on maps `[B, C, H, W]` or features `[B, F]`."""
        return product(x, self.weights[index])

    def spikes(self, index: int, x: Tensor, timesteps: int, neurons: Neurons) -> Tensor:
        """Spikes `[T·N, …]` of stage `index`, before pooling, given its inputs `[T·N, …]`."""
        fired = fire(x, self.weights[index], timesteps, neurons.of(index))
        return self._maps(index, fired.view(len(x), -1))

    def handed_on(self, index: int, x: Tensor, timesteps: int, neurons: Neurons) -> Tensor:
        """`spikes`, pooled where stage `index` ends in pooling: the inputs `[T·N, …]` of the next stage."""
        stage = self.stages[index]
        if not stage.pool:
            return self.spikes(index, x, timesteps, neurons)
        channels, height, width = stage.outputs
        maps = (len(x) // timesteps, height, width, channels)
        fired = fire(x, self.weights[index], timesteps, neurons.of(index), pooled(maps))
        return as_maps(fired.view(len(x), -1), height // 2, width // 2)

    def snn(self, train: Tensor, neurons: Neurons) -> Tensor:
        """Accumulated output U_T `[N, classes]` (eq. 4; fp32) of a spike train `[T, N, C, H, W]`.

        The output layer is linear and accumulates, so U_T is its weight times the spikes summed over time: those
        of the last hidden layer are only ever counted.
        """
        hidden = len(self.stages) - 2
        if hidden < 0:
            return F.linear(flat(train.sum(0, dtype=torch.float32)), self.weights[-1])
        x = self.inputs_of(hidden, train, neurons)
        counts = fire(x, self.weights[hidden], len(train), neurons.of(hidden), SUMMED)
        total = self._maps(hidden, counts.view(train.shape[1], -1))
        total = F.avg_pool2d(total, 2) if self.stages[hidden].pool else total
        return F.linear(flat(total), self.weights[-1])

    def inputs_of(self, index: int, train: Tensor, neurons: Neurons) -> Tensor:
        """What reaches stage `index` at each timestep of a spike train `[T, N, …]`: `[T·N, …]`."""
        x = train.flatten(0, 1)
        for before in range(index):
            x = self.handed_on(before, x, len(train), neurons)
        return x

    def _maps(self, index: int, features: Tensor) -> Tensor:
        """What stage `index` puts out `[B, neurons]`, in the shape in which the next one takes it."""
        stage = self.stages[index]
        return as_maps(features, *stage.outputs[1:]) if stage.convolution else features
