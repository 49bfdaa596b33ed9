"""A network built from snnTorch's own neurons, stepped through time by a loop of its own. Nothing of our kernels.

snnTorch's `Leaky` with a subtracted, delayed reset is u ← β·u + I − θ·s, where s is the spike of the step before: the
reading "equation". Its reset is not leaked and its membrane leaks at a spike, too, so it cannot state "algorithm".
"""

from typing import Any

import torch
from torch import Tensor, nn

from harness.errors import HarnessError
from harness.runs.activity import Activity
from harness.snn.network import Stage
from harness.snn.neuron import is_late
from harness.snn.spiking import Spiking

INSTALL = "pip install 'dct-snn-harness[peers]'"


class SnnTorch:
    """The network of `spiking` in snnTorch. Raises HarnessError where that is not here or cannot state the network."""

    def __init__(self, spiking: Spiking) -> None:
        if spiking.neuron.reading == "algorithm":
            raise HarnessError(
                "snnTorch cannot state the reading 'algorithm': no neuron of its leaks only where it does not spike",
                "recheck a cell of the reading 'equation' or 'released-code'",
            )
        snntorch = _library()
        self.version = f"snntorch {snntorch.__version__}"
        self.stages, self.dtype = spiking.network.stages, spiking.dtype
        self.late = is_late(spiking.neuron)
        weights = [weight.detach() for weight in spiking.network.weights]
        self.layers = [_layer(stage, weight) for stage, weight in zip(self.stages, weights, strict=True)]
        self.neurons = [
            snntorch.Leaky(beta=spiking.neuron.leak, threshold=theta, reset_mechanism="subtract", reset_delay=True)
            for theta in spiking.thresholds
        ]
        self.pool = nn.AvgPool2d(2)

    @torch.no_grad()
    def run(self, train: Tensor) -> Activity:
        """What the network does with a spike train `[T, N, C, H, W]`."""
        membranes = [neuron.reset_mem() for neuron in self.neurons]
        waiting: list[Tensor | None] = [None] * len(self.neurons)
        spikes: list[list[Tensor]] = [[] for _ in self.neurons]
        total, outputs = torch.zeros(()), []
        for x in train:
            for index, neuron in enumerate(self.neurons):
                current = self.layers[index](self._entering(index, x)).float()
                fired, membranes[index] = neuron(current, membranes[index])
                sent = fired
                if self.late:
                    sent, waiting[index] = waiting[index], fired
                    sent = torch.zeros_like(fired) if sent is None else sent
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


def _library() -> Any:
    try:
        import snntorch
    except ImportError as error:
        raise HarnessError(f"snnTorch is not here ({error})", INSTALL) from None
    return snntorch
