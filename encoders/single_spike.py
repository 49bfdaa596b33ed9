"""One spike a pixel at a given time: what the latency and the time-to-first-spike codes have in common."""

from typing import Any

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from encoders.bits import bits

Floats = NDArray[np.float32]

BLOCK = 2048  # pixels worked on together, so that their values stay in the first cache


def spikes_within(values: Tensor, least: Tensor, below: Tensor, sizes: Tensor) -> Tensor:
    """`[T, …]` in the dtype of `sizes` `[T]`: of size `sizes[t]` where least[t] ≤ values < below[t], else 0.

    values: float32 `[…]`; least, below: float32 `[T]`.
    """
    if values.device.type != "cpu":
        return spikes_within_reference(values, least, below, sizes)
    out = torch.empty(len(sizes), *values.shape, dtype=sizes.dtype)
    _spikes_within(
        values.reshape(-1).numpy(), least.numpy(), below.numpy(), bits(sizes), bits(out.view(len(sizes), -1))
    )
    return out


def spikes_within_reference(values: Tensor, least: Tensor, below: Tensor, sizes: Tensor) -> Tensor:
    """What `spikes_within` computes, for any device."""
    least, below, sizes = (
        steps.to(values.device, non_blocking=True).view(-1, *[1] * values.dim()) for steps in (least, below, sizes)
    )
    return ((values >= least) & (values < below)).to(sizes.dtype) * sizes


def decoded_at(train: Tensor, values: Tensor, silent: float) -> Tensor:
    """`[…]`: `values[t]` for the time t of each pixel's first spike in `[T, …]`, `silent` where there is none."""
    fired = train != 0
    first = fired.to(torch.uint8).argmax(dim=0)
    return torch.where(fired.any(dim=0), values.to(train.device, non_blocking=True)[first], silent)


@numba.njit(parallel=True, cache=True)
def _spikes_within(values: Floats, least: Floats, below: Floats, sizes: NDArray[Any], out: NDArray[Any]) -> None:
    steps, pixels = out.shape
    none = sizes.dtype.type(0)
    for block in numba.prange((pixels + BLOCK - 1) // BLOCK):
        begin = block * BLOCK
        end = min(begin + BLOCK, pixels)
        value = values[begin:end]
        for t in range(steps):
            line, size, low, high = out[t, begin:end], sizes[t], least[t], below[t]
            for p in range(end - begin):
                line[p] = size if (value[p] >= low) & (value[p] < high) else none
