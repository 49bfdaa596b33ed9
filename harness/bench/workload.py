"""The input of every implementation: the same weights, spike train, labels and thresholds, drawn from one seed."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from harness.bench.networks import NETWORKS
from harness.bench.plan import Point
from harness.config import Balancing, NeuronSpec
from harness.snn.balancing import balance
from harness.snn.network import Network, Stage

CLASSES = 10
LEAK = 0.9901  # the paper's λ (§2.2)
BALANCED_AT = (
    95.0  # percentile; with the paper's 99.9, deep layers with random weights are silent in the first timesteps
)


@dataclass(frozen=True)
class Workload:
    """A network without bias and dropout, and one batch: ternary spike train `[T, N, C, H, W]`, labels `[N]`.

    `thresholds`: one a hidden layer, low enough that every layer fires.
    """

    stages: tuple[Stage, ...]
    weights: tuple[Tensor, ...]
    train: Tensor
    labels: Tensor
    thresholds: tuple[float, ...]


@dataclass(frozen=True)
class Model:
    """An implementation with its weights. `forward`: spike train → output summed over time `[N, 10]`."""

    parameters: tuple[Tensor, ...]
    forward: Callable[[Tensor], Tensor]


def workload(point: Point, seed: int = 0) -> Workload:
    """The workload at `point`; equal seeds give equal numbers."""
    spec, shape = NETWORKS[point.network]
    draws = Generator().manual_seed(seed)
    network = Network(spec, shape, CLASSES, draws)
    train = torch.randint(-1, 2, (point.timesteps, point.batch, *shape), generator=draws, dtype=torch.int8).float()
    labels = torch.randint(0, CLASSES, (point.batch,), generator=draws)
    thresholds = balance(network, lambda: [train[:16, :2]], Balancing(BALANCED_AT), NeuronSpec(leak=LEAK))
    # A quantile equals one of the membranes. Slightly above it, rounding does not decide whether that one fires.
    apart = tuple(1.001 * threshold for threshold in thresholds)
    return Workload(network.stages, tuple(w.detach() for w in network.weights), train, labels, apart)


def training_step(model: Model, work: Workload, dtype: torch.dtype, autocast: bool) -> Callable[[], float]:
    """Forward, cross-entropy and backward, without optimiser; returns the loss.

    The spike train is handed over in `dtype`; `autocast` runs an fp32 model's layers in bf16, as torch does it.
    """
    train = work.train.to(dtype)

    def step() -> float:
        for parameter in model.parameters:
            parameter.grad = None
        with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
            output = model.forward(train)
        loss = F.cross_entropy(output.float(), work.labels)
        loss.backward()
        return float(loss.detach())

    return step


def leaves(work: Workload) -> tuple[Tensor, ...]:
    """Copies of the weights that collect gradients."""
    return tuple(weight.clone().requires_grad_() for weight in work.weights)
