"""The scan of `numba_lif.py` and the 2×2 average pooling that follows it, in one kernel that writes pooled spikes only.

A block is a strip of two rows of one map, channels last, as they lie in memory. Sums run in the order of
`avg_pool2d`, so that the result equals pooling after the neuron bit for bit.
"""

from typing import Any

import numba
import numpy as np

from harness.snn.numba_lif import Floats, Values, add, membrane_gradient, remaining, store, widen

STRIP = 512  # neurons of one row in a block, about: twice as many membranes, T times, fit the L2 cache of a core


@numba.njit(inline="always")
def _columns(maps: Any) -> Any:
    """Columns of a strip: even, and about STRIP neurons."""
    _, _, width, channels = maps
    return min(width // 2, max(1, STRIP // (2 * channels))) * 2


@numba.njit(inline="always")
def _place(block: int, maps: Any, columns: int) -> Any:
    """Of a block: where its upper row starts, where its pooled row starts, and how many columns it has."""
    _, height, width, channels = maps
    strips = (width // 2 * 2 + columns - 1) // columns
    image, row, left = block // (height // 2 * strips), block // strips % (height // 2), block % strips * columns
    start = ((image * height + 2 * row) * width + left) * channels
    pooled = ((image * (height // 2) + row) * (width // 2) + left // 2) * channels
    return start, pooled, min(columns, width // 2 * 2 - left)


@numba.njit(inline="always")
def _blocks(maps: Any, columns: int) -> Any:
    images, height, width, _ = maps
    return images * (height // 2) * ((width // 2 * 2 + columns - 1) // columns)


@numba.njit(parallel=True, cache=True)
def forward(
    current: Values,
    gain: Values,
    maps: Any,
    threshold: np.float32,
    reset: np.float32,
    leak: np.float32,
    algorithm: bool,
    late: bool,
    pooled: Values,
    total: Floats,
) -> None:
    """Pooled spikes `[T, N·⌊H/2⌋·⌊W/2⌋·C]` of `current` `[T, M]`, M = N·H·W·C; maps = (N, H, W, C).

    `total` `[M]`, unless it is empty: each neuron's spikes are added to it, but for an odd last row or column.
    """
    channels, columns = maps[3], _columns(maps)
    below = maps[2] * channels  # from a neuron to the one under it
    quarter = np.float32(0.25)
    for block in numba.prange(_blocks(maps, columns)):
        start, target, wide = _place(block, maps, columns)
        size = wide * channels
        c = np.zeros((2, size), np.float32)
        earlier = np.full((2, size), -np.inf, np.float32)  # the membranes of the previous timestep
        fired = np.empty((2, size), np.float32)
        for t in range(len(current)):
            for row in range(2):
                at = start + row * below
                now, weight = current[t, at : at + size], gain[at : at + size]
                c_row, earlier_row, fired_row = c[row], earlier[row], fired[row]
                for i in range(size):
                    u = c_row[i] + widen(now[i])
                    c_row[i] = remaining(u, threshold, reset, leak, algorithm)
                    fired_row[i] = widen(weight[i]) if (earlier_row[i] if late else u) > threshold else np.float32(0)
                    earlier_row[i] = u
                if len(total):
                    add(fired_row, total[at : at + size])
            for x in range(wide // 2):
                out = pooled[t, target + x * channels : target + (x + 1) * channels]
                left, right = 2 * x * channels, (2 * x + 1) * channels
                a, b = fired[0, left:right], fired[0, right : right + channels]
                d, e = fired[1, left:right], fired[1, right : right + channels]
                for k in range(channels):
                    store(out, k, (((a[k] + b[k]) + d[k]) + e[k]) * quarter)


@numba.njit(parallel=True, cache=True)
def backward(
    grad: Values,
    current: Values,
    gain: Floats,
    maps: Any,
    threshold: np.float32,
    reset: np.float32,
    leak: np.float32,
    algorithm: bool,
    late: bool,
    height: np.float32,
    grad_current: Values,
) -> None:
    """The gradient of `current`, given that of the pooled spikes, with T rows or one row for every t.

    An odd last row or column of `grad_current` is left as it is; else it may be `current` itself.
    """
    steps, channels, columns = len(current), maps[3], _columns(maps)
    below = maps[2] * channels
    for block in numba.prange(_blocks(maps, columns)):
        start, target, wide = _place(block, maps, columns)
        size = wide * channels
        membrane = np.empty((steps, 2, size), np.float32)
        c = np.zeros((2, size), np.float32)
        for t in range(steps):
            for row in range(2):
                at = start + row * below
                now, u, c_row = current[t, at : at + size], membrane[t, row], c[row]
                for i in range(size):
                    u[i] = c_row[i] + widen(now[i])
                    c_row[i] = remaining(u[i], threshold, reset, leak, algorithm)
        g = np.zeros((2, size), np.float32)
        spread = np.zeros(size, np.float32)  # the same for both rows
        for t in range(steps - 1, -1, -1):
            source = t + 1 if late else t
            if source < steps:
                _spread(grad[min(source, len(grad) - 1), target : target + size // 2], channels, spread)
            for row in range(2):
                at = start + row * below
                u, weight, g_row = membrane[t, row], gain[at : at + size], g[row]
                out = grad_current[t, at : at + size]
                for i in range(size):
                    arriving = spread[i] * weight[i]
                    g_row[i] = membrane_gradient(u[i], arriving, g_row[i], threshold, leak, height, algorithm)
                    store(out, i, g_row[i])


@numba.njit(inline="always")
def _spread(pooled: Values, channels: int, into: Floats) -> None:
    """Write a quarter of each pooled gradient to the two columns that were pooled."""
    for x in range(len(pooled) // channels):
        source = pooled[x * channels : (x + 1) * channels]
        left = into[2 * x * channels : (2 * x + 1) * channels]
        right = into[(2 * x + 1) * channels : (2 * x + 2) * channels]
        for k in range(channels):
            left[k] = right[k] = widen(source[k]) * np.float32(0.25)
