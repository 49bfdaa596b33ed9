"""The fused kernels of the CPU (Numba): the neuron of `neuron.py` as one scan, forward and backward, in fp32 and bf16.

Parallel over blocks of neurons whose state stays in cache from timestep to timestep. Nothing is saved but the input
current, from which the backward pass computes the membranes again. bf16 is read and written as its 16 bits.
The same operations in the same order as the reference: spikes and fp32 gradients are equal bit for bit. With 2×2
average pooling a block is a strip of two rows of one map, channels last, and only pooled spikes are written; sums run
in the order of `avg_pool2d`.
"""

from typing import Any

import numba
import numpy as np
import torch
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray
from torch import Tensor

from encoders.compiled import compiled
from harness.snn.kernels.layers import SUMMED, Readout, pooled_away
from harness.snn.neuron import Neuron, is_late, reset_of, spike_sizes, surrogate_height

# Neurons in a block: enough to hide the cost of starting a row, few enough that T rows of membranes fit the L2 cache.
BLOCK = 1024
Floats = NDArray[np.float32]
Values = NDArray[np.float32] | NDArray[np.uint16]


def _widen(_: Any, value: Any) -> Any:
    """The fp32 of an fp32, or of the 16 bits of a bf16, which are the upper half of it."""

    def emit(context: Any, builder: Any, _: Any, arguments: Any) -> Any:
        if value == types.float32:
            return arguments[0]
        word = context.get_value_type(types.uint32)
        bits = builder.shl(builder.zext(arguments[0], word), word(16))
        return builder.bitcast(bits, context.get_value_type(types.float32))

    return types.float32(value), emit


def _as_bits(_: Any, value: Any) -> Any:
    """The 32 bits of an fp32."""

    def emit(context: Any, builder: Any, _: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], context.get_value_type(types.uint32))

    return types.uint32(value), emit


widen: Any = intrinsic(_widen)
_bits: Any = intrinsic(_as_bits)


@numba.njit(inline="always")
def store(row: Values, i: int, value: np.float32) -> None:
    """Write `value` into row[i], rounded to bf16 (to nearest, ties to even) if that is what the row holds."""
    if row.itemsize == 2:
        b = _bits(value)
        row[i] = np.uint16((b + np.uint32(0x7FFF) + ((b >> np.uint32(16)) & np.uint32(1))) >> np.uint32(16))
    else:
        row[i] = value


@numba.njit(inline="always")
def remaining(u: np.float32, threshold: np.float32, reset: np.float32, leak: np.float32, algorithm: bool) -> np.float32:
    """What remains of the membrane u at the next timestep: the two readings of `neuron.py`."""
    fired = u > threshold
    if algorithm:
        return u - reset if fired else leak * u
    return leak * u - reset * (np.float32(1) if fired else np.float32(0))


@numba.njit(inline="always")
def membrane_gradient(
    u: np.float32,
    spike_gradient: np.float32,
    later: np.float32,
    threshold: np.float32,
    leak: np.float32,
    height: np.float32,
    algorithm: bool,
) -> np.float32:
    """The gradient of the membrane u, from that of its spike and that of the next timestep's membrane."""
    slope = height * max(np.float32(0), np.float32(1) - abs(u / threshold - np.float32(1)))
    kept = np.float32(1) if algorithm and u > threshold else leak
    return spike_gradient * slope + kept * later


