"""Quantiles of a stream in constant memory: a histogram whose bins are the leading bits of a float."""

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

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
        _count(bits.numpy(), 16 if half else 0, self.counts.numpy())

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
def _count(bits: NDArray[np.int32], shift: int, counts: NDArray[np.int64]) -> None:
    for word in bits:
        whole = np.int32(word) << shift
        # Negative floats order backwards as integers; flipping their magnitude bits corrects it.
        ordered = whole ^ ((whole >> 31) & 0x7FFFFFFF)
        counts[(ordered >> _DROPPED) + _BINS // 2] += 1


def _edge(index: int) -> float:
    ordered = torch.tensor((index - _BINS // 2) << _DROPPED, dtype=torch.int64).to(torch.int32)
    bits = ordered ^ ((ordered >> 31) & 0x7FFFFFFF)
    return float(bits.view(torch.float32))
