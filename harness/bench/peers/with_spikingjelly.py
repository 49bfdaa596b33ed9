"""SpikingJelly in multi-step mode: every layer over the whole train `[T, N, …]`, the neuron's own loop over time.

Its documentation recommends step_mode "m" for speed; its CuPy and Triton backends need a GPU.
"""

import torch
from spikingjelly.activation_based import encoding, functional, layer, neuron, surrogate
from torch import Tensor, nn

from harness.bench.workload import LEAK, Model, Workload


def encode(images: Tensor, timesteps: int) -> Tensor:
    """Its Poisson code of images in [0, 1], one timestep after another."""
    poisson = encoding.PoissonEncoder()
    return torch.stack([poisson(images) for _ in range(timesteps)])


def model(work: Workload) -> Model:
    """A `Sequential` of its layers; soft reset outside the graph, as ours."""
    layers: list[nn.Module] = []
    for index, (stage, weight) in enumerate(zip(work.stages, work.weights, strict=True)):
        if stage.convolution:
            layers.append(layer.Conv2d(stage.inputs[0], stage.outputs[0], 3, padding=1, bias=False))
        else:
            layers += [layer.Flatten(), layer.Linear(stage.inputs[0], stage.outputs[0], bias=False)]
        layers[-1].weight = nn.Parameter(weight.clone())
        if index < len(work.thresholds):
            layers.append(_neuron(work.thresholds[index]))
        if stage.pool:
            layers.append(layer.AvgPool2d(2))
    network = nn.Sequential(*layers)
    functional.set_step_mode(network, "m")

    def forward(train: Tensor) -> Tensor:
        functional.reset_net(network)
        output: Tensor = network(train).sum(0, dtype=torch.float32)
        return output

    return Model(tuple(network.parameters()), forward)


def _neuron(threshold: float) -> nn.Module:
    node: nn.Module = neuron.LIFNode(
        tau=1 / (1 - LEAK),
        decay_input=False,
        v_threshold=threshold,
        v_reset=None,
        surrogate_function=surrogate.PiecewiseQuadratic(),
        detach_reset=True,
    )
    return node
