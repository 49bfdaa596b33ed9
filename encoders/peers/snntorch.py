"""snnTorch's `spikegen.rate` and `spikegen.latency` (Eshraghian et al. 2023)."""

from dataclasses import dataclass, replace

import torch
from snntorch import spikegen
from torch import Tensor

from encoders.base import EncoderError, EncoderInfo, UnfittedIntensity, admit
from encoders.peers import each_pixel, intensity, seeded
from encoders.single_spike import linear_latency


@dataclass(frozen=True)
class Rate(UnfittedIntensity):
    """Bernoulli spikes with probability p = (x + 1)/2: our unsigned `poisson`, in distribution.

    Called step by step, so that shorter trains are prefixes. "Poisson" in its documentation; no Poisson counts.
    """

    info = EncoderInfo(
        "binary", False, None, (0.0, 1.0), "snnTorch spikegen.rate; Eshraghian et al. 2023", draws_by_id=False
    )

    def encode(self, images: Tensor, timesteps: int, key: int, ids: Tensor | None = None) -> Tensor:
        """Spike train `[T, N, C, H, W]` of images `[N, C, H, W]` in [-1, 1]."""
        admit(images, timesteps, key, ids)
        p = intensity(images)
        with seeded(key, ids):
            return torch.cat([spikegen.rate(p, num_steps=1) for _ in range(timesteps)]).to(images.device)

    operations = staticmethod(each_pixel)


@dataclass(frozen=True)
class Latency(UnfittedIntensity):
    """One spike a pixel within T steps, earlier for brighter pixels.

    linear: t = (T − 1)(1 − p), our `latency` but for p < 0.01, which fires as 0.01 does. Otherwise the time that a
        leaky neuron takes to fire, t ∝ ln(p/(p − 0.01)), scaled so that the batch's *last* spike falls on T − 1: an
        image's code then depends on its batch mates, which no paper asks for.
    """

    linear: bool = True

    @property
    def info(self) -> EncoderInfo:
        """Binary, with a window; batch-invariant if linear."""
        source = "snnTorch spikegen.latency; Eshraghian et al. 2023"
        facts = EncoderInfo("binary", True, None, (0.0, 1.0), source, window=True, batch_invariant=self.linear)
        return replace(facts, resolution=0.02 if self.linear else None)

    def encode(self, images: Tensor, timesteps: int, key: int, ids: Tensor | None = None) -> Tensor:
        """Spike train `[T, N, C, H, W]` of images `[N, C, H, W]` in [-1, 1]. Raises EncoderError if T < 2."""
        admit(images, timesteps, key, ids)
        if timesteps < 2:
            raise EncoderError(f"snnTorch's latency code needs at least 2 timesteps, not {timesteps}")
        train: Tensor = spikegen.latency(intensity(images), timesteps, normalize=True, linear=self.linear)
        return train.to(images.device)

    decode = staticmethod(linear_latency)
    operations = staticmethod(each_pixel)
