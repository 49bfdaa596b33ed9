"""Threshold balancing (paper §1.3): each layer's threshold is a high percentile of its pre-activations.

Layer by layer from first to last, over all timesteps; each layer receives the spikes that the thresholds found so far
produce. These spikes are kept packed, in at most BUDGET bytes, so that each pass computes only one more layer. Where
they do not fit, the layers since the last ones that were kept are computed again.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import NamedTuple

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from harness.config import Balancing, NeuronSpec
from harness.errors import CellFailure
from harness.snn.kernels.layers import as_maps, flat
from harness.snn.network import Network
from harness.snn.neuron import Kernel, layer_neurons

BUDGET = 1 << 30  # bytes; the inputs of two layers are kept at a time, so at most twice as much in all
Trains = Callable[[], Iterable[Tensor]]


@torch.no_grad()
def balance(
    network: Network,
    trains: Trains,
    balancing: Balancing,
    neuron: NeuronSpec,
    kernel: Kernel = "auto",
    activity: list[float] | None = None,
    seen_by_layer: Callable[[int], None] = lambda _images: None,
) -> list[float]:
    """A threshold for every layer but the last.

    trains: starts a pass over spike trains `[T, N, C, H, W]`, the same ones each time; `balancing.images` is not used.
    activity: receives the fraction of each layer's inputs that is not zero. seen_by_layer: is called with the number of
    images in each chunk that one more layer has seen.
    The method "per-step" needs 8 MiB per timestep. Raises CellFailure naming the layer whose pre-activations are not
    finite, or not positive at the percentile.
    """
    thresholds: list[float] = []
    kept = _Kept(0, trains)
    for depth, layer in enumerate(network.layers[:-1]):
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
            seen_by_layer(len(x) // timesteps)
        thresholds.append(_threshold(seen.values(), balancing.percentile, layer.name))
        if activity is not None:
            activity.append(active / inputs)
        kept = following if following.whole else kept
    return thresholds


def _threshold(seen: "Collection[StreamingQuantile]", percentile: float, name: str) -> float:
    """The largest percentile of the pre-activations of a layer: of all timesteps together, or of each."""
    if not all(part.finite for part in seen):
        raise CellFailure(f"{name}: its input is not finite: NaN or infinity in spike train or weights")
    threshold = max(part.quantile(percentile / 100) for part in seen)
    # Zero lies in a bin of subnormal numbers, so "positive" starts at the smallest normal one.
    if not threshold > torch.finfo(torch.float32).tiny:
        raise CellFailure(f"{name}: no threshold: percentile {percentile} of its input is {threshold:.3g}")
    return threshold


class _Kept:
    """The inputs of layer `depth` for all images, packed; those of layer 0 are the spike trains, encoded again."""

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


_DROPPED = 12  # mantissa bits dropped: 11 remain, so a bin is 2^-11 of its value wide
_BINS = 1 << (32 - _DROPPED)
_INFINITE = 0x7F800000 >> _DROPPED  # the bin of infinity, counted from zero; NaNs lie in the bins beyond it


class StreamingQuantile:
    """Counts float32 or bfloat16 values; `quantile(q)` is within 2⁻¹¹ (0.05 %) of the exact one, relatively."""

    def __init__(self) -> None:
        self.counts = torch.zeros(_BINS, dtype=torch.int64)

    def update(self, values: Tensor) -> None:
        """Count values of any shape."""
        flat = values.detach().cpu().permute(_order_of_memory(values)).reshape(-1)
        half = flat.dtype == torch.bfloat16  # the upper half of a float32
        bits = flat.view(torch.int16) if half else flat.float().view(torch.int32)
        _count_bins(bits.numpy(), 16 if half else 0, self.counts.numpy())

    @property
    def finite(self) -> bool:
        """Whether no value was NaN or infinite."""
        middle = _BINS // 2
        return not (self.counts[middle + _INFINITE :].any() or self.counts[: middle - _INFINITE].any())

    def quantile(self, q: float) -> float:
        """The smallest value with at least the fraction `q` of all values at or below it, to bin precision."""
        total = int(self.counts.sum())
        if total == 0:
            raise ValueError("no values were counted")
        cumulative = self.counts.cumsum(0)
        rank = torch.tensor(max(1, round(q * total)))
        found = int(torch.searchsorted(cumulative, rank))
        below = int(cumulative[found] - self.counts[found])
        fraction = (int(rank) - below - 0.5) / int(self.counts[found])
        low, high = _edge(found), _edge(found + 1)
        return low + (high - low) * fraction


def _order_of_memory(values: Tensor) -> list[int]:
    """The dimensions of `values` from the largest stride to the smallest, so that flattening copies nothing."""
    return sorted(range(values.dim()), key=values.stride, reverse=True)


@numba.njit(cache=True)
def _count_bins(bits: NDArray[np.int32], shift: int, counts: NDArray[np.int64]) -> None:
    for word in bits:
        whole = np.int32(word) << shift
        # Negative floats order backwards as integers; flipping their magnitude bits corrects it.
        ordered = whole ^ ((whole >> 31) & 0x7FFFFFFF)
        counts[(ordered >> _DROPPED) + _BINS // 2] += 1


def _edge(index: int) -> float:
    ordered = torch.tensor((index - _BINS // 2) << _DROPPED, dtype=torch.int64).to(torch.int32)
    bits = ordered ^ ((ordered >> 31) & 0x7FFFFFFF)
    return float(bits.view(torch.float32))


QUARTERS = (1, 2, 4)  # the bits of four times an average of four spikes: 0 … 4


class Packed(NamedTuple):
    """Packed spikes: for each of QUARTERS, the bits of all values, in the order of memory; None where all are 0.

    `shape`: of the spikes; `empty`: an empty tensor of their dtype and device.
    """

    planes: list[NDArray[np.uint8] | None]
    shape: torch.Size
    empty: Tensor

    @property
    def bytes(self) -> int:
        """How much memory it takes."""
        return sum(plane.nbytes for plane in self.planes if plane is not None)


def pack(spikes: Tensor) -> Packed:
    """Pack spikes `[B, C, H, W]` or `[B, F]`, each 0, ¼, ½, ¾ or 1."""
    quarters = flat(spikes).mul(4).to(torch.uint8).cpu().numpy()
    parts = [quarters & bit for bit in QUARTERS]
    return Packed([np.packbits(part) if part.any() else None for part in parts], spikes.shape, spikes.new_empty(0))


def unpack(packed: Packed) -> Tensor:
    """The spikes, channels last in memory."""
    quarters = np.zeros(packed.shape.numel(), np.uint8)
    for bit, plane in zip(QUARTERS, packed.planes, strict=True):
        if plane is not None:
            quarters += np.unpackbits(plane, count=len(quarters)) * np.uint8(bit)
    spikes = torch.from_numpy(quarters).to(packed.empty).div_(4).view(packed.shape[0], -1)
    return as_maps(spikes, *packed.shape[2:]) if len(packed.shape) == 4 else spikes
