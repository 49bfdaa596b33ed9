"""Quantiles of a stream in constant memory: a histogram whose bins are the leading bits of a float."""

import torch
from torch import Tensor

_DROPPED = 12  # mantissa bits dropped: 11 remain, so a bin is 2^-11 of its value wide
_BINS = 1 << (32 - _DROPPED)


class StreamingQuantile:
    """Counts float32 values; `quantile(q)` is within 2⁻¹¹ (0.05 %) of the exact one, relatively."""

    def __init__(self) -> None:
        self.counts = torch.zeros(_BINS, dtype=torch.int64)

    def update(self, values: Tensor) -> None:
        """Count finite values of any shape."""
        bits = values.detach().float().contiguous().view(torch.int32).flatten().cpu()
        # Negative floats order backwards as integers; flipping their magnitude bits mends it.
        ordered = bits ^ ((bits >> 31) & 0x7FFFFFFF)
        self.counts += torch.bincount((ordered >> _DROPPED).long() + _BINS // 2, minlength=_BINS)

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


def _edge(index: int) -> float:
    ordered = torch.tensor((index - _BINS // 2) << _DROPPED, dtype=torch.int64).to(torch.int32)
    bits = ordered ^ ((ordered >> 31) & 0x7FFFFFFF)
    return float(bits.view(torch.float32))
