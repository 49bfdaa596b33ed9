"""Latency code: one spike a pixel, its time linear in the intensity (the textbook time-to-spike code)."""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from encoders.admission import admit
from encoders.base import EncoderInfo, Operations, UnfittedIntensity
from encoders.single_spike import decoded_at, spikes_within


@dataclass(frozen=True)
class Latency(UnfittedIntensity):
    """One spike at t = round((1 − p)(T − 1)), p = (x + 1)/2: white at the first step, black at the last.

    Halves round to the even step, as IEEE 754 and NumPy do.
    """

    @property
    def info(self) -> EncoderInfo:
        """Binary; laid out over all T steps, so shorter trains are other trains."""
        source = "Thorpe et al. 2001, spike-based strategies; linear time-to-spike"
        return EncoderInfo("binary", True, None, (0.0, 1.0), source, window=True, resolution=0.02)

    def encode(
        self,
        images: Tensor,
        timesteps: int,
        generator: Generator,  # noqa: ARG002
        ids: Tensor | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> Tensor:
        """Spike train `[T, N, C, H, W]` of images `[N, C, H, W]` in [-1, 1]."""
        admit(images, timesteps, ids)
        times = ((1 - images) / 2 * (timesteps - 1)).round_()
        steps = torch.arange(timesteps, dtype=torch.float32)
        return spikes_within(times, steps, steps + 1, torch.ones(timesteps, dtype=dtype))

    def decode(self, train: Tensor) -> Tensor:
        """p = 1 − t/(T − 1) of each pixel's spike time t. One step tells nothing: ½."""
        return decoded_at(train, linear_intensities(len(train)), silent=0.0)

    def operations(self, shape: tuple[int, int, int], timesteps: int) -> Operations:  # noqa: ARG002
        """Subtract, scale and round: three a pixel, however many timesteps."""
        channels, height, width = shape
        pixels = float(channels * height * width)
        return Operations(macs=pixels, additions=2 * pixels)


def linear_intensities(timesteps: int) -> Tensor:
    """`[T]`: the intensity p whose linear latency is t."""
    return torch.linspace(1, 0, timesteps) if timesteps > 1 else torch.tensor([0.5])
