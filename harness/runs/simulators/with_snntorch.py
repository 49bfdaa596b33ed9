"""snnTorch's `Leaky` with a subtracted, delayed reset: u ← β·u + I − θ·s, where s is the spike of the step before.

That is the reading "equation". Its membrane leaks at a spike, too, so it cannot state "algorithm".
"""

from typing import Any

import torch
from torch import Tensor

from harness.errors import HarnessError
from harness.runs.simulators.stepped import Neurons, Stepped
from harness.snn.network import Spiking


def network(spiking: Spiking) -> Stepped:
    """The network of `spiking`. Raises HarnessError where snnTorch cannot state it, ImportError where it is absent."""
    if spiking.neuron.reading == "algorithm":
        raise HarnessError(
            "snnTorch cannot state the reading 'algorithm': no neuron of its leaks only where it does not spike",
            "use --in norse",
        )
    import snntorch

    def neurons() -> list[Neurons]:
        return [
            _Layer(
                snntorch.Leaky(beta=spiking.neuron.leak, threshold=theta, reset_mechanism="subtract", reset_delay=True)
            )
            for theta in spiking.thresholds
        ]

    return Stepped(f"snntorch {snntorch.__version__}", spiking, neurons)


class _Layer:
    def __init__(self, neuron: Any) -> None:
        self.neuron, self.membrane = neuron, neuron.reset_mem()

    def __call__(self, current: Tensor) -> Tensor:
        spikes, self.membrane = self.neuron(current, self.membrane)
        assert isinstance(spikes, torch.Tensor)
        return spikes
