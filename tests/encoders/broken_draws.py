"""Encoders whose train depends on what it may not depend on."""

# ruff: noqa: ARG002 - these encoders keep the protocol's arguments, used or not

from dataclasses import dataclass, replace
from itertools import count

import torch
from torch import Generator, Tensor

from encoders.base import EncoderInfo
from tests.encoders.sound import INFO, Sign

RANDOM = replace(INFO, deterministic=False, period=None)


class GlobalRandom(Sign):
    def encode(self, images: Tensor, timesteps: int, generator: Generator) -> Tensor:
        return (torch.rand(timesteps, *images.shape) < images.abs()) * images.sign()


class WastefulGlobalDraw(Sign):
    def encode(self, images: Tensor, timesteps: int, generator: Generator) -> Tensor:
        torch.rand(1)
        return super().encode(images, timesteps, generator)


class Surprised(Sign):
    """Gives another train when the batch before began with another image."""

    def encode(self, images: Tensor, timesteps: int, generator: Generator) -> Tensor:
        now = images[0, 0, 0, 0].item()
        before = vars(self).get("before", now)
        object.__setattr__(self, "before", now)
        return super().encode(images, timesteps, generator) * (1 if now == before else -1)


class Remembering(Sign):
    calls = count()

    def encode(self, images: Tensor, timesteps: int, generator: Generator) -> Tensor:
        # Changes at every other call: the law's first and third would agree if it changed at each.
        return super().encode(images, timesteps, generator) * (-1) ** (next(self.calls) // 2)


class SecretlyRandom(Sign):
    def encode(self, images: Tensor, timesteps: int, generator: Generator) -> Tensor:
        return (torch.rand(timesteps, *images.shape, generator=generator) < images.abs()) * images.sign()


class WastefulDraw(Sign):
    def encode(self, images: Tensor, timesteps: int, generator: Generator) -> Tensor:
        torch.rand(1, generator=generator)
        return super().encode(images, timesteps, generator)


class BatchMean(Sign):
    def encode(self, images: Tensor, timesteps: int, generator: Generator) -> Tensor:
        return super().encode(images - images.mean(), timesteps, generator)


class FirstIsSpecial(Sign):
    def encode(self, images: Tensor, timesteps: int, generator: Generator) -> Tensor:
        train = super().encode(images, timesteps, generator).clone()
        train[:, 0] *= -1
        return train


@dataclass(frozen=True)
class DrawsInTurn(Sign):
    """Random; the draws of a batch depend on how many the batches before it took."""

    declared: EncoderInfo = RANDOM

    def encode(self, images: Tensor, timesteps: int, generator: Generator, ids: Tensor | None = None) -> Tensor:
        return (torch.rand(timesteps, *images.shape, generator=generator) < images.abs()) * images.sign()


class IgnoresIds(DrawsInTurn):
    """Random; the draws belong to the places in the batch."""

    def encode(self, images: Tensor, timesteps: int, generator: Generator, ids: Tensor | None = None) -> Tensor:
        fresh = Generator().manual_seed(generator.initial_seed())
        return super().encode(images, timesteps, fresh)
