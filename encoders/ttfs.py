"""Time to first spike: one spike a pixel, the earlier the brighter, under T2FSNN's falling threshold."""

import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from encoders.base import EncoderError, EncoderInfo, Unfitted

LEVELS = 255
# A pixel value and the threshold it should just meet are the same number up to float32's rounding.
_SLACK = 1e-6


@dataclass(frozen=True)
class Ttfs(Unfitted):
    """One spike of size θ(t) at the first t where p = (x + 1)/2 ≥ θ(t) = θ0·exp(−(t − t_d)/τ).

    θ0 = 1, t_d = 0 and τ = (T − 1)/ln 255, so that θ falls from 1 to 1/255 within the T steps: one window
    covers 8 bits. A black pixel never fires. The spike carries θ(t), as T2FSNN's kernel decodes it.
    """

    @property
    def info(self) -> EncoderInfo:
        """Graded: one size a timestep; laid out over all T steps, so shorter trains are other trains."""
        source = "Park et al. 2020 (DAC), T2FSNN"
        return EncoderInfo("graded", True, None, (0.0, 1.0), source, window=True)

    def encode(self, images: Tensor, timesteps: int, generator: Generator) -> Tensor:  # noqa: ARG002
        """Spike train `[T, N, C, H, W]` of images `[N, C, H, W]` in [-1, 1]. Raises EncoderError where T < 2."""
        if timesteps < 2:
            raise EncoderError(f"the ttfs code needs at least 2 timesteps for its threshold to fall, not {timesteps}")
        tau = (timesteps - 1) / math.log(LEVELS)
        threshold = torch.tensor([math.exp(-t / tau) for t in range(timesteps)], device=images.device)
        threshold = threshold.view(-1, *[1] * images.dim())
        met = ((images + 1) / 2 + _SLACK >= threshold).to(images.dtype)
        # The threshold only falls, so a pixel that meets it once meets it ever after: the spike is the step up.
        met[1:] -= met[:-1].clone()
        return met * threshold

    def operations(self, shape: tuple[int, int, int], timesteps: int) -> float:
        """One comparison a pixel and timestep."""
        channels, height, width = shape
        return float(channels * height * width * timesteps)
