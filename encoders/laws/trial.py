"""What a law is: a function of a trial that returns what it saw, or raises `Violation` or `NotApplicable`."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from encoders.base import Encoder
from encoders.encoding import Batch, encode


class Violation(Exception):
    """A law is broken; the message says how."""


class NotApplicable(Exception):
    """A law does not bind this encoder, or cannot be tried on this machine; the message says why."""


@dataclass(frozen=True)
class Trial:
    """What the laws are tried on: the encoder before and after `calibrate`, images in [-1, 1], T and a seed."""

    unfitted: Encoder
    encoder: Encoder
    images: Tensor
    timesteps: int
    seed: int

    def generator(self, offset: int = 0) -> Generator:
        """A fresh generator; the same for the same offset."""
        return Generator().manual_seed(self.seed + offset)

    def train(
        self,
        images: Tensor | None = None,
        timesteps: int | None = None,
        offset: int = 0,
        ids: Tensor | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> Tensor:
        """The spike train of fresh copies of `images` (all of the trial's unless given)."""
        chosen = (self.images if images is None else images).clone()
        return encode(
            self.encoder, Batch(chosen, ids), timesteps or self.timesteps, self.generator(offset), dtype
        ).detach()

    def again(self, generator: Generator, images: Tensor | None = None, ids: Tensor | None = None) -> Tensor:
        """The spike train that the encoder gives with a generator at hand."""
        chosen = (self.images if images is None else images).clone()
        return encode(self.encoder, Batch(chosen, ids), self.timesteps, generator).detach()


Law = Callable[[Trial], str]


def require(holds: bool, violation: str) -> None:
    """Raise Violation unless `holds` (an `assert` that `python -O` keeps)."""
    if not holds:
        raise Violation(violation)
