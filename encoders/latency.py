"""Latency code: one spike a pixel, its time linear in the intensity (the textbook time-to-spike code)."""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from encoders.base import EncoderInfo, Unfitted, at_least_one_step


@dataclass(frozen=True)
class Latency(Unfitted):
    """One spike at t = round((1 − p)(T − 1)), p = (x + 1)/2: white at the first step, black at the last.

    Halves round to the even step, as IEEE 754 and NumPy do.
    """

    @property
    def info(self) -> EncoderInfo:
        """Binary; laid out over all T steps, so shorter trains are other trains."""
        source = "Thorpe et al. 2001, spike-based strategies; linear time-to-spike"
        return EncoderInfo("binary", True, None, (0.0, 1.0), source, window=True)

    def encode(self, images: Tensor, timesteps: int, generator: Generator) -> Tensor:  # noqa: ARG002
        """Spike train `[T, N, C, H, W]` of images `[N, C, H, W]` in [-1, 1]."""
        at_least_one_step(timesteps)
        time = ((1 - images) / 2 * (timesteps - 1)).round()
        steps = torch.arange(timesteps, device=images.device).view(-1, *[1] * images.dim())
        return (steps == time).to(images.dtype)

    def operations(self, shape: tuple[int, int, int], timesteps: int) -> float:  # noqa: ARG002
        """Subtract, scale and round: three a pixel, however many timesteps."""
        channels, height, width = shape
        return 3.0 * channels * height * width
