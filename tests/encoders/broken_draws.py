"""Encoders whose train depends on what it may not depend on."""

# ruff: noqa: ARG002 - these encoders keep the protocol's arguments, used or not

from dataclasses import dataclass, replace
from itertools import count

import torch
from torch import Generator, Tensor

from encoders.base import EncoderInfo
from encoders.draws import uniform
from tests.encoders.sound import INFO, Sign

RANDOM = replace(INFO, deterministic=False, period=None)


class GlobalRandom(Sign):
    def encode(self, images: Tensor, timesteps: int, generator: Generator, ids: Tensor | None = None) -> Tensor:
        return (torch.rand(timesteps, *images.shape) < images.abs()) * images.sign()


class WastefulGlobalDraw(Sign):
    def encode(self, images: Tensor, timesteps: int, generator: Generator, ids: Tensor | None = None) -> Tensor:
        torch.rand(1)
        return super().encode(images, timesteps, generator)


class Surprised(Sign):
    """Gives another train when the batch before began with another image."""

    def encode(self, images: Tensor, timesteps: int, generator: Generator, ids: Tensor | None = None) -> Tensor:
        now = images[0, 0, 0, 0].item()
        before = vars(self).get("before", now)
        object.__setattr__(self, "before", now)
        return super().encode(images, timesteps, generator) * (1 if now == before else -1)


class Remembering(Sign):
    calls = count()

    def encode(self, images: Tensor, timesteps: int, generator: Generator, ids: Tensor | None = None) -> Tensor:
        # Changes at every other call: the law's first and third would agree if it changed at each.
        sign = 1 if next(self.calls) // 2 % 2 == 0 else -1
        return super().encode(images, timesteps, generator) * sign


class SecretlyRandom(Sign):
    def encode(self, images: Tensor, timesteps: int, generator: Generator, ids: Tensor | None = None) -> Tensor:
        return (torch.rand(timesteps, *images.shape, generator=generator) < images.abs()) * images.sign()


class WastefulDraw(Sign):
    def encode(self, images: Tensor, timesteps: int, generator: Generator, ids: Tensor | None = None) -> Tensor:
        torch.rand(1, generator=generator)
        return super().encode(images, timesteps, generator)


class BatchMean(Sign):
    def encode(self, images: Tensor, timesteps: int, generator: Generator, ids: Tensor | None = None) -> Tensor:
        return super().encode(images - images.mean(), timesteps, generator)


class FirstIsSpecial(Sign):
    def encode(self, images: Tensor, timesteps: int, generator: Generator, ids: Tensor | None = None) -> Tensor:
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


class SameDraws(DrawsInTurn):
    """Random; every image meets the same draws, whatever its id."""

    def encode(self, images: Tensor, timesteps: int, generator: Generator, ids: Tensor | None = None) -> Tensor:
        drawn = uniform(images[:1], timesteps, generator, torch.zeros(1, dtype=torch.int64))
        return (drawn < images.abs()) * images.sign()


class CountsFromOne(DrawsInTurn):
    """Random; where no ids are given the first image has id 1."""

    def encode(self, images: Tensor, timesteps: int, generator: Generator, ids: Tensor | None = None) -> Tensor:
        ids = torch.arange(len(images)) + 1 if ids is None else ids
        return (uniform(images, timesteps, generator, ids) < images.abs()) * images.sign()
