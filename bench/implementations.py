"""The compared implementations: ours, the bare layers, and the same network in SNN libraries and in a plain loop.

Each peer is written as its documentation recommends for speed. It is imported in its function, so none is required.
"""

import importlib
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from itertools import pairwise
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from bench.workload import LEAK, Model, Workload, network_of
from harness import plain
from harness.config import NeuronSpec
from harness.errors import named
from harness.snn.layers import Layer
from harness.snn.neuron import layer_neurons

DT = 0.001  # Norse's timestep, in seconds


def ours(work: Workload) -> Model:
    """Our training step, as a cell runs it: each layer once for all timesteps, its neurons in one scan."""
    network = network_of(work.network, Generator())
    for weight, source in zip(network.weights, reordered(work.weights, work.layers), strict=True):
        weight.data.copy_(source)
    neurons = layer_neurons(work.thresholds, NeuronSpec())
    return Model(tuple(network.parameters()), lambda train: network.snn(train, neurons))


def reordered(weights: Sequence[Tensor], layers: Sequence[Layer], back: bool = False) -> list[Tensor]:
    """Weights for maps that are flattened in our order (H, W, C), from those for (C, H, W), or `back`."""
    result = list(weights)
    for index, (before, layer) in enumerate(pairwise(layers), start=1):
        if before.side and not layer.side:
            height, width = (length // (2 if before.pool else 1) for length in before.outputs[1:])
            shape = (height, width, before.outputs[0]) if back else (before.outputs[0], height, width)
            order = (0, 3, 1, 2) if back else (0, 2, 3, 1)
            result[index] = weights[index].unflatten(1, shape).permute(order).flatten(1)
    return result


def matmuls(work: Workload) -> Model:
    """The lower bound: convolutions, pooling and linear layers for all timesteps at once, without neurons.

    In bf16 the maps are channels last, the fastest layout for oneDNN; in fp32 they have torch's default layout.
    """
    weights = work.leaves()

    def forward(train: Tensor) -> Tensor:
        layout = torch.channels_last if train.dtype == torch.bfloat16 else torch.contiguous_format
        x = train.flatten(0, 1)
        for layer, weight in zip(work.layers, weights, strict=True):
            cast = weight.to(x.dtype)
            if layer.side:
                x = F.conv2d(x.contiguous(memory_format=layout), cast.contiguous(memory_format=layout), padding=1)
                x = F.avg_pool2d(x, 2) if layer.pool else x
            else:
                # Channels-last maps are flattened in memory order, without a copy.
                x = x.permute(0, 2, 3, 1) if x.dim() == 4 and layout == torch.channels_last else x
                x = F.linear(x.reshape(len(x), -1), cast)
        return x.view(*train.shape[:2], -1).sum(0, dtype=torch.float32)

    return Model(weights, forward)


# ---- peers


def loop(work: Workload) -> Model:
    """The simplest code for the paper's equations: `harness.plain`, a loop over time, and within it over layers."""
    weights = work.leaves()
    layers = [plain.Layer(weight, pool=layer.pool) for layer, weight in zip(work.layers, weights, strict=True)]
    return Model(weights, lambda train: plain.snn(layers, train, list(work.thresholds)).sum(0))


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
            for index, (layer, weight) in enumerate(zip(work.layers, weights, strict=True)):
                x = F.conv2d(x, weight, padding=1) if layer.side else F.linear(x.flatten(1), weight)
                if index < len(neurons):
                    x, membranes[index] = neurons[index](x, membranes[index])
                x = F.avg_pool2d(x, 2) if layer.pool else x
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
        # Its membrane adds (1 − λ) times the current, so the threshold is lower by that factor.
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
    made: list[nn.Module] = []
    for index, (layer, weight) in enumerate(zip(work.layers, work.weights, strict=True)):
        if layer.side:
            made.append(modules.Conv2d(layer.inputs[0], layer.outputs[0], 3, padding=1, bias=False))
        else:
            made += [modules.Flatten(), modules.Linear(layer.inputs[0], layer.outputs[0], bias=False)]
        made[-1].weight = nn.Parameter(weight.clone())
        if index < len(work.thresholds):
            made.append(neuron(work.thresholds[index]))
        if layer.pool:
            made.append(modules.AvgPool2d(2))
    return made


# ---- by name


@dataclass(frozen=True)
class Implementation:
    """`make`: its model on a workload; `module`: what must be importable for it.

    bf16 means the harness's bf16 for ours and the bare layers, and torch's autocast for the peers.
    """

    name: str
    kind: Literal["ours", "matmuls", "peer"]
    make: Callable[[Workload], Model]
    precision: Literal["fp32", "bf16"] = "fp32"
    module: str | None = None

    @property
    def package(self) -> str | None:
        """The package that must be installed for it."""
        return self.module and self.module.partition(".")[0]

    @property
    def version(self) -> str | None:
        """The version of its package."""
        try:
            return self.package and version(self.package)
        except PackageNotFoundError:
            return None

    @property
    def missing(self) -> str | None:
        """Why it cannot run here; None if it can."""
        if self.module is None or self.package is None:
            return None
        if find_spec(self.package) is None:
            return "not installed"
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # warnings of a peer's modules
                importlib.import_module(self.module)
        except Exception as error:  # a peer that cannot be imported here is reported; the others are measured
            return f"cannot be imported: {type(error).__name__}: {error}"
        return None

    @property
    def dtype(self) -> torch.dtype:
        """The precision of the spike trains that it takes."""
        return torch.bfloat16 if self.precision == "bf16" and self.kind != "peer" else torch.float32

    def output(self, model: Model, train: Tensor) -> Tensor:
        """The output of `model` for a spike train in its precision: `[N, 10]` in fp32."""
        with torch.autocast("cpu", torch.bfloat16, enabled=self.precision == "bf16" and self.kind == "peer"):
            return model.forward(train).float()

    def step(self, work: Workload) -> Callable[[], float]:
        """A training step on `work`: forward, cross-entropy and backward, without optimiser; it returns the loss."""
        model, train = self.make(work), work.train.to(self.dtype)

        def step() -> float:
            for parameter in model.parameters:
                parameter.grad = None
            loss = F.cross_entropy(self.output(model, train), work.labels)
            loss.backward()
            return float(loss.detach())

        return step


_PEERS = (
    Implementation("SpikingJelly", "peer", spikingjelly, module="spikingjelly.activation_based.neuron"),
    Implementation("snnTorch", "peer", snntorch, module="snntorch"),
    Implementation("Norse", "peer", norse, module="norse.torch"),
    Implementation("loop", "peer", loop),
)
ALL = (
    Implementation("ours bf16", "ours", ours, "bf16"),
    Implementation("ours fp32", "ours", ours),
    Implementation("matmuls bf16", "matmuls", matmuls, "bf16"),
    Implementation("matmuls fp32", "matmuls", matmuls),
    *_PEERS,
    *(replace(peer, name=f"{peer.name} bf16", precision="bf16") for peer in _PEERS),
)
OURS, BASELINE = "ours bf16", "matmuls bf16"  # ratios are between these two


def chosen(names: Sequence[str] | None) -> tuple[Implementation, ...]:
    """The implementations with these names (None: all). Raises HarnessError for an unknown one."""
    by_name = {implementation.name: implementation for implementation in ALL}
    return tuple(named("implementation", name, by_name) for name in names) if names else ALL
