"""Poisson rate code: independent spikes, as probable as the pixel is intense (Diehl 2015, Sengupta 2019)."""

from dataclasses import dataclass

from torch import Generator, Tensor

from encoders.base import EncoderError, EncoderInfo, Unfitted, at_least_one_step
from encoders.random import below, draw_key


@dataclass(frozen=True)
class Poisson(Unfitted):
    """At each t, independently: signed, sign(x) with probability |x|·rate; unsigned, 1 with p·rate.

    rate: spikes a timestep at full intensity, in (0, 1]. x is in [-1, 1], p = (x + 1)/2.
    """

    signed: bool = True
    rate: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.rate <= 1:
            raise EncoderError(f"rate must lie in (0, 1], not {self.rate}")

    @property
    def info(self) -> EncoderInfo:
        """Random; ternary when signed, binary otherwise."""
        source = "Diehl et al. 2015; Sengupta et al. 2019"
        if self.signed:
            return EncoderInfo("ternary", False, None, (-1.0, 1.0), source)
        return EncoderInfo("binary", False, None, (0.0, 1.0), source)

    def encode(self, images: Tensor, timesteps: int, generator: Generator) -> Tensor:
        """Spike train `[T, N, C, H, W]` of images `[N, C, H, W]` in [-1, 1]; takes one draw of the generator."""
        at_least_one_step(timesteps)
        probability = images.abs() if self.signed else (images + 1) / 2
        spikes = below(probability * self.rate, timesteps, draw_key(generator))
        return spikes.mul_(images.sign()) if self.signed else spikes

    def operations(self, shape: tuple[int, int, int], timesteps: int) -> float:
        """One random draw and comparison a pixel and timestep."""
        channels, height, width = shape
        return float(channels * height * width * timesteps)
