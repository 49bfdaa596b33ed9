"""The neuron of `neuron.py` as one fused scan on the CPU (Numba), forward and backward, in fp32 and bf16.

Parallel over blocks of neurons whose state stays in cache while time passes; nothing is saved but the input
current, from which the backward pass computes the membranes again. bf16 is read and written as its 16 bits.
The same operations in the same order as the reference: spikes and fp32 gradients are equal bit for bit.
"""

from typing import Any

import numba
import numpy as np
import torch
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray
from torch import Tensor

from harness.config import NeuronSpec
from harness.snn.neuron import is_late

# Neurons a block: enough to hide what each row costs to begin; T rows of membranes still fit a core's L2 cache.
BLOCK = 1024
Floats = NDArray[np.float32]
Values = NDArray[np.float32] | NDArray[np.uint16]


def forward(current: Tensor, gain: Tensor, threshold: float, spec: NeuronSpec) -> Tensor:
    """Spikes `[T, M]` of `current` `[T, M]` (fp32 or bf16, contiguous); `gain` `[M]` is what a spike weighs."""
    spikes = torch.empty_like(current)
    _forward(array(current), array(gain), *scalars(threshold, spec), array(spikes))
    return spikes


def summed(current: Tensor, gain: Tensor, threshold: float, spec: NeuronSpec) -> Tensor:
    """The spikes of `forward` summed over time: `[M]` in fp32."""
    total = torch.zeros(current.shape[1])
    _summed(array(current), array(gain), *scalars(threshold, spec), array(total))
    return total


def backward(
    grad: Tensor, current: Tensor, gain: Tensor, threshold: float, spec: NeuronSpec, overwrite: bool = False
) -> Tensor:
    """The gradient of `current` `[T, M]`, given that of the spikes: `[T, M]`, or `[1, M]` for every t.

    `overwrite` puts it in the place of `current`.
    """
    out = current if overwrite else torch.empty_like(current)
    height = np.float32(spec.surrogate_height)
    _backward(array(grad), array(current), array(gain.float()), *scalars(threshold, spec), height, array(out))
    return out


def scalars(threshold: float, spec: NeuronSpec) -> tuple[np.float32, np.float32, bool, bool]:
    """What a kernel has to know of the neuron: threshold, leak, whether by Algorithm 1, whether a step late."""
    return np.float32(threshold), np.float32(spec.leak), spec.reading == "algorithm", is_late(spec)


def array(tensor: Tensor) -> Any:
    """A NumPy view of a contiguous CPU tensor; bf16 appears as its uint16 bits."""
    return tensor.view(torch.int16).numpy().view(np.uint16) if tensor.dtype == torch.bfloat16 else tensor.numpy()


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
def put(row: Values, i: int, value: np.float32) -> None:
    """Write `value` into row[i], rounded to bf16 (to nearest, ties to even) if that is what the row holds."""
    if row.itemsize == 2:
        b = _bits(value)
        row[i] = np.uint16((b + np.uint32(0x7FFF) + ((b >> np.uint32(16)) & np.uint32(1))) >> np.uint32(16))
    else:
        row[i] = value


@numba.njit(inline="always")
def carried(u: np.float32, threshold: np.float32, leak: np.float32, algorithm: bool) -> np.float32:
    """What the membrane u leaves for the next timestep: the two readings of `neuron.py`."""
    fired = u > threshold
    if algorithm:
        return u - threshold if fired else leak * u
    return leak * u - threshold * (np.float32(1) if fired else np.float32(0))


@numba.njit(inline="always")
def through(
    u: np.float32,
    arriving: np.float32,
    later: np.float32,
    threshold: np.float32,
    leak: np.float32,
    height: np.float32,
    algorithm: bool,
) -> np.float32:
    """The gradient of the membrane u, from that of its spike and that of the next timestep's membrane."""
    slope = height * max(np.float32(0), np.float32(1) - abs(u / threshold - np.float32(1)))
    kept = np.float32(1) if algorithm and u > threshold else leak
    return arriving * slope + kept * later


@numba.njit(parallel=True, cache=True)
def _forward(
    current: Values,
    gain: Values,
    threshold: np.float32,
    leak: np.float32,
    algorithm: bool,
    late: bool,
    spikes: Values,
) -> None:
    steps, neurons = current.shape
    for block in numba.prange((neurons + BLOCK - 1) // BLOCK):
        start, stop = block * BLOCK, min(block * BLOCK + BLOCK, neurons)
        weight = gain[start:stop]
        width = stop - start
        nothing = weight[0] - weight[0]
        c = np.zeros(width, np.float32)
        earlier = np.full(width, -np.inf, np.float32)  # the membrane one step ago: none has fired yet
        for t in range(steps):
            now, out = current[t, start:stop], spikes[t, start:stop]
            for i in range(width):
                u = c[i] + widen(now[i])
                c[i] = carried(u, threshold, leak, algorithm)
                out[i] = weight[i] if (earlier[i] if late else u) > threshold else nothing
                earlier[i] = u


@numba.njit(parallel=True, cache=True)
def _summed(
    current: Values,
    gain: Values,
    threshold: np.float32,
    leak: np.float32,
    algorithm: bool,
    late: bool,
    total: Floats,
) -> None:
    steps, neurons = current.shape
    for block in numba.prange((neurons + BLOCK - 1) // BLOCK):
        start, stop = block * BLOCK, min(block * BLOCK + BLOCK, neurons)
        weight, out = gain[start:stop], total[start:stop]
        width = stop - start
        c = np.zeros(width, np.float32)
        earlier = np.full(width, -np.inf, np.float32)
        for t in range(steps):
            now = current[t, start:stop]
            for i in range(width):
                u = c[i] + widen(now[i])
                c[i] = carried(u, threshold, leak, algorithm)
                out[i] += widen(weight[i]) if (earlier[i] if late else u) > threshold else np.float32(0)
                earlier[i] = u


@numba.njit(parallel=True, cache=True)
def _backward(
    grad: Values,
    current: Values,
    gain: Floats,
    threshold: np.float32,
    leak: np.float32,
    algorithm: bool,
    late: bool,
    height: np.float32,
    grad_current: Values,
) -> None:
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
                c[i] = carried(u[i], threshold, leak, algorithm)
        g = np.zeros(width, np.float32)
        for t in range(steps - 1, -1, -1):
            u, out = membrane[t], grad_current[t, start:stop]
            source = t + 1 if late else t
            arriving = grad[min(source, len(grad) - 1), start:stop]
            heard = np.float32(1 if source < steps else 0)  # the last spike of a late layer reaches no one
            for i in range(width):
                g[i] = through(u[i], heard * (widen(arriving[i]) * weight[i]), g[i], threshold, leak, height, algorithm)
                put(out, i, g[i])
