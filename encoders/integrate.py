"""The DCT encoder's neurons: one non-leaky, two-sided accumulator a pixel that fires signed spikes.

    v ← v + g;   v > θ⁺: spike +1, v ← v − θ⁺;   v < θ⁻: spike −1, v ← v − θ⁻

The contribution g of frequency k is its coefficient times its basis image. A readable torch scan for every device,
and a Numba kernel for the CPU that gives the same bits.
"""

from typing import Any, NamedTuple

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from encoders.bits import bits
from encoders.blocks import lay_out

Floats = NDArray[np.float32]


class Neuron(NamedTuple):
    """θ⁻ = lower < 0 < θ⁺ = upper; resets: whether a spike takes its threshold off the membrane."""

    lower: float
    upper: float
    resets: bool = True


def integrate_and_fire(
    coefficients: Tensor,
    basis: Tensor,
    schedule: tuple[int, ...],
    neuron: Neuron,
    dtype: torch.dtype = torch.float32,
) -> Tensor:
    """Ternary spikes `[T, N, C, rows·b, columns·b]` of coefficients `[N, C, rows, columns, K]`, basis `[K, b·b]`.

    `schedule[t]` is the frequency that drives the neurons at timestep t.
    """
    if coefficients.device.type != "cpu":
        return integrate_and_fire_reference(coefficients, basis, schedule, neuron, dtype)
    images, channels, rows, columns, frequencies = coefficients.shape
    size = round(basis.shape[1] ** 0.5)
    out = torch.empty(len(schedule), images, channels, rows * size, columns * size, dtype=dtype)
    lower, upper = np.float32(neuron.lower), np.float32(neuron.upper)
    _scan(
        coefficients.contiguous().view(images * channels, rows, columns, frequencies).numpy(),
        basis.view(frequencies, size, size).repeat(1, 1, columns).numpy(),
        np.asarray(schedule, dtype=np.int64),
        (lower, upper),
        (lower, upper) if neuron.resets else (np.float32(0), np.float32(0)),
        bits(torch.tensor([-1.0, 1.0], dtype=dtype)),
        bits(out.view(len(schedule), images * channels, rows, size * columns * size)),
    )
    return out


def integrate_and_fire_reference(
    coefficients: Tensor,
    basis: Tensor,
    schedule: tuple[int, ...],
    neuron: Neuron,
    dtype: torch.dtype = torch.float32,
) -> Tensor:
    """What `integrate_and_fire` computes, written as the definition reads."""
    size = round(basis.shape[1] ** 0.5)
    membrane = torch.zeros_like(coefficients[..., :1] * basis[0])
    spikes = []
    for index in schedule:
        membrane = membrane + coefficients[..., index, None] * basis[index]
        spike = (membrane > neuron.upper).to(membrane.dtype) - (membrane < neuron.lower).to(membrane.dtype)
        if neuron.resets:
            membrane = membrane - torch.where(spike > 0, neuron.upper, 0.0) - torch.where(spike < 0, neuron.lower, 0.0)
        spikes.append(lay_out(spike.view(*spike.shape[:-1], size, size)).to(dtype))
    return torch.stack(spikes)


@numba.njit(parallel=True, cache=True)
def _scan(
    coefficients: Floats,
    basis: Floats,
    schedule: NDArray[np.int64],
    thresholds: tuple[np.float32, np.float32],
    taken: tuple[np.float32, np.float32],
    signs: NDArray[Any],
    out: NDArray[Any],
) -> None:
    # One row of blocks after another, its pixels together as in `out`; `basis` `[K, b, columns·b]` is laid out alike.
    maps, rows, columns, frequencies = coefficients.shape
    size, width = basis.shape[1:]
    pixels = size * width
    zero, none = np.float32(0), signs.dtype.type(0)
    for place in numba.prange(maps):
        lower, upper = thresholds
        taken_below, taken_above = taken
        minus, plus = signs[0], signs[1]
        membrane, wide = np.empty(pixels, np.float32), np.empty(width, np.float32)
        drives, ready = np.empty((frequencies, pixels), np.float32), np.empty(frequencies, np.bool_)
        for row in range(rows):
            membrane[:] = zero
            ready[:] = False
            for t in range(len(schedule)):
                index = schedule[t]
                drive, spikes = drives[index], out[t, place, row]
                if not ready[index]:
                    ready[index] = True
                    for column in range(columns):
                        for x in range(size):
                            wide[column * size + x] = coefficients[place, row, column, index]
                    for y in range(size):
                        line, shape = drive[y * width : (y + 1) * width], basis[index, y]
                        for x in range(width):
                            line[x] = wide[x] * shape[x]
                for p in range(pixels):
                    v = membrane[p] + drive[p]
                    up, down = v > upper, v < lower
                    spikes[p] = plus if up else (minus if down else none)
                    membrane[p] = v - (taken_above if up else zero) - (taken_below if down else zero)
