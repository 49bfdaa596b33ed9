"""A network of another simulator's neurons between torch's own layers, stepped through time. None of our kernels."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from harness.runs.activity import Activity
from harness.snn.network import Spiking, Stage
from harness.snn.neuron import is_late

Neurons = Callable[[Tensor], Tensor]
"""The neurons of one layer, which keep their membranes: from the current of a timestep, `[N, …]`, to their spikes."""


class Stepped:
    """The network of `spiking`. version: the simulator's; neurons: makes those of each hidden layer, at rest."""

    def __init__(self, version: str, spiking: Spiking, neurons: Callable[[], Sequence[Neurons]]) -> None:
        self.version, self.neurons = version, neurons
        self.stages, self.dtype = spiking.network.stages, spiking.dtype
        self.late = is_late(spiking.neuron)
        weights = [weight.detach() for weight in spiking.network.weights]
        self.layers = [_layer(stage, weight) for stage, weight in zip(self.stages, weights, strict=True)]
        self.pool = nn.AvgPool2d(2)

    @torch.no_grad()
    def run(self, train: Tensor) -> Activity:
        """What the network does with a spike train `[T, N, C, H, W]`."""
        neurons = self.neurons()
        waiting: list[Tensor | None] = [None] * len(neurons)
        spikes: list[list[Tensor]] = [[] for _ in neurons]
        total, outputs = torch.zeros(()), []
        for x in train:
            for index, layer in enumerate(neurons):
                sent = fired = layer(self.layers[index](self._entering(index, x)).float())
                if self.late:
                    before, waiting[index] = waiting[index], fired
                    sent = torch.zeros_like(fired) if before is None else before
                spikes[index].append(_features(sent) != 0)
                x = sent.to(self.dtype)
                x = self.pool(x) if self.stages[index].pool else x
            total = total + self.layers[-1](self._entering(-1, x).float())
            outputs.append(total)
        return Activity([torch.stack(layer) for layer in spikes], torch.stack(outputs))

    def _entering(self, index: int, x: Tensor) -> Tensor:
        return x if self.stages[index].convolution else _features(x)


def _features(x: Tensor) -> Tensor:
    """Maps `[N, C, H, W]` as features `[N, H·W·C]`: the order for which the weights were trained."""
    return x.movedim(1, -1).flatten(1)


def _layer(stage: Stage, weight: Tensor) -> nn.Module:
    layer: nn.Module
    if stage.convolution:
        layer = nn.Conv2d(stage.inputs[0], stage.outputs[0], 3, padding=1, bias=False)
    else:
        layer = nn.Linear(stage.inputs[0], stage.outputs[0], bias=False)
    layer.weight = nn.Parameter(weight.clone(), requires_grad=False)
    return layer
