"""Encoders whose train or frame breaks a law."""

# ruff: noqa: ARG002 - these encoders keep the protocol's arguments, used or not

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from tests.encoders.sound import Sign


class FlatFrame(Sign):
    def frame(self, images: Tensor) -> Tensor:
        return images.flatten(1)


class HalfFrame(Sign):
    def frame(self, images: Tensor) -> Tensor:
        return images[::2]


class InfiniteFrame(Sign):
    def frame(self, images: Tensor) -> Tensor:
        return images / 0


class WrongShape(Sign):
    def encode(self, images: Tensor, timesteps: int, generator: Generator, ids: Tensor | None = None) -> Tensor:
        return super().encode(images, timesteps, generator).transpose(0, 1)


class DoublePrecision(Sign):
    def encode(self, images: Tensor, timesteps: int, generator: Generator, ids: Tensor | None = None) -> Tensor:
        return super().encode(images, timesteps, generator).double()


class NotANumber(Sign):
    def encode(self, images: Tensor, timesteps: int, generator: Generator, ids: Tensor | None = None) -> Tensor:
        return (images / images.abs()).expand(timesteps, *images.shape)


class LateSpike(Sign):
    def encode(self, images: Tensor, timesteps: int, generator: Generator, ids: Tensor | None = None) -> Tensor:
        train = super().encode(images, timesteps, generator).clone()
        train[: timesteps // 2] = 0
        return train


@dataclass(frozen=True)
class OddLength(Sign):
    """Only its train of `length` steps is not a prefix of the longer ones."""

    length: int = 1

    def encode(self, images: Tensor, timesteps: int, generator: Generator, ids: Tensor | None = None) -> Tensor:
        return super().encode(images, timesteps, generator) * (-1 if timesteps == self.length else 1)


class StaysOnCpu(Sign):
    def encode(self, images: Tensor, timesteps: int, generator: Generator, ids: Tensor | None = None) -> Tensor:
        return super().encode(images.as_subclass(Tensor), timesteps, generator)


class InPlace(Sign):
    def encode(self, images: Tensor, timesteps: int, generator: Generator, ids: Tensor | None = None) -> Tensor:
        return images.sign_().expand(timesteps, *images.shape)


class Raising(Sign):
    def encode(self, images: Tensor, timesteps: int, generator: Generator, ids: Tensor | None = None) -> Tensor:
        raise IndexError("tuple index out of range")


class PixelFrame(Sign):
    """Conveys the sign, and would have its ANN trained on the pixels."""

    def frame(self, images: Tensor) -> Tensor:
        return images


class OtherShapeDecoded(Sign):
    def decode(self, train: Tensor) -> Tensor:
        return train[0, 0, 0]


class OtherInBfloat16(Sign):
    def encode(
        self,
        images: Tensor,
        timesteps: int,
        generator: Generator,
        ids: Tensor | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> Tensor:
        train = super().encode(images, timesteps, generator, ids).to(dtype)
        return train if dtype == torch.float32 else -train
