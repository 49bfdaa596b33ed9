"""Every spike of a network and its output at each timestep, so that two simulators can be compared."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from harness.snn.kernels import fire
from harness.snn.kernels.layers import as_maps
from harness.snn.network import Spiking


class Activity(NamedTuple):
    """`spikes`: of each hidden layer what the next one receives at t, bool `[T, N, H·W·C]`, before pooling.

    `outputs`: U_t `[T, N, classes]`.
    """

    spikes: list[Tensor]
    outputs: Tensor

    @property
    def classes(self) -> Tensor:
        """The class of each image after each timestep, `[T, N]`."""
        return self.outputs.argmax(-1)


class Trace(NamedTuple):
    """`activity` of our network, and what each layer received: `inputs[l]` is `[T·N, …]`."""

    activity: Activity
    inputs: list[Tensor]


@torch.no_grad()
def trace(spiking: Spiking, train: Tensor) -> Trace:
    """What our kernels do with a spike train `[T, N, C, H, W]`. The network's weights are `cast` already."""
    network, steps, images = spiking.network, train.shape[0], train.shape[1]
    neurons = spiking.neurons()
    spikes: list[Tensor] = []
    inputs: list[Tensor] = []

    def hidden(index: int, x: Tensor) -> Tensor:
        inputs.append(x)
        fired = fire(x, network.weights[index], steps, neurons[index]).view(len(x), -1)
        spikes.append(fired.view(steps, images, -1) != 0)
        stage = network.stages[index]
        if not stage.convolution:
            return fired
        maps = as_maps(fired, *stage.outputs[1:])
        return F.avg_pool2d(maps, 2) if stage.pool else maps

    x = network.walk(train.flatten(0, 1), hidden)
    inputs.append(x)
    outputs = network.current(-1, x.float()).view(steps, images, -1).cumsum(0)
    return Trace(Activity(spikes, outputs), inputs)
