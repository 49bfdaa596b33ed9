"""The same network in other SNN libraries and in a plain loop, each written as its documentation shows for speed.

Libraries are imported where they are used, because none of them need be installed.
"""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bench.workload import LEAK, Model, Workload
from harness.plain import Layer, snn

DT = 0.001  # Norse's timestep, in seconds


def loop(work: Workload) -> Model:
    """What a reader of the paper writes: `harness.plain`, a loop over time, and within it over layers."""
    weights = work.leaves()
    layers = [Layer(weight, pool=stage.pool) for stage, weight in zip(work.stages, weights, strict=True)]
    return Model(weights, lambda train: snn(layers, train, list(work.thresholds)).sum(0))


def snntorch(work: Workload) -> Model:
    """snnTorch as its tutorials write it: a loop over time, `Leaky` neurons with the membranes passed along.

    Soft reset; its triangular surrogate is the nearest to ours. None of its neurons that take all timesteps at once
    (`LeakyParallel`, `StateLeaky`) resets its membrane.
    """
    from snntorch import Leaky, surrogate

    weights = work.leaves()
    neurons = [
        Leaky(beta=LEAK, threshold=threshold, spike_grad=surrogate.triangular(), reset_mechanism="subtract")
        for threshold in work.thresholds
    ]

    def forward(train: Tensor) -> Tensor:
        membranes = [neuron.reset_mem() for neuron in neurons]
        outputs = []
        for x in train:
            for index, (stage, weight) in enumerate(zip(work.stages, weights, strict=True)):
                x = F.conv2d(x, weight, padding=1) if stage.convolution else F.linear(x.flatten(1), weight)
                if index < len(neurons):
                    x, membranes[index] = neurons[index](x, membranes[index])
                x = F.avg_pool2d(x, 2) if stage.pool else x
            outputs.append(x)
        return torch.stack(outputs).sum(0, dtype=torch.float32)

    return Model(weights, forward)


def spikingjelly(work: Workload) -> Model:
    """SpikingJelly with step_mode "m", which its documentation recommends for speed: each layer over the whole train.

    Soft reset outside the graph, as ours. Its CuPy and Triton backends need a GPU.
    """
    from spikingjelly.activation_based import functional, layer, neuron, surrogate

    def lif(threshold: float) -> nn.Module:
        node: nn.Module = neuron.LIFNode(
            tau=1 / (1 - LEAK),
            decay_input=False,
            v_threshold=threshold,
            v_reset=None,
            surrogate_function=surrogate.PiecewiseQuadratic(),
            detach_reset=True,
        )
        return node

    network = nn.Sequential(*_layers(work, layer, lif))
    functional.set_step_mode(network, "m")

    def forward(train: Tensor) -> Tensor:
        functional.reset_net(network)
        output: Tensor = network(train).sum(0, dtype=torch.float32)
        return output

    return Model(tuple(network.parameters()), forward)


def norse(work: Workload) -> Model:
    """Norse as its documentation writes it: `SequentialState`, called once per timestep with the states handed back.

    Soft reset and its default surrogate. `LIFBoxCell` is its neuron without a synaptic current, which is the paper's
    neuron and has the least to compute.
    """
    from norse.torch import LIFBoxCell, LIFBoxParameters, SequentialState
    from norse.torch.functional.reset import reset_subtract

    def lif(threshold: float) -> nn.Module:
        # Its membrane takes in (1 − λ) of the current, so the threshold is that much lower.
        parameters = LIFBoxParameters(
            tau_mem_inv=torch.tensor((1 - LEAK) / DT),
            v_th=torch.tensor(threshold * (1 - LEAK)),
            reset_method=reset_subtract,
        )
        cell: nn.Module = LIFBoxCell(parameters, dt=DT)
        return cell

    network = SequentialState(*_layers(work, nn, lif))

    def forward(train: Tensor) -> Tensor:
        state, total = None, torch.zeros(())
        for x in train:
            output, state = network(x, state)
            total = total + output
        return total

    return Model(tuple(network.parameters()), forward)


def _layers(work: Workload, modules: Any, neuron: Callable[[float], nn.Module]) -> list[nn.Module]:
    """The network's layers from `modules`, torch's or a library's of the same names, with a neuron after each."""
    layers: list[nn.Module] = []
    for index, (stage, weight) in enumerate(zip(work.stages, work.weights, strict=True)):
        if stage.convolution:
            layers.append(modules.Conv2d(stage.inputs[0], stage.outputs[0], 3, padding=1, bias=False))
        else:
            layers += [modules.Flatten(), modules.Linear(stage.inputs[0], stage.outputs[0], bias=False)]
        layers[-1].weight = nn.Parameter(weight.clone())
        if index < len(work.thresholds):
            layers.append(neuron(work.thresholds[index]))
        if stage.pool:
            layers.append(modules.AvgPool2d(2))
    return layers
