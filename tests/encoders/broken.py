"""A correct encoder, and one for each way to break a law."""

# ruff: noqa: ARG002 - these encoders keep the protocol's arguments, used or not

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import torch
from torch import Generator, Tensor

from encoders.base import EncoderInfo, Unfitted

INFO = EncoderInfo("ternary", True, 1, (-1.0, 1.0), "a test")


@dataclass(frozen=True)
class Sign(Unfitted):
    """A correct code to break: the sign of the image at every step."""

    declared: EncoderInfo = INFO

    @property
    def info(self) -> EncoderInfo:
        return self.declared

    def encode(self, images: Tensor, timesteps: int, generator: Generator) -> Tensor:
        return images.sign().expand(timesteps, *images.shape)

    def operations(self, shape: tuple[int, int, int], timesteps: int) -> float:
        return 1.0


def declaring(**facts: Any) -> Sign:
    return Sign(replace(INFO, **facts))


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
    def encode(self, images: Tensor, timesteps: int, generator: Generator) -> Tensor:
        return super().encode(images, timesteps, generator).transpose(0, 1)


class DoublePrecision(Sign):
    def encode(self, images: Tensor, timesteps: int, generator: Generator) -> Tensor:
        return super().encode(images, timesteps, generator).double()


class NotANumber(Sign):
    def encode(self, images: Tensor, timesteps: int, generator: Generator) -> Tensor:
        return (images / images.abs()).expand(timesteps, *images.shape)


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


class LateSpike(Sign):
    def encode(self, images: Tensor, timesteps: int, generator: Generator) -> Tensor:
        train = super().encode(images, timesteps, generator).clone()
        train[: timesteps // 2] = 0
        return train


@dataclass(frozen=True)
class OddLength(Sign):
    """Only its train of `length` steps is not a prefix of the longer ones."""

    length: int = 1

    def encode(self, images: Tensor, timesteps: int, generator: Generator) -> Tensor:
        return super().encode(images, timesteps, generator) * (-1 if timesteps == self.length else 1)


class StaysOnCpu(Sign):
    def encode(self, images: Tensor, timesteps: int, generator: Generator) -> Tensor:
        return super().encode(images.as_subclass(Tensor), timesteps, generator)


class InPlace(Sign):
    def encode(self, images: Tensor, timesteps: int, generator: Generator) -> Tensor:
        return images.sign_().expand(timesteps, *images.shape)


class ForgetfulOfPurity(Sign):
    def calibrate(self, images: Tensor, generator: Generator) -> "ForgetfulOfPurity":
        object.__setattr__(self, "mean", images.mean().item())
        return self


class OtherKind(Sign):
    def calibrate(self, images: Tensor, generator: Generator) -> Sign:
        return Sign(self.declared)


class NeedsGenerator(Sign):
    def calibrate(self, images: Tensor, generator: Generator) -> "NeedsGenerator":
        generator.get_state()
        return self


class LearnsWhileEncoding(Sign):
    def calibrate(self, images: Tensor, generator: Generator) -> "LearnsWhileEncoding":
        return LearnsWhileEncoding(self.declared)

    def encode(self, images: Tensor, timesteps: int, generator: Generator) -> Tensor:
        object.__setattr__(self, "seen", len(images))
        return super().encode(images, timesteps, generator)


class RandomCalibration(Sign):
    def calibrate(self, images: Tensor, generator: Generator) -> "RandomCalibration":
        new = RandomCalibration(self.declared)
        object.__setattr__(new, "chance", random.random())
        return new


class FailingCalibration(Sign):
    def calibrate(self, images: Tensor, generator: Generator) -> "FailingCalibration":
        raise RuntimeError("no disk")


class TensorState(Sign):
    def state(self) -> Mapping[str, Any]:
        return {"mean": torch.zeros(1)}


class NanState(Sign):
    def state(self) -> Mapping[str, Any]:
        return {"mean": float("nan")}


class ListState(Sign):
    def state(self) -> Mapping[str, Any]:
        return [1]  # type: ignore[return-value]


class NumberedState(Sign):
    def state(self) -> Mapping[str, Any]:
        return {1: "one"}  # type: ignore[dict-item]


class FallingCost(Sign):
    def operations(self, shape: tuple[int, int, int], timesteps: int) -> float:
        return 1.0 / timesteps


class EndlessCost(Sign):
    def operations(self, shape: tuple[int, int, int], timesteps: int) -> float:
        return float("inf")


class NegativeCost(Sign):
    def operations(self, shape: tuple[int, int, int], timesteps: int) -> float:
        return -1.0


class Raising(Sign):
    def encode(self, images: Tensor, timesteps: int, generator: Generator) -> Tensor:
        raise IndexError("tuple index out of range")
