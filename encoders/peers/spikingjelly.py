"""SpikingJelly's Poisson, latency and weighted-phase encoders (Fang et al. 2023).

Its encoders are stateful; one is made for every call, so that there is nothing to reset.
"""

from dataclasses import dataclass

import torch
from spikingjelly.activation_based import encoding
from torch import Tensor

from encoders.base import EncoderInfo, UnfittedIntensity, admit
from encoders.peers import each_pixel, intensity, seeded
from encoders.phase import pixels_from_bits
from encoders.single_spike import linear_latency

SOURCE = "SpikingJelly {}; Fang et al. 2023"


@dataclass(frozen=True)
class Poisson(UnfittedIntensity):
    """Bernoulli spikes with probability p = (x + 1)/2: our unsigned `poisson`, in distribution.

    It fires where u ≤ p, ours where u < p: with u on a grid of 2⁻²⁴, even black fires once in 2²⁴ draws.
    """

    info = EncoderInfo("binary", False, None, (0.0, 1.0), SOURCE.format("PoissonEncoder"), draws_by_id=False)

    def encode(self, images: Tensor, timesteps: int, key: int, ids: Tensor | None = None) -> Tensor:
        """Spike train `[T, N, C, H, W]` of images `[N, C, H, W]` in [-1, 1]."""
        admit(images, timesteps, key, ids)
        p, peer = intensity(images), encoding.PoissonEncoder()
        with seeded(key, ids):
            return torch.stack([peer(p) for _ in range(timesteps)]).to(images.device)

    operations = staticmethod(each_pixel)


@dataclass(frozen=True)
class Latency(UnfittedIntensity):
    """One spike a pixel at t = round((T − 1)(1 − p)): our `latency`."""

    info = EncoderInfo("binary", True, None, (0.0, 1.0), SOURCE.format("LatencyEncoder"), window=True, resolution=0.02)

    def encode(self, images: Tensor, timesteps: int, key: int, ids: Tensor | None = None) -> Tensor:
        """Spike train `[T, N, C, H, W]` of images `[N, C, H, W]` in [-1, 1]."""
        admit(images, timesteps, key, ids)
        train: Tensor = encoding.LatencyEncoder(timesteps).single_step_encode(intensity(images))
        return train.contiguous().to(images.device)

    decode = staticmethod(linear_latency)
    operations = staticmethod(each_pixel)


@dataclass(frozen=True)
class WeightedPhase(UnfittedIntensity):
    """Bit t mod 8 of the 8-bit pixel, as a spike of size 1.

    Kim et al. 2018 weight a spike by its phase, 2^−(1 + t mod 8), as our `phase` does; here the weights are left to
    the user, so a network that only adds sees the number of ones in a pixel's binary number. It asserts
    p ≤ 255/256 and cuts off further bits, so we give it pixels on the 8-bit grid.
    """

    info = EncoderInfo("binary", True, 8, (0.0, 1.0), SOURCE.format("WeightedPhaseEncoder") + "; Kim et al. 2018")

    def encode(self, images: Tensor, timesteps: int, key: int, ids: Tensor | None = None) -> Tensor:
        """Spike train `[T, N, C, H, W]` of images `[N, C, H, W]` in [-1, 1]."""
        admit(images, timesteps, key, ids)
        peer, pixels = encoding.WeightedPhaseEncoder(8), (intensity(images) * 255).round() / 256
        return torch.stack([peer(pixels) for _ in range(timesteps)]).to(images.device)

    def decode(self, train: Tensor) -> Tensor:
        """pixel/255, each spike weighted by the place of its bit."""
        return pixels_from_bits(train, weighted=False)

    operations = staticmethod(each_pixel)
