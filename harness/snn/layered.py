"""A network of any layers (`harness.snn.layers`): residual blocks, batch norm, bias; no neurons of its own.

The same weights serve an ANN and each timestep of an SNN: `forward` is given what neurons do with their current.
`Stepwise` is such a network with its encoder and its neurons.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from encoders.base import Encoder, encode
from harness.config import Initialisation, NetworkSpec
from harness.snn.activity import Activity
from harness.snn.layers import INPUT, Shape, layers_of
from harness.snn.network import INITIALISATIONS

Fire = Callable[[int, Tensor], Tensor]
"""What the neurons of a number give for their current `[N, …]`: an activation, or the spikes of one timestep."""


class Layered(nn.Module):
    """The weights of a spec, drawn from `generator`. In training mode batch norm takes the statistics of the batch.

    learned: by name, the initial value of a number that each layer of neurons learns.
    mean, deviation: `[C]`, by which inputs are normalised; set by the caller who knows the data.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(
        self,
        spec: NetworkSpec,
        shape: Shape,
        classes: int,
        generator: Generator,
        initialisation: Initialisation = "xavier",
        learned: Mapping[str, float] | None = None,
    ) -> None:
        super().__init__()
        self.spec, self.layers = spec, layers_of(spec, shape, classes)
        self.weights = nn.ParameterList(torch.empty(layer.weight_shape) for layer in self.layers)
        for weight in self.weights:
            INITIALISATIONS[initialisation](weight, generator)
        self.biases, self.scales = nn.ParameterDict(), nn.ParameterDict()
        for index, layer in enumerate(self.layers):
            width = layer.outputs[0]
            if layer.normed or spec.bias:
                self.biases[str(index)] = nn.Parameter(torch.zeros(width))
            if layer.normed:
                self.scales[str(index)] = nn.Parameter(torch.ones(width))
                self.register_buffer(f"mean_{index}", torch.zeros(width))
                self.register_buffer(f"variance_{index}", torch.ones(width))
        count = self.layers[-1].into
        self.learned = nn.ParameterDict({name: torch.full((count,), at) for name, at in (learned or {}).items()})
        self.register_buffer("mean", torch.zeros(shape[0]))
        self.register_buffer("deviation", torch.ones(shape[0]))

    @property
    def macs(self) -> int:
        """Multiply–accumulates of one image in the ANN."""
        return sum(layer.macs for layer in self.layers)

    @property
    def largest(self) -> int:
        """Values of the largest map of one image."""
        return max(c * h * w for layer in self.layers for c, h, w in (layer.inputs, layer.outputs))

    def unsound(self) -> str:
        """The first layer with a weight that is NaN or infinite; where none has, the output overflows."""
        wrong = (name for name, weight in self.named_parameters() if not weight.isfinite().all())
        return next(wrong, "the output")

    def current(self, index: int, x: Tensor) -> Tensor:
        """What a layer gives for its inputs: product, bias, batch norm."""
        layer, weight = self.layers[index], self.weights[index].to(x.dtype)
        bias = self.biases.get(str(index))
        plain = None if bias is None or layer.normed else bias.to(x.dtype)
        if not layer.side:
            return F.linear(x, weight, plain)
        weight = weight.contiguous(memory_format=torch.channels_last)
        x = x.contiguous(memory_format=torch.channels_last)
        x = F.conv2d(x, weight, plain, layer.stride, layer.side // 2)
        if not layer.normed:
            return x
        mean, variance = self.get_buffer(f"mean_{index}"), self.get_buffer(f"variance_{index}")
        return F.batch_norm(x, mean, variance, self.scales[str(index)], bias, self.training)

    def forward(self, x: Tensor, fire: Fire) -> Tensor:
        """Outputs `[N, classes]` (fp32) for inputs `[N, C, H, W]`, whose dtype sets the precision."""
        x = ((x.float() - self.mean.view(-1, 1, 1)) / self.deviation.view(-1, 1, 1)).to(x.dtype)
        index = 0
        for token in self.spec.features:
            layer = self.layers[index]
            if token == "A":
                x = F.avg_pool2d(x, 2)
            elif token == "G":
                x = x.mean((2, 3), keepdim=True)
            elif isinstance(token, int):
                x, index = fire(layer.into, self.current(index, x)), index + 1
            else:
                inner = self.current(index + 1, fire(layer.into, self.current(index, x)))
                second = self.layers[index + 1]
                shortcut = self.current(index + 2, x) if second.skip is None else x
                x = fire(second.into, inner + shortcut)
                index += 2 if second.skip is not None else 3
        x = x.flatten(1)
        for _ in self.spec.hidden:
            x, index = fire(self.layers[index].into, self.current(index, x)), index + 1
        return self.current(index, x).float()


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
        """The learned threshold of each layer of neurons; empty if they learn none."""
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

    def ready(self) -> Self:
        """The network as it is tested: batch norm takes the statistics that it learned."""
        self.network.eval()
        return self

    def activity(self) -> Activity:
        """What counts its events, none so far."""
        return Activity(self.network.layers, self.encoder.info.multiplies)

    def outputs(self, train: Tensor, activity: Activity | None = None) -> Tensor:
        """The summed outputs `[T, N, classes]` after every t of a spike train `[T, N, …]`. activity: counts events."""
        neurons, outputs = self.neurons(self.network), list[Tensor]()

        def noted(index: int, fired: Tensor) -> Tensor:
            if activity is not None:
                activity.note(index, fired)
            return fired

        for x in train:
            now = self.network(noted(INPUT, x), lambda index, current: noted(index, neurons(index, current)))
            outputs.append(outputs[-1] + now if outputs else now)
        return torch.stack(outputs)