@compiled
def scan_forward(
    current: Values,
    gain: Values,
    threshold: np.float32,
    reset: np.float32,
    leak: np.float32,
    algorithm: bool,
    late: bool,
    spikes: Values,
    total: Floats,
) -> None:
    """Spikes `[T, M]` of `current` `[T, M]`, unless `spikes` has no rows; added up in `total` `[M]` unless it is empty.

    `gain` `[M]` is the size of a neuron's spikes.
    """
    steps, neurons = current.shape
    for block in numba.prange((neurons + BLOCK - 1) // BLOCK):
        start, stop = block * BLOCK, min(block * BLOCK + BLOCK, neurons)
        weight = gain[start:stop]
        width = stop - start
        nothing = weight[0] - weight[0]
        c = np.zeros(width, np.float32)
        earlier = np.full(width, -np.inf, np.float32)  # the membrane of the previous timestep
        unwritten = np.empty(width, spikes.dtype)
        for t in range(steps):
            now = current[t, start:stop]
            out = spikes[t, start:stop] if len(spikes) else unwritten
            for i in range(width):
                u = c[i] + widen(now[i])
                c[i] = remaining(u, threshold, reset, leak, algorithm)
                out[i] = weight[i] if (earlier[i] if late else u) > threshold else nothing
                earlier[i] = u
            if len(total):
                add(out, total[start:stop])


@numba.njit(inline="always")
def add(row: Values, total: Floats) -> None:
    """Add `row` to `total`."""
    for i in range(len(total)):
        total[i] += widen(row[i])


@compiled
def scan_backward(
    grad: Values,
    current: Values,
    gain: Floats,
    threshold: np.float32,
    reset: np.float32,
    leak: np.float32,
    algorithm: bool,
    late: bool,
    height: np.float32,
    grad_current: Values,
) -> None:
    """The gradient of `current` `[T, M]`, given that of the spikes: `[T, M]`, or `[1, M]` for every t.

    `grad_current` may be `current` itself.
    """
    steps, neurons = current.shape
    for block in numba.prange((neurons + BLOCK - 1) // BLOCK):
        start, stop = block * BLOCK, min(block * BLOCK + BLOCK, neurons)
        weight = gain[start:stop]
        width = stop - start
        membrane = np.empty((steps, width), np.float32)
        c = np.zeros(width, np.float32)
        for t in range(steps):
            now, u = current[t, start:stop], membrane[t]
            for i in range(width):
                u[i] = c[i] + widen(now[i])
                c[i] = remaining(u[i], threshold, reset, leak, algorithm)
        g = np.zeros(width, np.float32)
        for t in range(steps - 1, -1, -1):
            u, out = membrane[t], grad_current[t, start:stop]
            source = t + 1 if late else t
            row = grad[min(source, len(grad) - 1), start:stop]
            # With layer delay, a spike of the last timestep never reaches the next layer.
            received = np.float32(1 if source < steps else 0)
            for i in range(width):
                arriving = received * (widen(row[i]) * weight[i])
                g[i] = membrane_gradient(u[i], arriving, g[i], threshold, leak, height, algorithm)
                store(out, i, g[i])


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


@compiled
def pooled_forward(
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


@compiled
def pooled_backward(
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


def forward(current: Tensor, neuron: Neuron, readout: Readout, counts: Tensor | None = None) -> Tensor:
    """See `Kernels`."""
    gain, scalars = array(spike_sizes(neuron, current)), _scalars(neuron)
    if readout.kind == "summed":
        counts = torch.zeros(current.shape[1])
        scan_forward(array(current), gain, *scalars, array(current[:0]), array(counts))
        return counts
    total = array(current.new_empty(0, dtype=torch.float32) if counts is None else counts)
    if readout.kind == "each":
        spikes = torch.empty_like(current)
        scan_forward(array(current), gain, *scalars, array(spikes), total)
        return spikes
    images, height, width, channels = readout.maps
    pooled = current.new_empty(len(current), images * (height // 2) * (width // 2) * channels)
    pooled_forward(array(current), gain, readout.maps, *scalars, array(pooled), total)
    if counts is not None and (height % 2 or width % 2):
        outside = pooled_away(readout.maps)
        own = neuron if neuron.gain is None else neuron._replace(gain=neuron.gain[outside])
        counts[outside] += forward(current[:, outside].contiguous(), own, SUMMED)
    return pooled


def backward(grad: Tensor, current: Tensor, neuron: Neuron, readout: Readout, overwrite: bool = False) -> Tensor:
    """See `Kernels`. A pooled map that is odd is never overwritten."""
    out = current if overwrite else torch.empty_like(current)
    gain, height = array(spike_sizes(neuron, current).float()), np.float32(surrogate_height(neuron))
    if readout.kind != "pooled":
        scan_backward(array(grad), array(current), gain, *_scalars(neuron), height, array(out))
        return out
    if readout.maps[1] % 2 or readout.maps[2] % 2:  # no gradient reaches an odd last row or column
        out = torch.zeros_like(current)
    pooled_backward(array(grad), array(current), gain, readout.maps, *_scalars(neuron), height, array(out))
    return out


def _scalars(neuron: Neuron) -> tuple[np.float32, np.float32, np.float32, bool, bool]:
    """Threshold, what a spike subtracts, leak, whether the reading is Algorithm 1, whether spikes come a step late."""
    spec, reset = neuron.spec, np.float32(reset_of(neuron))
    return np.float32(neuron.threshold), reset, np.float32(spec.leak), spec.reading == "algorithm", is_late(spec)


def array(tensor: Tensor) -> Any:
    """A NumPy view of a contiguous CPU tensor; bf16 appears as its uint16 bits."""
    return tensor.view(torch.int16).numpy().view(np.uint16) if tensor.dtype == torch.bfloat16 else tensor.numpy()
