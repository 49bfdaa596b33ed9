"""SpikingJelly's Poisson, latency, weighted-phase and periodic encoders (Fang et al. 2023).

Its encoders are stateful; one is made for every call, so that there is nothing to reset.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from spikingjelly.activation_based import encoding
from torch import Generator, Tensor

from encoders.base import EncoderInfo, Unfitted, at_least_one_step
from encoders.peers.isolation import each_pixel, intensity, seeded

SOURCE = "SpikingJelly {}; Fang et al. 2023"


@dataclass(frozen=True)
class Poisson(Unfitted):
    """Bernoulli spikes with probability p = (x + 1)/2: our unsigned `poisson`, in distribution.

    It fires where u ≤ p, ours where u < p: with u on a grid of 2⁻²⁴, even black fires once in 2²⁴ draws.
    """

    info = EncoderInfo("binary", False, None, (0.0, 1.0), SOURCE.format("PoissonEncoder"))

    def encode(self, images: Tensor, timesteps: int, generator: Generator) -> Tensor:
        """Spike train `[T, N, C, H, W]` of images `[N, C, H, W]` in [-1, 1]."""
        at_least_one_step(timesteps)
        p, peer = intensity(images), encoding.PoissonEncoder()
        with seeded(generator):
            return torch.stack([peer(p) for _ in range(timesteps)]).to(images.device)

    operations = staticmethod(each_pixel)


@dataclass(frozen=True)
class Latency(Unfitted):
    """One spike a pixel. "linear": t = round((T − 1)(1 − p)), our `latency`; "log": t = T − 1 − ln(αp + 1).

    α = exp(T − 1) − 1, so that white fires at 0 (its documentation says T − 1); float32 ends it at T = 89.
    """

    curve: Literal["linear", "log"] = "linear"
    info = EncoderInfo("binary", True, None, (0.0, 1.0), SOURCE.format("LatencyEncoder"), window=True)

    def encode(self, images: Tensor, timesteps: int, generator: Generator) -> Tensor:  # noqa: ARG002
        """Spike train `[T, N, C, H, W]` of images `[N, C, H, W]` in [-1, 1]."""
        at_least_one_step(timesteps)
        train: Tensor = encoding.LatencyEncoder(timesteps, self.curve).single_step_encode(intensity(images))
        return train.contiguous().to(images.device)

    operations = staticmethod(each_pixel)


@dataclass(frozen=True)
class WeightedPhase(Unfitted):
    """Bit t mod 8 of the 8-bit pixel, as a spike of size 1.

    Kim et al. 2018 weight a spike by its phase, 2^−(1 + t mod 8), as our `phase` does; here the weights are left to
    the user, so a network that only adds sees the number of ones in a pixel's binary number. It asserts
    p ≤ 255/256 and cuts off further bits, so we give it pixels on the 8-bit grid.
    """

    info = EncoderInfo("binary", True, 8, (0.0, 1.0), SOURCE.format("WeightedPhaseEncoder") + "; Kim et al. 2018")

    def encode(self, images: Tensor, timesteps: int, generator: Generator) -> Tensor:  # noqa: ARG002
        """Spike train `[T, N, C, H, W]` of images `[N, C, H, W]` in [-1, 1]."""
        at_least_one_step(timesteps)
        peer, pixels = encoding.WeightedPhaseEncoder(8), (intensity(images) * 255).round() / 256
        return torch.stack([peer(pixels) for _ in range(timesteps)]).to(images.device)

    operations = staticmethod(each_pixel)


@dataclass(frozen=True)
class Periodic(Unfitted):
    """Plays a given train again and again; the train is ours to choose: the linear latency code of `period` steps."""

    period: int = 8

    @property
    def info(self) -> EncoderInfo:
        """Binary; no window, since the period does not depend on T."""
        return EncoderInfo("binary", True, self.period, (0.0, 1.0), SOURCE.format("PeriodicEncoder"))

    def encode(self, images: Tensor, timesteps: int, generator: Generator) -> Tensor:
        """Spike train `[T, N, C, H, W]` of images `[N, C, H, W]` in [-1, 1]."""
        at_least_one_step(timesteps)
        once = Latency().encode(images, self.period, generator)
        peer = encoding.PeriodicEncoder(once)
        return torch.stack([peer(once) for _ in range(timesteps)])

    operations = staticmethod(each_pixel)
