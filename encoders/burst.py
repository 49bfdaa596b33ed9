"""Burst code: a neuron that keeps firing fires with ever greater spikes (Park et al., DAC 2019)."""

import math
from dataclasses import dataclass
from itertools import count
from typing import Any

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from encoders.base import EncoderInfo, Operations, UnfittedIntensity, admit, bits, finite_number, intensity
from encoders.compiled import compiled

BLOCK = 512  # pixels worked on together, so that their state stays in the first cache


@dataclass(frozen=True)
class Burst(UnfittedIntensity):
    """Integrate p = (x + 1)/2 at each step and fire spikes as large as the threshold, which grows in a burst.

        v ← v + p;  spike s = g·v_th if v ≥ g·v_th, else 0;  v ← v − s;  g ← β·g after a spike, else 1

    threshold: v_th, the size of a burst's first spike. growth: β, the factor from one spike to the next.

    >>> import torch
    >>> from encoders import create
    >>> grey = torch.zeros(1, 1, 1, 1)
    >>> create("burst").encode(grey, timesteps=7, key=0).flatten().tolist()
    [0.125, 0.25, 0.5, 1.0, 0.0, 0.125, 0.25]
    """

    threshold: float = 0.125
    growth: float = 2.0

    def __post_init__(self) -> None:
        # With tiny thresholds, and growths next to 1, `info` would count millions of spikes up to the greatest.
        finite_number("threshold", self.threshold, 1e-6, 1e6)
        finite_number("growth", self.growth, 1.001, 1e3)

    @property
    def info(self) -> EncoderInfo:
        """Graded, since a burst cannot grow for ever; the same p is fed at every step, so the period is 1."""
        source = "Park et al. 2019 (DAC), burst spikes"
        return EncoderInfo("graded", True, 1, (0.0, self._largest()), source)

    def encode(
        self, images: Tensor, timesteps: int, key: int, ids: Tensor | None = None, dtype: torch.dtype = torch.float32
    ) -> Tensor:
        """Spike train `[T, N, C, H, W]` of images `[N, C, H, W]` in [-1, 1].

        In bfloat16 sizes are rounded unless threshold and growth are powers of two.
        """
        admit(images, timesteps, key, ids)
        if images.device.type != "cpu" or dtype not in (torch.float32, torch.bfloat16):
            return bursts_reference(intensity(images), timesteps, self.threshold, self.growth).to(dtype)
        out = torch.empty(timesteps, *images.shape, dtype=dtype)
        _write(
            intensity(images).reshape(-1).numpy(),
            np.float32(self.threshold),
            np.float32(self.growth),
            dtype == torch.bfloat16,
            bits(out.view(timesteps, -1)),
        )
        return out

    def operations(self, shape: tuple[int, int, int], timesteps: int) -> Operations:
        """Integrate, compare and subtract, and one product for the threshold, a pixel and timestep."""
        steps = float(math.prod(shape) * timesteps)
        return Operations(macs=steps, additions=3 * steps)

    def _largest(self) -> float:
        # A burst begins with what the last one left, less than the size it failed at. If no burst has passed
        # exponent k, that is less than v_th·β^k; reaching exponent k takes v_th·(1 + β + … + β^k) out of it and of
        # k + 1 inputs of at most 1. The first k where this cannot be is never fired: by induction none is.
        for k in count(1):
            spent = self.threshold * (self.growth ** (k + 1) - 1) / (self.growth - 1)
            if self.threshold * self.growth**k + k + 1 <= spent:
                return float(self.threshold * self.growth ** (k - 1))
        raise AssertionError("unreachable: the geometric sum outgrows k")


def bursts_reference(intensities: Tensor, timesteps: int, threshold: float, growth: float) -> Tensor:
    """The kernel in plain torch, for any device: float32 spikes `[T, …]` of intensities p `[…]`."""
    membrane, size = torch.zeros_like(intensities), torch.full_like(intensities, threshold)
    train = intensities.new_empty(timesteps, *intensities.shape)
    for t in range(timesteps):
        membrane += intensities
        fired = membrane >= size
        train[t] = size * fired
        membrane -= train[t]
        size = torch.where(fired, size * growth, threshold)
    return train


@compiled
def _write(
    intensities: NDArray[np.float32], threshold: np.float32, growth: np.float32, narrow: bool, out: NDArray[Any]
) -> None:
    # `narrow`: bfloat16, the upper half of a float32's bits, rounded to nearest even.
    steps, pixels = out.shape
    for block in numba.prange((pixels + BLOCK - 1) // BLOCK):
        begin = block * BLOCK
        end = min(begin + BLOCK, pixels)
        intensity = intensities[begin:end]
        membranes, sizes = np.zeros(BLOCK, np.float32), np.full(BLOCK, threshold, np.float32)
        spikes = np.empty(BLOCK, np.float32)
        patterns = spikes.view(np.int32)
        for t in range(steps):
            for p in range(end - begin):
                membrane = membranes[p] + intensity[p]
                fired = membrane >= sizes[p]
                spike = sizes[p] if fired else np.float32(0)
                spikes[p] = spike
                membranes[p] = membrane - spike
                sizes[p] = sizes[p] * growth if fired else threshold
            line = out[t, begin:end]
            for p in range(end - begin):
                pattern = patterns[p]
                line[p] = (pattern + 0x7FFF + ((pattern >> 16) & 1)) >> 16 if narrow else pattern
