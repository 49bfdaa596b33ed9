"""Which networks, batch sizes and timesteps are measured, and how often, as data. Imports no torch."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from harness.config import NetworkSpec
from harness.papers.dct_snn.experiments.mnist import NETWORK as MNIST
from harness.papers.dct_snn.experiments.vgg import VGG5_LITE, VGG9

NETWORKS: Mapping[str, tuple[NetworkSpec, tuple[int, int, int]]] = {
    VGG5_LITE.name: (VGG5_LITE, (3, 32, 32)),
    MNIST.name: (MNIST, (1, 28, 28)),
    VGG9.name: (VGG9, (3, 60, 60)),
}
BATCHES: Mapping[str, tuple[int, ...]] = {VGG5_LITE.name: (8, 32), MNIST.name: (32, 128)}


@dataclass(frozen=True)
class Point:
    """One size at which every implementation is measured."""

    network: str
    batch: int
    timesteps: int


@dataclass(frozen=True)
class MemoryTask:
    """What peak memory is measured of: a training "step" of ours, or "evaluate" on images (batch 0)."""

    what: Literal["step", "evaluate"]
    point: Point


@dataclass(frozen=True)
class Plan:
    """What a run measures: every network with each of its `batches` and at all `timesteps`.

    repeats: rounds over all implementations at one point. Short steps get more, until `seconds` have passed.
    memory: the points at which the peak memory of each implementation is measured.
    alone: peak memory of ours without peers: evaluation, and the step of the paper's VGG9 on its 60×60 map.
    growth: pairs of points, the second with more timesteps, whose times are compared.
    first: the point of the first step of a new process; None: start-up is not measured.
    """

    networks: tuple[str, ...] = tuple(BATCHES)
    batches: Mapping[str, tuple[int, ...]] = field(default_factory=lambda: BATCHES)
    timesteps: tuple[int, ...] = (4, 16, 48, 100)
    repeats: int = 3
    seconds: float = 4.0
    memory: tuple[Point, ...] = (
        Point(VGG5_LITE.name, 8, 48),
        Point(VGG5_LITE.name, 32, 48),
        Point(MNIST.name, 128, 48),
    )
    alone: tuple[MemoryTask, ...] = (
        *(MemoryTask("evaluate", Point(network, 0, timesteps)) for network in BATCHES for timesteps in (16, 100)),
        MemoryTask("step", Point(VGG9.name, 16, 48)),
    )
    growth: tuple[tuple[Point, Point], ...] = tuple(
        (Point(VGG5_LITE.name, batch, 48), Point(VGG5_LITE.name, batch, 100)) for batch in BATCHES[VGG5_LITE.name]
    )
    first: Point | None = Point(VGG5_LITE.name, 8, 48)

    @property
    def points(self) -> tuple[Point, ...]:
        """All points, small to large within a network."""
        return tuple(
            Point(network, batch, timesteps)
            for network in self.networks
            for batch in self.batches[network]
            for timesteps in self.timesteps
        )


FULL = Plan()
QUICK = Plan(
    timesteps=(4, 16),
    batches={VGG5_LITE.name: (8,), MNIST.name: (128,)},
    repeats=3,
    seconds=0.5,
    memory=(),
    alone=(),
    growth=(),
    first=None,
)
