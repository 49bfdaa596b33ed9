"""Codes of one spike a pixel, the earlier the brighter: time to first spike (T2FSNN) and linear latency."""

import math
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from encoders.base import EncoderError, EncoderInfo, Operations, UnfittedIntensity, admit, bits, intensity
from encoders.compiled import compiled

Floats = NDArray[np.float32]

# T2FSNN's window covers 8 bits.
LEVELS = 255
# A pixel value and the threshold it should just meet are the same number up to float32's rounding.
_SLACK = 1e-6


@dataclass(frozen=True)
class Ttfs(UnfittedIntensity):
    """One spike of size θ(t) at the first t where p = (x + 1)/2 ≥ θ(t) = θ0·exp(−(t − t_d)/τ).

    θ0 = 1, t_d = 0 and τ = (T − 1)/ln 255, so that θ falls from 1 to 1/255 within the T steps: one window
    covers 8 bits. A black pixel never fires. The spike carries θ(t), as T2FSNN's kernel decodes it.

    >>> import torch
    >>> from encoders import create
    >>> pixels = torch.tensor([255.0, 16.0, 1.0, 0.0]).view(1, 1, 1, 4)
    >>> create("ttfs").encode(pixels / 127.5 - 1, timesteps=3, key=0).flatten(1)  # [T, pixels]
    tensor([[1.0000, 0.0000, 0.0000, 0.0000],
            [0.0000, 0.0626, 0.0000, 0.0000],
            [0.0000, 0.0000, 0.0039, 0.0000]])
    """

    @property
    def info(self) -> EncoderInfo:
        """Graded: one size a timestep; laid out over all T steps, so shorter trains are other trains."""
        source = "Park et al. 2020 (DAC), T2FSNN"
        return EncoderInfo("graded", True, None, (0.0, 1.0), source, window=True, resolution=0.05)

    def encode(
        self, images: Tensor, timesteps: int, key: int, ids: Tensor | None = None, dtype: torch.dtype = torch.float32
    ) -> Tensor:
        """Spike train `[T, N, C, H, W]` of images `[N, C, H, W]` in [-1, 1]. Raises EncoderError if T < 2.

        In bfloat16 a spike carries θ(t) rounded.
        """
        admit(images, timesteps, key, ids)
        if timesteps < 2:
            raise EncoderError(f"the ttfs code needs at least 2 timesteps for its threshold to fall, not {timesteps}")
        tau = (timesteps - 1) / math.log(LEVELS)
        threshold = torch.tensor([math.exp(-t / tau) for t in range(timesteps)])
        # The threshold only falls: a pixel fires where it meets this one and has not met the one before.
        before = torch.cat([torch.tensor([math.inf]), threshold[:-1]])
        return spikes_within(intensity(images) + _SLACK, threshold, before, threshold.to(dtype))

    def decode(self, train: Tensor) -> Tensor:
        """The size of each pixel's one spike, 0 if it never fired."""
        return train.float().sum(dim=0)

    def operations(self, shape: tuple[int, int, int], timesteps: int) -> Operations:
        """One comparison a pixel and timestep."""
        return Operations(additions=float(math.prod(shape) * timesteps))


def linear_latency(train: Tensor) -> Tensor:
    """p = 1 − t/(T − 1) of each pixel's first spike in `[T, …]`, 0 without one. One step tells nothing: ½."""
    values = torch.linspace(1, 0, len(train)) if len(train) > 1 else torch.tensor([0.5])
    fired = train != 0
    first = fired.to(torch.uint8).argmax(dim=0)
    return torch.where(fired.any(dim=0), values.to(train.device, non_blocking=True)[first], 0.0)


@dataclass(frozen=True)
class Latency(UnfittedIntensity):
    """One spike at t = round((1 − p)(T − 1)), p = (x + 1)/2: white at the first step, black at the last.

    Halves round to the even step, as IEEE 754 and NumPy do.

    >>> import torch
    >>> from encoders import create
    >>> images = torch.tensor([1.0, 0.5, -1.0]).view(1, 1, 1, 3)
    >>> create("latency").encode(images, timesteps=5, key=0).flatten(1)  # [T, pixels]
    tensor([[1., 0., 0.],
            [0., 1., 0.],
            [0., 0., 0.],
            [0., 0., 0.],
            [0., 0., 1.]])
    """

    @property
    def info(self) -> EncoderInfo:
        """Binary; laid out over all T steps, so shorter trains are other trains."""
        source = "Thorpe et al. 2001, spike-based strategies; linear time-to-spike"
        return EncoderInfo("binary", True, None, (0.0, 1.0), source, window=True, resolution=0.02)

    def encode(
        self, images: Tensor, timesteps: int, key: int, ids: Tensor | None = None, dtype: torch.dtype = torch.float32
    ) -> Tensor:
        """Spike train `[T, N, C, H, W]` of images `[N, C, H, W]` in [-1, 1]."""
        admit(images, timesteps, key, ids)
        times = ((1 - images) / 2 * (timesteps - 1)).round_()
        steps = torch.arange(timesteps, dtype=torch.float32)
        return spikes_within(times, steps, steps + 1, torch.ones(timesteps, dtype=dtype))

    decode = staticmethod(linear_latency)

    def operations(self, shape: tuple[int, int, int], timesteps: int) -> Operations:
        """Subtract, scale and round: three a pixel, however many timesteps."""
        pixels = float(math.prod(shape))
        return Operations(macs=pixels, additions=2 * pixels)


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
    """`spikes_within` in plain torch, for any device."""
    least, below, sizes = (
        steps.to(values.device, non_blocking=True).view(-1, *[1] * values.dim()) for steps in (least, below, sizes)
    )
    return ((values >= least) & (values < below)).to(sizes.dtype) * sizes


@compiled
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
