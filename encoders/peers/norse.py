"""Norse's encoders (Pehle & Pedersen 2021); its population code makes several channels of one pixel and is left out."""

import warnings
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from encoders.base import EncoderError, EncoderInfo, Unfitted, at_least_one_step
from encoders.peers.isolation import each_pixel, intensity
from encoders.random import draw_key

with warnings.catch_warnings():  # Norse 1.1 scripts functions on import, which recent torch deprecates
    warnings.simplefilter("ignore", DeprecationWarning)
    from norse.torch.functional import encode as norse

SOURCE = "Norse {}; Pehle & Pedersen 2021"


@dataclass(frozen=True)
class Poisson(Unfitted):
    """Bernoulli spikes with probability rate·p, or signed ones with rate·|x|: our `poisson`, in distribution.

    rate: f_max·dt, 1 for Norse's 1000 Hz and 1 ms; its sequence encoders default to 100 Hz, a tenth of that.
    """

    signed: bool = False
    rate: float = 1.0

    @property
    def info(self) -> EncoderInfo:
        """Random; ternary when signed."""
        source = SOURCE.format("signed_poisson_encode" if self.signed else "poisson_encode")
        return EncoderInfo("ternary" if self.signed else "binary", False, None, (-float(self.signed), 1.0), source)

    def encode(self, images: Tensor, timesteps: int, generator: Generator) -> Tensor:
        """Spike train `[T, N, C, H, W]` of images `[N, C, H, W]` in [-1, 1]."""
        at_least_one_step(timesteps)
        draws = Generator().manual_seed(draw_key(generator))
        step = norse.signed_poisson_encode_step if self.signed else norse.poisson_encode_step
        values = images.cpu() if self.signed else intensity(images)
        steps = [step(values, 1000 * self.rate, generator=draws) for _ in range(timesteps)]
        return torch.stack(steps).to(images.device)

    operations = staticmethod(each_pixel)


def signed_poisson(rate: float = 1.0) -> Poisson:
    """The signed one of Norse's two Poisson encoders."""
    return Poisson(True, rate)


@dataclass(frozen=True)
class Lif(Unfitted):
    """A leaky integrate-and-fire neuron a pixel (τ = 10 ms, θ = 1, dt = 1 ms) under the constant current gain·p.

    gain: ours, not Norse's: there the current is the input itself, and no current below θ ever fires.
    first_only: keep each neuron's first spike alone (`spike_latency_lif_encode`).
    """

    gain: float = 5.0
    first_only: bool = False

    def __post_init__(self) -> None:
        if not self.gain > 1:
            raise EncoderError(f"gain must be above 1, or no pixel ever fires, not {self.gain}")

    @property
    def info(self) -> EncoderInfo:
        """Binary; the same current at every step."""
        source = SOURCE.format("spike_latency_lif_encode" if self.first_only else "constant_current_lif_encode")
        return EncoderInfo("binary", True, 1, (0.0, 1.0), source)

    def encode(self, images: Tensor, timesteps: int, generator: Generator) -> Tensor:  # noqa: ARG002
        """Spike train `[T, N, C, H, W]` of images `[N, C, H, W]` in [-1, 1]."""
        at_least_one_step(timesteps)
        neuron = norse.spike_latency_lif_encode if self.first_only else norse.constant_current_lif_encode
        train: Tensor = neuron(self.gain * intensity(images), timesteps)
        return train.to(images.device)

    operations = staticmethod(each_pixel)


def latency_lif(gain: float = 5.0) -> Lif:
    """The encoder that keeps the first spike alone."""
    return Lif(gain, first_only=True)
