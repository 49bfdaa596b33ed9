"""A correct encoder, and encoders that each break one law."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import torch
from torch import Generator, Tensor

from encoders.base import EncoderInfo, Operations, Unfitted
from encoders.draws import uniform

INFO = EncoderInfo("ternary", True, 1, (-1.0, 1.0), "a test")


@dataclass(frozen=True)
class Sign(Unfitted):
    """A correct code to break: the sign of the image at every step."""

    declared: EncoderInfo = INFO

    @property
    def info(self) -> EncoderInfo:
        return self.declared

    def frame(self, images: Tensor) -> Tensor:
        return images.sign()

    def encode(self, images: Tensor, timesteps: int, key: int, ids: Tensor | None = None) -> Tensor:
        return images.sign().expand(timesteps, *images.shape)

    def operations(self, shape: tuple[int, int, int], timesteps: int) -> Operations | float:
        return 1.0


def declaring(**facts: Any) -> Sign:
    return Sign(replace(INFO, **facts))


# Encoders whose train or frame breaks a law.


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
    def encode(self, images: Tensor, timesteps: int, key: int, ids: Tensor | None = None) -> Tensor:
        return super().encode(images, timesteps, key).transpose(0, 1)


class DoublePrecision(Sign):
    def encode(self, images: Tensor, timesteps: int, key: int, ids: Tensor | None = None) -> Tensor:
        return super().encode(images, timesteps, key).double()


class NotANumber(Sign):
    def encode(self, images: Tensor, timesteps: int, key: int, ids: Tensor | None = None) -> Tensor:
        return (images / images.abs()).expand(timesteps, *images.shape)


class LateSpike(Sign):
    def encode(self, images: Tensor, timesteps: int, key: int, ids: Tensor | None = None) -> Tensor:
        train = super().encode(images, timesteps, key).clone()
        train[: timesteps // 2] = 0
        return train


@dataclass(frozen=True)
class OddLength(Sign):
    """Only its train of `length` steps is not a prefix of the longer ones."""

    length: int = 1

    def encode(self, images: Tensor, timesteps: int, key: int, ids: Tensor | None = None) -> Tensor:
        return super().encode(images, timesteps, key) * (-1 if timesteps == self.length else 1)


class TrainOnCpu(Sign):
    def encode(self, images: Tensor, timesteps: int, key: int, ids: Tensor | None = None) -> Tensor:
        train = torch.zeros(timesteps, *images.shape)
        train[:] = images.sign()
        return train


class FrameOnCpu(Sign):
    def frame(self, images: Tensor) -> Tensor:
        return images.sign().cpu()


class WeightsOnCpu(Sign):
    def encode(self, images: Tensor, timesteps: int, key: int, ids: Tensor | None = None) -> Tensor:
        return images.sign() * torch.ones(timesteps, 1, 1, 1, 1)


class ProductOnCpu(Sign):
    """Torch's own meta kernel of a matrix product does not notice the other device."""

    def encode(self, images: Tensor, timesteps: int, key: int, ids: Tensor | None = None) -> Tensor:
        return super().encode(images @ torch.eye(images.shape[-1]), timesteps, key)


class WeightsMoved(Sign):
    """Sound: what it makes on the CPU goes to the images' device before it meets them; so do NumPy's numbers."""

    def encode(self, images: Tensor, timesteps: int, key: int, ids: Tensor | None = None) -> Tensor:
        signs = torch.from_numpy(images.cpu().numpy()).sign().to(images.device)
        return signs * torch.ones(timesteps, 1, 1, 1, 1).to(images.device)


class AsksForValues(Sign):
    """Sound, but what it does depends on the pixels."""

    def encode(self, images: Tensor, timesteps: int, key: int, ids: Tensor | None = None) -> Tensor:
        return super().encode(images if bool((images > 0).any()) else images.clone(), timesteps, key)


class InPlace(Sign):
    def encode(self, images: Tensor, timesteps: int, key: int, ids: Tensor | None = None) -> Tensor:
        return images.sign_().expand(timesteps, *images.shape)


class Raising(Sign):
    def encode(self, images: Tensor, timesteps: int, key: int, ids: Tensor | None = None) -> Tensor:
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
        key: int,
        ids: Tensor | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> Tensor:
        train = super().encode(images, timesteps, key, ids).to(dtype)
        return train if dtype == torch.float32 else -train


# Encoders whose train depends on what it may not depend on.


