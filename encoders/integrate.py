"""The DCT encoder's neurons: one non-leaky, two-sided accumulator a pixel that fires signed spikes.

    v ← v + g;   v > θ⁺: spike +1, v ← v − θ⁺;   v < θ⁻: spike −1, v ← v − θ⁻

The contribution g of frequency k is its coefficient times its basis image. A readable torch scan for every device,
and a Numba kernel for the CPU that gives the same bits.
"""

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from encoders.blocks import lay_out

Floats = NDArray[np.float32]


def fire(coefficients: Tensor, basis: Tensor, schedule: tuple[int, ...], lower: float, upper: float) -> Tensor:
    """Ternary spikes `[T, N, C, rows·b, columns·b]` of coefficients `[N, C, rows, columns, K]`, basis `[K, b·b]`.

    `schedule[t]` is the frequency that drives the neurons at timestep t; θ⁻ = lower < 0 < θ⁺ = upper.
    """
    if coefficients.device.type != "cpu":
        return fire_reference(coefficients, basis, schedule, lower, upper)
    images, channels, rows, columns, frequencies = coefficients.shape
    size = round(basis.shape[1] ** 0.5)
    out = torch.empty(len(schedule), images, channels, rows * size, columns * size)
    _fire(
        coefficients.contiguous().view(images * channels, rows, columns, frequencies).numpy(),
        basis.view(frequencies, size, size).repeat(1, 1, columns).numpy(),
        np.asarray(schedule, dtype=np.int64),
        np.float32(lower),
        np.float32(upper),
        out.view(len(schedule), images * channels, rows, size * columns * size).numpy(),
    )
    return out


def fire_reference(
    coefficients: Tensor, basis: Tensor, schedule: tuple[int, ...], lower: float, upper: float
) -> Tensor:
    """What `fire` computes, written as the definition reads."""
    size = round(basis.shape[1] ** 0.5)
    membrane = torch.zeros_like(coefficients[..., :1] * basis[0])
    spikes = []
    for index in schedule:
        membrane = membrane + coefficients[..., index, None] * basis[index]
        spike = (membrane > upper).to(membrane.dtype) - (membrane < lower).to(membrane.dtype)
        membrane = membrane - torch.where(spike > 0, upper, 0.0) - torch.where(spike < 0, lower, 0.0)
        spikes.append(lay_out(spike.view(*spike.shape[:-1], size, size)))
    return torch.stack(spikes)


@numba.njit(parallel=True, cache=True)
def _fire(
    coefficients: Floats,
    basis: Floats,
    schedule: NDArray[np.int64],
    lower: np.float32,
    upper: np.float32,
    out: Floats,
) -> None:
    # One program a map; `basis` is laid out like a row of its blocks, whose pixels lie together in `out`.
    maps, rows, columns, _ = coefficients.shape
    _, size, width = basis.shape
    pixels = out.shape[3]
    zero, one = np.float32(0), np.float32(1)
    for place in numba.prange(maps):
        membranes, drive = np.zeros((rows, pixels), np.float32), np.empty(pixels, np.float32)
        wide = np.empty(width, np.float32)  # each block's coefficient, once for each of its columns
        for t in range(len(schedule)):
            index = schedule[t]
            for row in range(rows):
                for column in range(columns):
                    for x in range(size):
                        wide[column * size + x] = coefficients[place, row, column, index]
                for y in range(size):
                    line, shape = drive[y * width : (y + 1) * width], basis[index, y]
                    for x in range(width):
                        line[x] = wide[x] * shape[x]
                membrane, spikes = membranes[row], out[t, place, row]
                for p in range(pixels):
                    v = membrane[p] + drive[p]
                    up, down = v > upper, v < lower
                    spikes[p] = (one if up else zero) - (one if down else zero)
                    membrane[p] = v - (upper if up else zero) - (lower if down else zero)
