"""A 3×3 convolution of spikes and its weight gradient on the CPU (Numba), at the cost of its events alone.

An event is an input that is not zero. It adds its size times its channel's weights to the nine places around it. A
dense product takes the time of all inputs, of which few are events in a wide network. Sums are taken in fp32 in the
order of memory, whatever the number of threads, and are rounded once: a dense product differs by rounding only. A
product of two bf16 values is exact in fp32.

Which is the faster way depends on how many inputs are events, and on the processor. A choice of products decides
roundings, so it is made by a table (`BREAK_EVEN`) and never by a clock.
"""

from functools import partial

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from encoders.compiled import compiled
from harness.machine.environment import machine
from harness.snn.kernels.cpu import Floats, Values, array, store, widen
from harness.snn.layers import Layer

CHANNELS = 16  # channels of a task of the weight gradient: at most 16·9·512 sums, which fit the L2 cache of a core
WORD = 8  # bytes that are skipped at once where all of them are zero
Words = NDArray[np.uint64]


def suits(x: Tensor, weight: Tensor) -> bool:
    """Whether the products below take `x` and `weight`: maps on the CPU whose channels fill whole words.

    The three channels of an image do not: there a dense product is the faster one.
    """
    return weight.dim() == 4 and x.device.type == "cpu" and x.shape[1] * x.element_size() % WORD == 0


def product(x: Tensor, weight: Tensor) -> Tensor:
    """`F.conv2d(x, weight, padding=1)` of maps `[B, I, H, W]` and `[O, I, 3, 3]`, both channels last in memory."""
    out = x.new_empty(len(x), *x.shape[2:], len(weight))
    # A row of three places of the output lies in memory as the weights that reach it: the last one comes first.
    rows = weight.flip(2, 3).permute(1, 2, 3, 0).reshape(weight.shape[1], 3, -1).contiguous()
    _product(_words(x), array(x.permute(0, 2, 3, 1)), array(rows), array(out))
    return out.permute(0, 3, 1, 2)


def weight_gradient(grad: Tensor, x: Tensor) -> Tensor:
    """`[O, I, 3, 3]` in the precision of `x`, given the gradient `[B, O, H, W]` of the output and the input `x`."""
    channels, outputs = x.shape[1], grad.shape[1]
    rows = torch.zeros(channels, 3, 3 * outputs)
    _weight_gradient(_words(x), array(x.permute(0, 2, 3, 1)), array(grad.permute(0, 2, 3, 1)), rows.numpy())
    return rows.view(channels, 3, 3, outputs).flip(1, 2).permute(3, 0, 1, 2).to(x.dtype)


def _words(x: Tensor) -> Words:
    """Maps `[B, I, H, W]`, channels last, as `[B, H, W, words]` of the same memory."""
    words: Words = array(x.permute(0, 2, 3, 1)).view(np.uint64)
    return words


@numba.njit(inline="always")
def _events(words: Words, values: Values, channels: NDArray[np.int64], sizes: Floats) -> int:
    """Write down which of `values` are not zero, and their sizes; the number of them."""
    together = len(values) // len(words)
    events = 0
    for i in range(len(words)):
        if words[i]:
            for c in range(i * together, (i + 1) * together):
                size = widen(values[c])
                if size != np.float32(0):  # -0.0 is zero, too
                    channels[events], sizes[events] = c, size
                    events += 1
    return events


