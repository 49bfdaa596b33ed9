"""A trained network in another simulator: its neurons between torch's own layers, in one plain loop over time.

None of our kernels takes part. Each simulator states the neuron in its own terms:

snnTorch   `Leaky` with a subtracted, delayed reset: u ← β·u + I − θ·s, with s the spike of the step before. That is the
           reading "equation". Its membrane leaks at a spike too, so it cannot state "algorithm".
Norse      `LIFBoxCell`: v ← λ·v + (1 − λ)·I, then a reset that it is given, before the next step leaks. Hence
           v = (1 − λ)·u, the threshold is (1 − λ)·θ, and what the reset leaves is divided by λ:
           v − θ/λ at a spike, of which the next step makes λ·v − θ ("equation", "released-code"), or
           (v − θ)/λ at a spike, of which the next step makes v − θ ("algorithm"). Without reset, θ is 0 in these two.
"""

import warnings
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import torch
from torch import Tensor, nn

from encoders.registry import how_to_get_peers
from harness.config import NeuronSpec
from harness.errors import HarnessError
from harness.snn.network import Spiking, Stage
from harness.snn.neuron import is_late

Neurons = Callable[[Tensor], Tensor]
"""The neurons of one layer, which keep their membranes: the current of a timestep `[N, …]` to their spikes."""


class Simulated:
    """The network of `spiking` in another simulator; `name` is the simulator with its version."""

    def __init__(self, simulator: str, spiking: Spiking) -> None:
        """Raises HarnessError where the simulator is absent or cannot state the neuron."""
        make = {"snntorch": _of_snntorch, "norse": _of_norse}[simulator]
        try:
            self.neurons = make(spiking.neuron)
        except ImportError as error:
            missing = error.name if isinstance(error, ModuleNotFoundError) and error.name else f"a working {simulator}"
            raise HarnessError(f"--from {simulator} needs {missing}: {error}", how_to_get_peers()) from None
        self.name = f"{simulator} {version(simulator)}"
        self.thresholds, self.stages, self.dtype = spiking.thresholds, spiking.network.stages, spiking.dtype
        self.late = is_late(spiking.neuron)
        weights = [weight.detach() for weight in spiking.network.weights]
        self.layers = [_layer(stage, weight) for stage, weight in zip(self.stages, weights, strict=True)]
        self.pool = nn.AvgPool2d(2)

    @torch.no_grad()
    def outputs(self, train: Tensor) -> Tensor:
        """U_t `[T, N, classes]` of a spike train `[T, N, C, H, W]` for every t."""
        neurons = [self.neurons(threshold) for threshold in self.thresholds]
        waiting: list[Tensor | None] = [None] * len(neurons)
        total, outputs = torch.zeros(()), []
        for x in train:
            for index, layer in enumerate(neurons):
                sent = fired = layer(self.layers[index](self._entering(index, x)).float())
                if self.late:  # with layer delay, the next layer receives the spikes of the step before
                    before, waiting[index] = waiting[index], fired
                    sent = torch.zeros_like(fired) if before is None else before
                x = sent.to(self.dtype)
                x = self.pool(x) if self.stages[index].pool else x
            total = total + self.layers[-1](self._entering(-1, x).float())
            outputs.append(total)
        return torch.stack(outputs)

    def _entering(self, index: int, x: Tensor) -> Tensor:
        """Maps `[N, C, H, W]` enter a linear layer as features `[N, H·W·C]`, in the order of its weights."""
        return x if self.stages[index].convolution else x.movedim(1, -1).flatten(1)


def _layer(stage: Stage, weight: Tensor) -> nn.Module:
    layer: nn.Module
    if stage.convolution:
        layer = nn.Conv2d(stage.inputs[0], stage.outputs[0], 3, padding=1, bias=False)
    else:
        layer = nn.Linear(stage.inputs[0], stage.outputs[0], bias=False)
    layer.weight = nn.Parameter(weight.clone(), requires_grad=False)
    return layer


def _of_snntorch(neuron: NeuronSpec) -> Callable[[float], Neurons]:
    if neuron.reading == "algorithm":
        raise HarnessError(
            "snnTorch cannot state the reading 'algorithm': no neuron of its leaks only where it does not spike",
            "use --from norse",
        )
    import snntorch

    def layer(threshold: float) -> Neurons:
        cell = snntorch.Leaky(beta=neuron.leak, threshold=threshold, reset_mechanism=neuron.reset, reset_delay=True)
        return _stepping(cell, cell.reset_mem())

    return layer


def _of_norse(neuron: NeuronSpec) -> Callable[[float], Neurons]:
    with warnings.catch_warnings():  # Norse 1.1 scripts functions on import, which recent torch deprecates
        warnings.simplefilter("ignore", DeprecationWarning)
        import norse.torch as norse

    def reset(z: Tensor, v: Tensor, _: Tensor, threshold: Tensor) -> Tensor:
        subtracted = threshold if neuron.reset == "subtract" else torch.zeros_like(threshold)
        if neuron.reading == "algorithm":
            return torch.where(z > 0, (v - subtracted) / neuron.leak, v)
        return v - z * (subtracted / neuron.leak)

    def layer(threshold: float) -> Neurons:
        share = 1 - neuron.leak
        parameters = norse.LIFBoxParameters(
            tau_mem_inv=torch.tensor(share, dtype=torch.float64),
            v_th=torch.tensor(share * threshold, dtype=torch.float64),
            method="heaviside",
            reset_method=reset,
        )
        return _stepping(norse.LIFBoxCell(parameters, dt=1.0), None)

    return layer


def _stepping(cell: Any, state: Any) -> Neurons:
    def step(current: Tensor) -> Tensor:
        nonlocal state
        spikes, state = cell(current, state)
        assert isinstance(spikes, torch.Tensor)
        return spikes

    return step
