"""Threshold balancing (paper §1.3): each layer's threshold is a high percentile of its pre-activations.

Layer by layer from first to last, over all timesteps; each layer receives the spikes that the thresholds found so far
produce. These are kept packed, at most BUDGET bytes of them, so that one layer more is computed and not all from the
first; where they do not fit, the layers since the last ones kept are computed again.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator

import torch
from torch import Tensor

from harness.config import Balancing, NeuronSpec
from harness.errors import CellFailure
from harness.snn.network import Network
from harness.snn.neuron import Kernel, layer_neurons
from harness.snn.packing import Packed, pack, unpack
from harness.snn.quantile import StreamingQuantile

BUDGET = 1 << 30  # while a layer is computed, those before it and after it are kept: at most twice as much in all
Trains = Callable[[], Iterable[Tensor]]


@torch.no_grad()
def balance(
    network: Network,
    trains: Trains,
    balancing: Balancing,
    neuron: NeuronSpec,
    kernel: Kernel = "auto",
    activity: list[float] | None = None,
) -> list[float]:
    """A threshold for every layer but the last.

    `trains()` starts a pass over spike trains `[T, N, C, H, W]`, the same ones each time; `balancing.images` is not
    used. activity: takes the fraction of each layer's inputs that is not zero. The method "per-step" needs 8 MiB a
    timestep. Raises CellFailure naming the layer whose pre-activations are not finite, or not positive at the
    percentile.
    """
    thresholds: list[float] = []
    kept = _Kept(0, trains)
    for depth, stage in enumerate(network.stages[:-1]):
        seen: dict[int, StreamingQuantile] = defaultdict(StreamingQuantile)
        following = _Kept(depth, trains)
        active = inputs = 0
        for timesteps, x in kept.inputs():
            hidden = network.firing(timesteps, layer_neurons(thresholds, neuron, kernel=kernel))
            x = network.walk(x, hidden, kept.depth, depth)
            following.keep(timesteps, x)
            if activity is not None:
                active, inputs = active + int(x.count_nonzero()), inputs + x.numel()
            current = network.current(depth, x)
            for part, values in enumerate(current.chunk(timesteps) if balancing.method == "per-step" else [current]):
                seen[part].update(values)
        thresholds.append(_threshold(seen.values(), balancing.percentile, stage.name))
        if activity is not None:
            activity.append(active / inputs)
        kept = following if following.whole else kept
    return thresholds


def _threshold(seen: Collection[StreamingQuantile], percentile: float, name: str) -> float:
    """The largest percentile of the pre-activations of a layer: of all timesteps together, or of each."""
    if not all(part.finite for part in seen):
        raise CellFailure(f"{name}: its input is not finite: NaN or infinity in spike train or weights")
    threshold = max(part.quantile(percentile / 100) for part in seen)
    # Zero lies in a bin of subnormal numbers, so "positive" starts at the smallest normal one.
    if not threshold > torch.finfo(torch.float32).tiny:
        raise CellFailure(f"{name}: no threshold: percentile {percentile} of its input is {threshold:.3g}")
    return threshold


class _Kept:
    """The inputs of stage `depth` for all images, packed; those of stage 0 are the spike trains, encoded again."""

    def __init__(self, depth: int, trains: Trains) -> None:
        self.depth, self.trains = depth, trains
        self.packed: list[tuple[int, Packed]] = []
        self.bytes = 0

    @property
    def whole(self) -> bool:
        """Whether all of them were kept."""
        return self.depth > 0 and self.bytes <= BUDGET

    def keep(self, timesteps: int, x: Tensor) -> None:
        """Add inputs `[T·N, …]`; over the budget, none are kept."""
        if not self.whole:
            return
        self.packed.append((timesteps, pack(x)))
        self.bytes += self.packed[-1][1].bytes
        if not self.whole:
            self.packed.clear()

    def inputs(self) -> Iterator[tuple[int, Tensor]]:
        """T and inputs `[T·N, …]`, chunk by chunk."""
        if self.depth == 0:
            yield from ((len(train), train.flatten(0, 1)) for train in self.trains())
        yield from ((timesteps, unpack(packed)) for timesteps, packed in self.packed)
