"""Encoders whose calibration, state or operations break a law."""

# ruff: noqa: ARG002 - these encoders keep the protocol's arguments, used or not

import random
from collections.abc import Mapping
from typing import Any

import torch
from torch import Generator, Tensor

from tests.encoders.sound import Sign


class ForgetfulOfPurity(Sign):
    def calibrate(self, images: Tensor, generator: Generator) -> "ForgetfulOfPurity":
        object.__setattr__(self, "mean", images.mean().item())
        return self


class OtherKind(Sign):
    def calibrate(self, images: Tensor, generator: Generator) -> Sign:  # type: ignore[override]
        return Sign(self.declared)


class NeedsGenerator(Sign):
    def calibrate(self, images: Tensor, generator: Generator) -> "NeedsGenerator":
        generator.get_state()
        return self


class LearnsWhileEncoding(Sign):
    def calibrate(self, images: Tensor, generator: Generator) -> "LearnsWhileEncoding":
        return LearnsWhileEncoding(self.declared)

    def encode(self, images: Tensor, timesteps: int, generator: Generator, ids: Tensor | None = None) -> Tensor:
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


class WordsForCost(Sign):
    def operations(self, shape: tuple[int, int, int], timesteps: int) -> float:
        return "a lot"  # type: ignore[return-value]
