"""The DCT encoder's neurons: one non-leaky, two-sided accumulator a pixel that fires signed spikes.

    v ← v + g;   v > θ⁺: spike +1, v ← v − θ⁺;   v < θ⁻: spike −1, v ← v − θ⁻

A readable torch scan for every device, and a Numba kernel for the CPU that gives the same bits.
"""

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from encoders.blocks import lay_out


def fire(drive: Tensor, schedule: tuple[int, ...], lower: float, upper: float) -> Tensor:
    """Ternary spikes `[T, N, C, rows·b, columns·b]` of contributions `[N, C, rows, columns, K, b·b]`.

    `schedule[t]` is the frequency that drives the neurons at timestep t; θ⁻ = lower < 0 < θ⁺ = upper.
    """
    if drive.device.type != "cpu":
        return fire_reference(drive, schedule, lower, upper)
    images, channels, rows, columns, _, pixels = drive.shape
    size = round(pixels**0.5)
    out = torch.empty(len(schedule), images, channels, rows * size, columns * size)
    _fire(
        drive.contiguous().view(images * channels * rows, columns, *drive.shape[4:]).numpy(),
        np.asarray(schedule, dtype=np.int64),
        np.float32(lower),
        np.float32(upper),
        out.view(len(schedule), images * channels * rows, size, columns * size).numpy(),
    )
    return out


def fire_reference(drive: Tensor, schedule: tuple[int, ...], lower: float, upper: float) -> Tensor:
    """What `fire` computes, written as the definition reads."""
    size = round(drive.shape[-1] ** 0.5)
    membrane = torch.zeros_like(drive[..., 0, :])
    spikes = []
    for index in schedule:
        membrane = membrane + drive[..., index, :]
        spike = (membrane > upper).to(drive.dtype) - (membrane < lower).to(drive.dtype)
        membrane = membrane - torch.where(spike > 0, upper, 0.0) - torch.where(spike < 0, lower, 0.0)
        spikes.append(lay_out(spike.view(*spike.shape[:-1], size, size)))
    return torch.stack(spikes)


@numba.njit(parallel=True, cache=True)
def _fire(
    drive: NDArray[np.float32],
    schedule: NDArray[np.int64],
    lower: np.float32,
    upper: np.float32,
    out: NDArray[np.float32],
) -> None:
    # One program a row of blocks; a block's accumulators stay in registers while time passes.
    rows, columns, _, pixels = drive.shape
    size = out.shape[2]
    zero, one = np.float32(0), np.float32(1)
    for row in numba.prange(rows):
        for column in range(columns):
            membrane = np.zeros(pixels, np.float32)
            spike = np.empty(pixels, np.float32)
            for t in range(len(schedule)):
                now = drive[row, column, schedule[t]]
                for p in range(pixels):
                    v = membrane[p] + now[p]
                    up, down = v > upper, v < lower
                    spike[p] = (one if up else zero) - (one if down else zero)
                    membrane[p] = v - (upper if up else zero) - (lower if down else zero)
                for y in range(size):
                    line = out[t, row, y, column * size : column * size + size]
                    for x in range(size):
                        line[x] = spike[y * size + x]
