"""Burst code: a neuron that keeps firing fires with ever greater spikes (Park et al., DAC 2019)."""

from dataclasses import dataclass
from itertools import count

import torch
from torch import Generator, Tensor

from encoders.base import EncoderError, EncoderInfo, Unfitted, at_least_one_step


@dataclass(frozen=True)
class Burst(Unfitted):
    """Integrate p = (x + 1)/2 at each step and fire spikes as large as the threshold, which grows in a burst.

        v ← v + p;  spike s = g·v_th if v ≥ g·v_th, else 0;  v ← v − s;  g ← β·g after a spike, else 1

    threshold: v_th, the size of a burst's first spike. growth: β, the factor from one spike to the next.
    """

    threshold: float = 0.125
    growth: float = 2.0

    def __post_init__(self) -> None:
        if not self.threshold > 0:
            raise EncoderError(f"threshold must be above 0, not {self.threshold}")
        if not self.growth > 1:
            raise EncoderError(f"growth must be above 1, not {self.growth}")

    @property
    def info(self) -> EncoderInfo:
        """Graded, since a burst cannot grow for ever; the same p is fed at every step, so the period is 1."""
        source = "Park et al. 2019 (DAC), burst spikes"
        return EncoderInfo("graded", True, 1, (0.0, self._largest()), source)

    def encode(self, images: Tensor, timesteps: int, generator: Generator) -> Tensor:  # noqa: ARG002
        """Spike train `[T, N, C, H, W]` of images `[N, C, H, W]` in [-1, 1]."""
        at_least_one_step(timesteps)
        intensity = (images + 1) / 2
        membrane, size = torch.zeros_like(images), torch.full_like(images, self.threshold)
        train = images.new_empty(timesteps, *images.shape)
        for t in range(timesteps):
            membrane += intensity
            fired = membrane >= size
            train[t] = size * fired
            membrane -= train[t]
            size = torch.where(fired, size * self.growth, self.threshold)
        return train

    def operations(self, shape: tuple[int, int, int], timesteps: int) -> float:
        """Integrate, compare, subtract and rescale the threshold: four a pixel and timestep."""
        channels, height, width = shape
        return 4.0 * channels * height * width * timesteps

    def _largest(self) -> float:
        # A burst begins with what the last one left, less than the size it failed at. If no burst has passed
        # exponent k, that is less than v_th·β^k; reaching exponent k takes v_th·(1 + β + … + β^k) out of it and of
        # k + 1 inputs of at most 1. The first k where this cannot be is never fired: by induction none is.
        for k in count(1):
            spent = self.threshold * (self.growth ** (k + 1) - 1) / (self.growth - 1)
            if self.threshold * self.growth**k + k + 1 <= spent:
                return float(self.threshold * self.growth ** (k - 1))
        raise AssertionError("unreachable: the geometric sum outgrows k")