RANDOM = replace(INFO, deterministic=False, period=None)


class GlobalRandom(Sign):
    def encode(self, images: Tensor, timesteps: int, key: int, ids: Tensor | None = None) -> Tensor:
        return (torch.rand(timesteps, *images.shape) < images.abs()) * images.sign()


class WastefulGlobalDraw(Sign):
    def encode(self, images: Tensor, timesteps: int, key: int, ids: Tensor | None = None) -> Tensor:
        torch.rand(1)
        return super().encode(images, timesteps, key)


class Surprised(Sign):
    """Gives another train when the batch before began with another image."""

    def encode(self, images: Tensor, timesteps: int, key: int, ids: Tensor | None = None) -> Tensor:
        now = images[0, 0, 0, 0].item()
        before = vars(self).get("before", now)
        object.__setattr__(self, "before", now)
        return super().encode(images, timesteps, key) * (1 if now == before else -1)


class Remembering(Sign):
    calls = count()

    def encode(self, images: Tensor, timesteps: int, key: int, ids: Tensor | None = None) -> Tensor:
        # Changes at every other call: the law's first and third would agree if it changed at each.
        sign = 1 if next(self.calls) // 2 % 2 == 0 else -1
        return super().encode(images, timesteps, key) * sign


class SecretlyRandom(Sign):
    def encode(self, images: Tensor, timesteps: int, key: int, ids: Tensor | None = None) -> Tensor:
        draws = torch.rand(timesteps, *images.shape, generator=Generator().manual_seed(key))
        return (draws < images.abs()) * images.sign()


class BatchMean(Sign):
    def encode(self, images: Tensor, timesteps: int, key: int, ids: Tensor | None = None) -> Tensor:
        return super().encode(images - images.mean(), timesteps, key)


class FirstIsSpecial(Sign):
    def encode(self, images: Tensor, timesteps: int, key: int, ids: Tensor | None = None) -> Tensor:
        train = super().encode(images, timesteps, key).clone()
        train[:, 0] *= -1
        return train


@dataclass(frozen=True)
class DrawsAtOnce(Sign):
    """Random; the draws belong to the places in the batch."""

    declared: EncoderInfo = RANDOM

    def encode(self, images: Tensor, timesteps: int, key: int, ids: Tensor | None = None) -> Tensor:
        draws = torch.rand(timesteps, *images.shape, generator=Generator().manual_seed(key))
        return (draws < images.abs()) * images.sign()


class SameDraws(DrawsAtOnce):
    """Random; every image meets the same draws, whatever its id."""

    def encode(self, images: Tensor, timesteps: int, key: int, ids: Tensor | None = None) -> Tensor:
        drawn = uniform(images[:1], timesteps, key, torch.zeros(1, dtype=torch.int64))
        return (drawn < images.abs()) * images.sign()


class CountsFromOne(DrawsAtOnce):
    """Random; where no ids are given the first image has id 1."""

    def encode(self, images: Tensor, timesteps: int, key: int, ids: Tensor | None = None) -> Tensor:
        ids = torch.arange(len(images)) + 1 if ids is None else ids
        return (uniform(images, timesteps, key, ids) < images.abs()) * images.sign()


# Encoders whose calibration, state or operations break a law.


class ForgetfulOfPurity(Sign):
    def calibrate(self, images: Tensor) -> "ForgetfulOfPurity":
        object.__setattr__(self, "mean", images.mean().item())
        return self


class OtherKind(Sign):
    def calibrate(self, images: Tensor) -> Sign:  # type: ignore[override]
        return Sign(self.declared)


class LearnsWhileEncoding(Sign):
    def calibrate(self, images: Tensor) -> "LearnsWhileEncoding":
        return LearnsWhileEncoding(self.declared)

    def encode(self, images: Tensor, timesteps: int, key: int, ids: Tensor | None = None) -> Tensor:
        object.__setattr__(self, "seen", len(images))
        return super().encode(images, timesteps, key)


class RandomCalibration(Sign):
    def calibrate(self, images: Tensor) -> "RandomCalibration":
        new = RandomCalibration(self.declared)
        object.__setattr__(new, "chance", random.random())
        return new


class FailingCalibration(Sign):
    def calibrate(self, images: Tensor) -> "FailingCalibration":
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


class WordsForCost(Sign):
    def operations(self, shape: tuple[int, int, int], timesteps: int) -> float:
        return "a lot"  # type: ignore[return-value]
