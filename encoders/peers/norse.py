"""Norse's encoders (Pehle & Pedersen 2021); its population code makes several channels of one pixel and is left out."""

import warnings
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from encoders.base import EncoderInfo, UnfittedIntensity, admit, admit_images, finite_number
from encoders.peers import batch_generator, each_pixel, intensity

with warnings.catch_warnings():  # Norse 1.1 scripts functions on import, which recent torch deprecates
    warnings.simplefilter("ignore", DeprecationWarning)
    from norse.torch.functional import encode as norse

SOURCE = "Norse {}; Pehle & Pedersen 2021"
RANDOM = EncoderInfo("binary", False, None, (0.0, 1.0), SOURCE.format("poisson_encode"), draws_by_id=False)
SIGNED = replace(RANDOM, alphabet="ternary", value_range=(-1.0, 1.0), source=SOURCE.format("signed_poisson_encode"))


@dataclass(frozen=True)
class Poisson(UnfittedIntensity):
    """Bernoulli spikes with probability rate·p: our `poisson`, in distribution.

    rate: f_max·dt, 1 for Norse's 1000 Hz and 1 ms; its sequence encoders default to 100 Hz, a tenth of that.
    """

    rate: float = 1.0
    info: ClassVar = RANDOM
    step: ClassVar = staticmethod(norse.poisson_encode_step)

    def encode(self, images: Tensor, timesteps: int, key: int, ids: Tensor | None = None) -> Tensor:
        """Spike train `[T, N, C, H, W]` of images `[N, C, H, W]` in [-1, 1]."""
        admit(images, timesteps, key, ids)
        draws, values = batch_generator(key, ids), self.frame(images).cpu()
        steps = [self.step(values, 1000 * self.rate, generator=draws) for _ in range(timesteps)]
        return torch.stack(steps).to(images.device)

    def decode(self, train: Tensor) -> Tensor:
        """Mean over time, divided by the rate."""
        return train.mean(dim=0) / self.rate

    operations = staticmethod(each_pixel)


@dataclass(frozen=True)
class SignedPoisson(Poisson):
    """Spikes sign(x) with probability rate·|x|: our signed `poisson`, in distribution."""

    info: ClassVar = SIGNED
    step: ClassVar = staticmethod(norse.signed_poisson_encode_step)

    def frame(self, images: Tensor) -> Tensor:
        """The image itself, whose sign the spikes carry."""
        admit_images(images)
        return images


@dataclass(frozen=True)
class Lif(UnfittedIntensity):
    """A leaky integrate-and-fire neuron a pixel (τ = 10 ms, θ = 1, dt = 1 ms) under the constant current gain·p.

    gain: added by us. In Norse the current is the input itself, and a current below θ never fires.
    first_only: keep each neuron's first spike alone (`spike_latency_lif_encode`).
    """

    gain: float = 5.0
    first_only: bool = False

    def __post_init__(self) -> None:
        # At a gain of 1 or less no pixel ever fires.
        finite_number("gain", self.gain, 1, 1e6)

    @property
    def info(self) -> EncoderInfo:
        """Binary; the same current at every step. A rate that is no linear function of p does not give p back."""
        source = SOURCE.format("spike_latency_lif_encode" if self.first_only else "constant_current_lif_encode")
        return EncoderInfo("binary", True, 1, (0.0, 1.0), source, resolution=None)

    def encode(self, images: Tensor, timesteps: int, key: int, ids: Tensor | None = None) -> Tensor:
        """Spike train `[T, N, C, H, W]` of images `[N, C, H, W]` in [-1, 1]."""
        admit(images, timesteps, key, ids)
        neuron = norse.spike_latency_lif_encode if self.first_only else norse.constant_current_lif_encode
        train: Tensor = neuron(self.gain * intensity(images), timesteps)
        return train.to(images.device)

    operations = staticmethod(each_pixel)


def latency_lif(gain: float = 5.0) -> Lif:
    """The encoder that keeps the first spike alone."""
    return Lif(gain, first_only=True)
