"""Time to first spike: one spike a pixel, the earlier the brighter, under T2FSNN's falling threshold."""

import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from encoders.admission import admit
from encoders.base import EncoderError, EncoderInfo, Operations, UnfittedIntensity, intensity
from encoders.single_spike import spikes_within

LEVELS = 255
# A pixel value and the threshold it should just meet are the same number up to float32's rounding.
_SLACK = 1e-6


@dataclass(frozen=True)
class Ttfs(UnfittedIntensity):
    """One spike of size θ(t) at the first t where p = (x + 1)/2 ≥ θ(t) = θ0·exp(−(t − t_d)/τ).

    θ0 = 1, t_d = 0 and τ = (T − 1)/ln 255, so that θ falls from 1 to 1/255 within the T steps: one window
    covers 8 bits. A black pixel never fires. The spike carries θ(t), as T2FSNN's kernel decodes it.
    """

    @property
    def info(self) -> EncoderInfo:
        """Graded: one size a timestep; laid out over all T steps, so shorter trains are other trains."""
        source = "Park et al. 2020 (DAC), T2FSNN"
        return EncoderInfo("graded", True, None, (0.0, 1.0), source, window=True, resolution=0.05)

    def encode(
        self,
        images: Tensor,
        timesteps: int,
        generator: Generator,  # noqa: ARG002
        ids: Tensor | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> Tensor:
        """Spike train `[T, N, C, H, W]` of images `[N, C, H, W]` in [-1, 1]. Raises EncoderError where T < 2.

        In bfloat16 a spike carries θ(t) rounded.
        """
        admit(images, timesteps, ids)
        if timesteps < 2:
            raise EncoderError(f"the ttfs code needs at least 2 timesteps for its threshold to fall, not {timesteps}")
        tau = (timesteps - 1) / math.log(LEVELS)
        threshold = torch.tensor([math.exp(-t / tau) for t in range(timesteps)])
        # The threshold only falls: a pixel fires where it meets this one and has not met the one before.
        before = torch.cat([torch.tensor([math.inf]), threshold[:-1]])
        return spikes_within(intensity(images) + _SLACK, threshold, before, threshold.to(dtype))

    def decode(self, train: Tensor) -> Tensor:
        """The size of each pixel's one spike, 0 where it never fired."""
        return train.float().sum(dim=0)

    def operations(self, shape: tuple[int, int, int], timesteps: int) -> Operations:
        """One comparison a pixel and timestep."""
        channels, height, width = shape
        return Operations(additions=float(channels * height * width * timesteps))
