"""snnTorch's `spikegen.rate` and `spikegen.latency` (Eshraghian et al. 2023)."""

from dataclasses import dataclass

import torch
from snntorch import spikegen
from torch import Generator, Tensor

from encoders.base import EncoderError, EncoderInfo, Unfitted, at_least_one_step
from encoders.peers.isolation import each_pixel, intensity, seeded


@dataclass(frozen=True)
class Rate(Unfitted):
    """Bernoulli spikes with probability p = (x + 1)/2: our unsigned `poisson`, in distribution.

    Called step by step, so that shorter trains are prefixes. "Poisson" in its documentation; no Poisson counts.
    """

    info = EncoderInfo("binary", False, None, (0.0, 1.0), "snnTorch spikegen.rate; Eshraghian et al. 2023")

    def encode(self, images: Tensor, timesteps: int, generator: Generator) -> Tensor:
        """Spike train `[T, N, C, H, W]` of images `[N, C, H, W]` in [-1, 1]."""
        at_least_one_step(timesteps)
        p = intensity(images)
        with seeded(generator):
            return torch.cat([spikegen.rate(p, num_steps=1) for _ in range(timesteps)]).to(images.device)

    operations = staticmethod(each_pixel)


@dataclass(frozen=True)
class Latency(Unfitted):
    """One spike a pixel within T steps, earlier for brighter pixels.

    linear: t = (T − 1)(1 − p), our `latency` but for p < 0.01, which fires as 0.01 does. Otherwise the time that a
        leaky neuron takes to fire, t ∝ ln(p/(p − 0.01)), scaled so that the batch's *last* spike falls on T − 1: an
        image's code then depends on its batch mates, which no paper asks for.
    """

    linear: bool = True

    @property
    def info(self) -> EncoderInfo:
        """Binary, with a window; batch-invariant where linear."""
        source = "snnTorch spikegen.latency; Eshraghian et al. 2023"
        return EncoderInfo("binary", True, None, (0.0, 1.0), source, window=True, batch_invariant=self.linear)

    def encode(self, images: Tensor, timesteps: int, generator: Generator) -> Tensor:  # noqa: ARG002
        """Spike train `[T, N, C, H, W]` of images `[N, C, H, W]` in [-1, 1]. Raises EncoderError where T < 2."""
        if timesteps < 2:
            raise EncoderError(f"snnTorch's latency code needs at least 2 timesteps, not {timesteps}")
        train: Tensor = spikegen.latency(intensity(images), timesteps, normalize=True, linear=self.linear)
        return train.to(images.device)

    operations = staticmethod(each_pixel)
