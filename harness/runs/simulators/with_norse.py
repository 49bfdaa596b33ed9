"""Norse's `LIFBoxCell`, whose reset is a function that it is given: so it can state every reading.

Its step is v ← v + (1 − λ)·(I − v), that is λ·v + (1 − λ)·I, and then the reset, before the next step leaks. Hence
v = (1 − λ)·u, the threshold is (1 − λ)·θ, and what the reset leaves is divided by λ:

    equation, released-code   v − θ/λ at a spike      the next step makes λ·v − θ of it
    algorithm                 (v − θ)/λ at a spike    the next step makes v − θ of it
"""

import warnings
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import torch
from torch import Tensor

from harness.config import NeuronSpec
from harness.runs.simulators.stepped import Neurons, Stepped
from harness.snn.network import Spiking


def network(spiking: Spiking) -> Stepped:
    """The network of `spiking`. Raises ImportError where Norse is absent."""
    with warnings.catch_warnings():  # Norse 1.1 scripts functions on import, which recent torch deprecates
        warnings.simplefilter("ignore", DeprecationWarning)
        import norse.torch as norse

    spec = spiking.neuron
    share = 1 - spec.leak

    def neurons() -> list[Neurons]:
        made: list[Neurons] = []
        for theta in spiking.thresholds:
            parameters = norse.LIFBoxParameters(
                tau_mem_inv=torch.tensor(share, dtype=torch.float64),
                v_th=torch.tensor(share * theta, dtype=torch.float64),
                method="heaviside",
                reset_method=reset(spec),
            )
            made.append(_Layer(norse.LIFBoxCell(parameters, dt=1.0)))
        return made

    return Stepped(f"norse {version('norse')}", spiking, neurons)


def reset(spec: NeuronSpec) -> Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]:
    """The membrane after spikes `z` that the next step's leak turns into what the reading says."""

    def subtracted(z: Tensor, v: Tensor, _reset: Tensor, threshold: Tensor) -> Tensor:
        if spec.reading == "algorithm":
            return torch.where(z > 0, (v - threshold) / spec.leak, v)
        return v - z * (threshold / spec.leak)

    return subtracted


class _Layer:
    def __init__(self, cell: Any) -> None:
        self.cell, self.state = cell, None

    def __call__(self, current: Tensor) -> Tensor:
        spikes, self.state = self.cell(current, self.state)
        assert isinstance(spikes, torch.Tensor)
        return spikes