@partial(compiled, fastmath={"contract"})
def _product(words: Words, values: Values, rows: Values, out: Values) -> None:
    """Maps `[B, H, W, O]` of maps `[B, H, W, I]`; rows: `[I, 3, 3·O]`. Parallel over maps."""
    maps, height, width, inputs = values.shape
    outputs = out.shape[3]
    for b in numba.prange(maps):
        total = np.zeros((height + 2, (width + 2) * outputs), np.float32)  # a place more on every side
        channels, sizes = np.empty(inputs, np.int64), np.empty(inputs, np.float32)
        for y in range(height):
            for x in range(width):
                events = _events(words[b, y, x], values[b, y, x], channels, sizes)
                for k in range(3):
                    into = total[y + k, x * outputs : (x + 3) * outputs]
                    for e in range(0, events - 3, 4):  # four at a time, so that sums are read and written once
                        s, t, u, v = sizes[e], sizes[e + 1], sizes[e + 2], sizes[e + 3]
                        p, q = rows[channels[e], k], rows[channels[e + 1], k]
                        r, w = rows[channels[e + 2], k], rows[channels[e + 3], k]
                        for o in range(3 * outputs):
                            two = (into[o] + s * widen(p[o])) + t * widen(q[o])
                            into[o] = (two + u * widen(r[o])) + v * widen(w[o])
                    for e in range(events - events % 4, events):
                        size, weights = sizes[e], rows[channels[e], k]
                        for o in range(3 * outputs):
                            into[o] += size * widen(weights[o])
        for y in range(height):
            for x in range(width):
                source, target = total[y + 1, (x + 1) * outputs : (x + 2) * outputs], out[b, y, x]
                for o in range(outputs):
                    store(target, o, source[o])


@partial(compiled, fastmath={"contract"})
def _weight_gradient(words: Words, values: Values, grad: Values, rows: Floats) -> None:
    """Add to `rows` `[I, 3, 3·O]` the gradient `[B, H, W, O]` at the nine places around each event.

    Parallel over blocks of channels.
    """
    maps, height, width, inputs = values.shape
    outputs = grad.shape[3]
    block = CHANNELS * words.shape[3] // inputs  # in words
    for first in numba.prange((words.shape[3] + block - 1) // block):
        start, stop = first * block, min(first * block + block, words.shape[3])
        channel, end = start * inputs // words.shape[3], stop * inputs // words.shape[3]
        channels, sizes = np.empty(end - channel, np.int64), np.empty(end - channel, np.float32)
        for b in range(maps):
            for y in range(height):
                for x in range(width):
                    left, right = max(0, 1 - x), min(3, width + 1 - x)
                    events = _events(words[b, y, x, start:stop], values[b, y, x, channel:end], channels, sizes)
                    for e in range(events):
                        size = sizes[e]
                        for k in range(max(0, 1 - y), min(3, height + 1 - y)):
                            into = rows[channel + channels[e], k]
                            for j in range(left, right):
                                source, sums = grad[b, y + k - 1, x + j - 1], into[j * outputs : (j + 1) * outputs]
                                for o in range(outputs):
                                    sums[o] += size * widen(source[o])


CPU = torch.device("cpu")
FEWEST_CHANNELS = 64  # with fewer, a row of weights is too short for the processor's vectors
# The fraction of inputs that are events at which both take the same time, by the fastest instructions of a processor.
# Measured by `python -m bench products` on VGG9's five layers at rest: the least, rounded down. The product has become
# faster since, so that more would pay; a new number would change the rounding of recipes that choose by it. A processor
# that is not in the table takes dense products.
BREAK_EVEN = {
    ("avx512_bf16", torch.bfloat16): 0.11,
    ("avx512_bf16", torch.float32): 0.17,
    ("avx2", torch.bfloat16): 0.28,
    ("avx2", torch.float32): 0.24,
}
FAMILIES = ("amx_bf16", "avx512_bf16", "avx512f", "avx2")


def events_pay(layer: Layer, activity: float, dtype: torch.dtype) -> bool:
    """Whether a layer with this fraction of inputs that are not zero is to skip the others, on this processor."""
    family = next((name for name in FAMILIES if name in machine(CPU).instructions), "")
    fits = layer.side > 0 and layer.inputs[0] >= FEWEST_CHANNELS
    return fits and activity < BREAK_EVEN.get((family, dtype), 0.0)
