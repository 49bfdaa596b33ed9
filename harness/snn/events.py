"""The number of values of a spike train that are not zero, place by place: each one is an event of the first layer."""

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

BLOCK = 1024  # places in a block: their counts stay in the L1 cache


def count_events(train: Tensor) -> Tensor:
    """Of a spike train `[T, N, C, H, W]`: how many values are not zero at each place `[H, W]`, int64."""
    if train.device.type != "cpu":
        return train.count_nonzero((0, 1, 2))
    rows = train.reshape(-1, train.shape[-2] * train.shape[-1])
    bits = rows.view(torch.int16 if rows.dtype == torch.bfloat16 else torch.int32).numpy()
    counts = torch.zeros(rows.shape[1], dtype=torch.int64)
    _count(bits, bits.dtype.type(np.iinfo(bits.dtype).max), counts.numpy())
    return counts.view(train.shape[-2:])


@numba.njit(parallel=True, cache=True)
def _count(bits: NDArray[np.int16], magnitude: np.int16, counts: NDArray[np.int64]) -> None:
    rows, places = bits.shape
    for block in numba.prange((places + BLOCK - 1) // BLOCK):
        start, stop = block * BLOCK, min(block * BLOCK + BLOCK, places)
        own = np.zeros(stop - start, np.uint32)
        for r in range(rows):
            row = bits[r, start:stop]
            for i in range(stop - start):
                own[i] += np.uint32(1) if row[i] & magnitude else np.uint32(0)  # -0.0 is zero, too
        counts[start:stop] = own
