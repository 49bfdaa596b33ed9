"""The workloads: networks and sizes, plans, and the input that all implementations share, drawn from one seed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from harness.config import Balancing, NetworkSpec, NeuronSpec
from harness.papers.dct_snn.recipe import DIGITS_NETWORK, MNIST_NETWORK, VGG5_LITE, VGG9
from harness.snn.balancing import balance
from harness.snn.layers import Layer
from harness.snn.network import Network

# With the shape of their input maps.
NETWORKS: Mapping[str, tuple[NetworkSpec, tuple[int, int, int]]] = {
    VGG5_LITE.name: (VGG5_LITE, (3, 32, 32)),
    MNIST_NETWORK.name: (MNIST_NETWORK, (1, 28, 28)),
    DIGITS_NETWORK.name: (DIGITS_NETWORK, (1, 8, 8)),
    VGG9.name: (VGG9, (3, 60, 60)),
}
CLASSES = 10
LEAK = NeuronSpec().leak
# Percentile; with the paper's 99.9, deep layers with random weights are silent in the first timesteps.
BALANCED_AT = 95.0


@dataclass(frozen=True)
class Point:
    """One size at which a step is measured."""

    network: str
    batch: int
    timesteps: int


@dataclass(frozen=True)
class Plan:
    """The points of a run, at which a training step of every implementation is measured; `ours`: of ours and the bare.

    repeats: rounds over all implementations at one point; more for short steps, until `seconds` have passed.
    """

    points: tuple[Point, ...]
    repeats: int = 2
    seconds: float = 2.0
    ours: tuple[Point, ...] = ()


DEFAULT = Plan(
    (Point(VGG5_LITE.name, 8, 48), *(Point(MNIST_NETWORK.name, 128, timesteps) for timesteps in (4, 16, 100))),
    ours=(Point(VGG9.name, 16, 48),),
)
QUICK = Plan(
    points=tuple(
        Point(name, batch, t) for name, batch in ((VGG5_LITE.name, 8), (MNIST_NETWORK.name, 128)) for t in (4, 16)
    ),
    repeats=3,
    seconds=0.5,
)


@dataclass(frozen=True)
class Workload:
    """A network without bias and dropout, and one batch: ternary spike train `[T, N, C, H, W]`, labels `[N]`.

    `thresholds`: one per hidden layer, low enough that every layer fires.
    """

    network: str
    layers: tuple[Layer, ...]
    weights: tuple[Tensor, ...]
    train: Tensor
    labels: Tensor
    thresholds: tuple[float, ...]

    def leaves(self) -> tuple[Tensor, ...]:
        """Copies of the weights that collect gradients."""
        return tuple(weight.clone().requires_grad_() for weight in self.weights)


@dataclass(frozen=True)
class Model:
    """An implementation with its weights. `forward`: spike train → output summed over time `[N, 10]`."""

    parameters: tuple[Tensor, ...]
    forward: Callable[[Tensor], Tensor]


def network_of(name: str, draws: Generator) -> Network:
    """A network with random weights."""
    spec, shape = NETWORKS[name]
    return Network(spec, shape, CLASSES, draws)


def workload(point: Point) -> Workload:
    """The workload at `point`, the same numbers each time."""
    draws = Generator().manual_seed(0)
    network = network_of(point.network, draws)
    shape = (point.timesteps, point.batch, *NETWORKS[point.network][1])
    train = torch.randint(-1, 2, shape, generator=draws, dtype=torch.int8).float()
    labels = torch.randint(0, CLASSES, (point.batch,), generator=draws)
    thresholds = balance(network, lambda: [train[:16, :2]], Balancing(BALANCED_AT), NeuronSpec())
    # A quantile equals one of the membranes. Slightly above it, rounding does not decide whether that one fires.
    apart = tuple(1.001 * threshold for threshold in thresholds)
    return Workload(point.network, network.layers, tuple(w.detach() for w in network.weights), train, labels, apart)
