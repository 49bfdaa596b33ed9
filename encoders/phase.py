"""Phase code: the pixel's eight bits, one a timestep, each weighted by its place value (Kim et al. 2018)."""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from encoders.base import EncoderInfo, Unfitted, at_least_one_step

BITS = 8


@dataclass(frozen=True)
class Phase(Unfitted):
    """At t: bit t mod 8 of the 8-bit pixel, most significant first, as a spike of size 2^−(1 + t mod 8).

    Eight steps carry pixel/256, and every further eight carry it again. Images are rounded to 8 bits, which
    changes nothing in a picture read from a file.
    """

    @property
    def info(self) -> EncoderInfo:
        """Graded: eight spike sizes, ½ to 1/256; the train itself repeats after eight steps."""
        source = "Kim et al. 2018, Deep neural networks with weighted spikes"
        return EncoderInfo("graded", True, BITS, (0.0, 0.5), source)

    def encode(self, images: Tensor, timesteps: int, generator: Generator) -> Tensor:  # noqa: ARG002
        """Spike train `[T, N, C, H, W]` of images `[N, C, H, W]` in [-1, 1]."""
        at_least_one_step(timesteps)
        pixels = ((images + 1) * 127.5).round().to(torch.int32)
        phase = torch.arange(timesteps, device=images.device, dtype=torch.int32) % BITS
        phase = phase.view(-1, *[1] * images.dim())
        return ((pixels >> (BITS - 1 - phase)) & 1) * 2.0 ** -(1 + phase)

    def operations(self, shape: tuple[int, int, int], timesteps: int) -> float:
        """One bit picked and weighted a pixel and timestep."""
        channels, height, width = shape
        return float(channels * height * width * timesteps)
