"""The neuron of `neuron.py` as one fused scan on the CPU (Numba), forward and backward, in fp32 and bf16.

Parallel over blocks of neurons whose state stays in cache while time passes; nothing is saved but the input
current, from which the backward pass computes the membranes again. bf16 is read and written through int16 views.
The same operations in the same order as the reference: spikes and fp32 gradients are equal bit for bit.
"""

from typing import Any

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from harness.config import NeuronSpec
from harness.snn.neuron import is_late

BLOCK = 128
Floats = NDArray[np.float32]
Values = NDArray[np.float32] | NDArray[np.uint16]


def forward(current: Tensor, threshold: float, spec: NeuronSpec, gain: Tensor) -> Tensor:
    """Spikes `[T, M]` of `current` `[T, M]` (fp32 or bf16, contiguous); `gain` `[M]` is what a spike weighs."""
    spikes = torch.empty_like(current)
    _forward(
        _array(current),
        np.float32(threshold),
        np.float32(spec.leak),
        spec.reading == "algorithm",
        is_late(spec),
        _array(gain),
        _array(spikes),
    )
    return spikes


def backward(grad: Tensor, current: Tensor, threshold: float, spec: NeuronSpec, gain: Tensor) -> Tensor:
    """The gradient of `current` `[T, M]`, given that of the spikes: `[T, M]`, or `[1, M]` for every t."""
    out = torch.empty_like(current)
    _backward(
        _array(grad),
        _array(current),
        np.float32(threshold),
        np.float32(spec.leak),
        np.float32(spec.surrogate_height),
        spec.reading == "algorithm",
        is_late(spec),
        _array(gain.float()),
        _array(out),
    )
    return out


def _array(tensor: Tensor) -> Any:
    """A NumPy view of a contiguous CPU tensor; bf16 appears as its uint16 bits."""
    return tensor.view(torch.int16).numpy().view(np.uint16) if tensor.dtype == torch.bfloat16 else tensor.numpy()


@numba.njit(inline="always")
def _load(row: Values, bits: NDArray[np.uint32], into: Floats) -> None:
    # Widen a row to fp32; `bits` is the same memory as `into`, so bf16 needs a shift and nothing else.
    if row.itemsize == 2:
        for i in range(len(row)):
            bits[i] = np.uint32(row[i]) << np.uint32(16)
    else:
        for i in range(len(row)):
            into[i] = row[i]


@numba.njit(inline="always")
def _store(source: NDArray[np.uint32], floats: Floats, row: Values) -> None:
    if row.itemsize == 2:
        for i in range(len(row)):  # round to nearest, ties to even
            b = source[i]
            row[i] = np.uint16((b + np.uint32(0x7FFF) + ((b >> np.uint32(16)) & np.uint32(1))) >> np.uint32(16))
    else:
        for i in range(len(row)):
            row[i] = floats[i]


@numba.njit(parallel=True, cache=True)
def _forward(
    current: Values,
    threshold: np.float32,
    leak: np.float32,
    algorithm: bool,
    late: bool,
    gain: Values,
    spikes: Values,
) -> None:
    """Write `spikes` `[T, M]` of `current` `[T, M]`; `gain` `[M]` is what a spike weighs, in their own type."""
    steps, neurons = current.shape
    zero, one = np.float32(0), np.float32(1)
    for block in numba.prange((neurons + BLOCK - 1) // BLOCK):
        start, stop = block * BLOCK, min(block * BLOCK + BLOCK, neurons)
        weight = gain[start:stop]
        width = stop - start
        c = np.zeros(width, np.float32)
        previous = np.zeros(width, np.float32)
        now = np.empty(width, np.float32)
        bits = now.view(np.uint32)
        for t in range(steps):
            _load(current[t, start:stop], bits, now)
            out = spikes[t, start:stop]
            for i in range(width):
                u = c[i] + now[i]
                spike = one if u > threshold else zero
                leaked = leak * u
                if algorithm:
                    c[i] = u - threshold if u > threshold else leaked
                else:
                    c[i] = leaked - threshold * spike
                handed_on = previous[i] if late else spike
                previous[i] = spike
                out[i] = weight[i] if handed_on > zero else weight[i] - weight[i]


@numba.njit(parallel=True, cache=True)
def _backward(
    grad: Values,
    current: Values,
    threshold: np.float32,
    leak: np.float32,
    height: np.float32,
    algorithm: bool,
    late: bool,
    gain: Floats,
    grad_current: Values,
) -> None:
    """Write the gradient of `current` `[T, M]`, given that of the spikes (`[T, M]`, or `[1, M]` for all t)."""
    steps, neurons = current.shape
    zero, one = np.float32(0), np.float32(1)
    for block in numba.prange((neurons + BLOCK - 1) // BLOCK):
        start, stop = block * BLOCK, min(block * BLOCK + BLOCK, neurons)
        weight = gain[start:stop]
        width = stop - start
        membrane = np.empty((steps, width), np.float32)
        bits = membrane.view(np.uint32)
        c = np.zeros(width, np.float32)
        for t in range(steps):
            row = membrane[t]
            _load(current[t, start:stop], bits[t], row)
            for i in range(width):
                u = c[i] + row[i]
                row[i] = u
                leaked = leak * u
                if algorithm:
                    c[i] = u - threshold if u > threshold else leaked
                else:
                    c[i] = leaked - threshold * (one if u > threshold else zero)
        g = np.zeros(width, np.float32)
        arriving = np.zeros(width, np.float32)
        arriving_bits = arriving.view(np.uint32)
        for step in range(steps):
            t = steps - 1 - step
            row = membrane[t]
            source = t + 1 if late else t
            if source < steps:
                _load(grad[min(source, len(grad) - 1), start:stop], arriving_bits, arriving)
            else:
                arriving[:] = zero
            for i in range(width):
                u = row[i]
                slope = height * max(zero, one - abs(u / threshold - one))
                kept = one if algorithm and u > threshold else leak
                g[i] = (arriving[i] * weight[i]) * slope + kept * g[i]
            _store(g.view(np.uint32), g, grad_current[t, start:stop])
