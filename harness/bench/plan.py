"""What is measured, and how often, as data. Imports no torch."""

from dataclasses import dataclass
from typing import Literal

from harness.bench.networks import MNIST, VGG5_LITE, VGG9


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
class EpochSize:
    """An epoch of 784-100-10: so many training images in batches, then so many test images."""

    train: int
    test: int
    batch: int = 128
    timesteps: int = 16


@dataclass(frozen=True)
class Plan:
    """What a run measures: a training step of every implementation at all `points`, and the rest.

    repeats: rounds over all implementations at one point. Short steps get more, until `seconds` have passed.
    memory: the points at which the peak memory of each implementation is measured.
    alone: peak memory of ours without peers: evaluation, and the step of the paper's VGG9 on its 60×60 map.
    growth: pairs of points, the second with more timesteps, whose times are compared.
    first: the point of the first step of a new process; None: start-up is not measured.
    evaluation: points (batch 0) at which an image's evaluation is held against its forward pass.
    bound: the point at which our step is held against its bare layers and against one large matrix product.
    epoch: the epoch of MNIST, for all implementations; cell: whether a whole cell of ours is measured.
    """

    points: tuple[Point, ...]
    repeats: int = 2
    seconds: float = 2.0
    memory: tuple[Point, ...] = ()
    alone: tuple[MemoryTask, ...] = ()
    growth: tuple[tuple[Point, Point], ...] = ()
    first: Point | None = None
    evaluation: tuple[Point, ...] = ()
    bound: Point | None = None
    epoch: EpochSize | None = None
    cell: bool = False

    @property
    def networks(self) -> tuple[str, ...]:
        """The networks of its points, each once."""
        return tuple(dict.fromkeys(point.network for point in self.points))


PAPER_STEP = Point(VGG9.name, 16, 48)
EVALUATED = (Point(VGG5_LITE.name, 0, 48), Point(VGG9.name, 0, 48))
LITE_STEP = Point(VGG5_LITE.name, 8, 48)

DEFAULT = Plan(
    points=(LITE_STEP, *(Point(MNIST.name, 128, timesteps) for timesteps in (4, 16, 100))),
    memory=(LITE_STEP,),
    alone=(
        *(MemoryTask("evaluate", Point(VGG5_LITE.name, 0, timesteps)) for timesteps in (16, 100)),
        MemoryTask("step", PAPER_STEP),
    ),
    growth=((LITE_STEP, Point(VGG5_LITE.name, 8, 100)),),
    first=LITE_STEP,
    evaluation=EVALUATED,
    bound=PAPER_STEP,
    epoch=EpochSize(6_000, 1_000),
)
FULL = Plan(
    points=tuple(
        Point(network, batch, timesteps)
        for network, batches in ((VGG5_LITE.name, (8, 32)), (MNIST.name, (32, 128)))
        for batch in batches
        for timesteps in (4, 16, 48, 100)
    ),
    repeats=3,
    seconds=4.0,
    memory=(LITE_STEP, Point(VGG5_LITE.name, 32, 48), Point(MNIST.name, 128, 48)),
    alone=(
        *(
            MemoryTask("evaluate", Point(network, 0, timesteps))
            for network in (VGG5_LITE.name, MNIST.name)
            for timesteps in (16, 100)
        ),
        MemoryTask("step", PAPER_STEP),
    ),
    growth=tuple((Point(VGG5_LITE.name, batch, 48), Point(VGG5_LITE.name, batch, 100)) for batch in (8, 32)),
    first=LITE_STEP,
    evaluation=EVALUATED,
    bound=PAPER_STEP,
    epoch=EpochSize(60_000, 10_000),
    cell=True,
)
QUICK = Plan(
    points=(
        *(Point(VGG5_LITE.name, 8, timesteps) for timesteps in (4, 16)),
        *(Point(MNIST.name, 128, timesteps) for timesteps in (4, 16)),
    ),
    repeats=3,
    seconds=0.5,
)
