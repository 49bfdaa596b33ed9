"""The neuron of `neuron.py` as one fused scan on the CPU (Numba), forward and backward, in fp32 and bf16.

Parallel over blocks of neurons whose state stays in cache from timestep to timestep. Nothing is saved but the input
current, from which the backward pass computes the membranes again. bf16 is read and written as its 16 bits.
The same operations in the same order as the reference: spikes and fp32 gradients are equal bit for bit.
"""

from typing import Any

import numba
import numpy as np
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

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


@numba.njit(parallel=True, cache=True)
def forward(
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


@numba.njit(parallel=True, cache=True)
def backward(
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
