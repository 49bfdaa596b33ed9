"""Poisson rate code: independent spikes, as probable as the pixel is intense (Diehl 2015, Sengupta 2019)."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from encoders.base import EncoderError, EncoderInfo, Operations, Unfitted, admit, finite_number, intensity
from encoders.draws import bernoulli, image_keys


@dataclass(frozen=True)
class Poisson(Unfitted):
    """At each t, independently: unsigned, 1 with probability p·rate; signed, sign(x) with probability |x|·rate.

    rate: spikes a timestep at full intensity, in (0, 1]. x is in [-1, 1], p = (x + 1)/2.

    >>> import torch
    >>> from encoders import create
    >>> images = torch.tensor([1.0, 0.0, -1.0]).view(1, 1, 1, 3)  # white, grey, black
    >>> create("poisson").encode(images, timesteps=4, key=7).flatten(1)  # [T, pixels]
    tensor([[1., 0., 0.],
            [1., 0., 0.],
            [1., 1., 0.],
            [1., 1., 0.]])
    """

    signed: bool = False
    rate: float = 1.0

    def __post_init__(self) -> None:
        if not isinstance(self.signed, bool):
            raise EncoderError(f"signed must be True or False, not {self.signed!r}")
        finite_number("rate", self.rate, 0, 1)

    @property
    def info(self) -> EncoderInfo:
        """Random; ternary when signed, binary otherwise."""
        source = "Diehl et al. 2015; Sengupta et al. 2019"
        if self.signed:
            return EncoderInfo("ternary", False, None, (-1.0, 1.0), source)
        return EncoderInfo("binary", False, None, (0.0, 1.0), source)

    def frame(self, images: Tensor) -> Tensor:
        """What the rates convey: p, or x where signed."""
        frame = super().frame(images)
        return frame if self.signed else intensity(frame)

    def encode(
        self, images: Tensor, timesteps: int, key: int, ids: Tensor | None = None, dtype: torch.dtype = torch.float32
    ) -> Tensor:
        """Spike train `[T, N, C, H, W]` of images `[N, C, H, W]` in [-1, 1]; the draws are those of each id."""
        admit(images, timesteps, key, ids)
        ids = torch.arange(len(images)) if ids is None else ids
        probability = images.abs() if self.signed else intensity(images)
        sizes = images.sign() if self.signed else torch.ones_like(images)
        return bernoulli(probability * self.rate, sizes.to(dtype), timesteps, image_keys(key, ids))

    def decode(self, train: Tensor) -> Tensor:
        """Mean over time, divided by the rate."""
        return train.float().mean(dim=0) / self.rate

    def operations(self, shape: tuple[int, int, int], timesteps: int) -> Operations:
        """One random draw and comparison a pixel and timestep."""
        return Operations(additions=float(math.prod(shape) * timesteps))
