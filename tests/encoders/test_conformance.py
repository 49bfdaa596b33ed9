"""Every built-in encoder keeps the laws, and for each law an encoder that breaks it is caught."""

# ruff: noqa: ARG002 - the broken encoders keep the protocol's arguments, used or not

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import pytest
import torch
from torch import Generator, Tensor

from encoders import create, registry
from encoders.base import EncoderInfo, Unfitted
from encoders.conformance import LAWS, check, sample_images

FAMILY: list[tuple[str, dict]] = [
    *[(name, {}) for name in registry.BUILTIN],
    ("poisson", {"signed": False, "rate": 0.5}),
    ("burst", {"threshold": 0.25, "growth": 1.5}),
    ("dct", {"stride": 2, "colour": "ycbcr"}),
    ("dct", {"colour": "chroma"}),
    ("dct", {"block_size": 2, "stride": 2}),
    ("dct", {"block_size": 8, "stride": 8}),
    ("dct", {"schedule": "truncated", "frequencies": 8}),
    ("dct", {"schedule": "interleaved"}),
    ("dct", {"schedule": "intermittent"}),
    ("dct", {"schedule": "explicit", "indices": (5, 0, 3)}),
    ("dct", {"schedule": "weighted", "weights": (3, 2, 1), "order": "energy"}),
    ("dct", {"threshold_scope": "batch"}),
]


@pytest.mark.parametrize(("name", "parameters"), FAMILY)
def test_built_in_encoders_keep_every_law(name: str, parameters: dict) -> None:
    findings = check(create(name, **parameters))
    assert len(findings) == len(LAWS)
    assert [f for f in findings if f.passed is False] == []


@pytest.mark.parametrize("size", [4, 8])
def test_small_images_of_one_channel_keep_the_laws_too(size: int) -> None:
    images = sample_images(channels=1, size=size)
    for name in registry.BUILTIN:
        assert [f for f in check(create(name), images, timesteps=5) if f.passed is False] == []


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


class InPlace(Sign):
    def encode(self, images: Tensor, timesteps: int, generator: Generator) -> Tensor:
        return images.sign_().expand(timesteps, *images.shape)


class ForgetfulOfPurity(Sign):
    def calibrate(self, images: Tensor, generator: Generator) -> "ForgetfulOfPurity":
        object.__setattr__(self, "mean", images.mean().item())
        return self


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


class NegativeCost(Sign):
    def operations(self, shape: tuple[int, int, int], timesteps: int) -> float:
        return -1.0


class Raising(Sign):
    def encode(self, images: Tensor, timesteps: int, generator: Generator) -> Tensor:
        raise IndexError("tuple index out of range")


def test_the_encoder_to_break_is_whole() -> None:
    assert [f for f in check(Sign()) if f.passed is False] == []


@pytest.mark.parametrize(
    ("broken", "law", "detail"),
    [
        (WrongShape(), "declared shape", "has shape"),
        (DoublePrecision(), "declared shape", "float64"),
        (
            declaring(alphabet="binary", value_range=(0.0, 1.0)),
            "declared alphabet",
            r"binary, yet the train holds \[-1\.0",
        ),
        (declaring(alphabet="loud"), "declared alphabet", "unknown alphabet 'loud'"),
        (declaring(value_range=(-0.5, 0.5)), "declared alphabet", "-1 to 1 leaves -0.5 to 0.5"),
        (NotANumber(), "finite values", "NaN"),
        (GlobalRandom(), "repeatable", "differ"),
        (Remembering(), "repeatable", "differ"),
        (SecretlyRandom(), "declared randomness", "depends on the generator"),
        (WastefulDraw(), "declared randomness", "moves the generator"),
        (declaring(deterministic=False, period=None), "declared randomness", "declared random"),
        (BatchMean(), "batch invariance", "batch mates"),
        (FirstIsSpecial(), "batch invariance", "alone"),
        (LateSpike(), "prefix property", "not a prefix"),
        (InPlace(), "input untouched", "changed in place"),
        (ForgetfulOfPurity(), "calibration is pure", "changed the encoder it was called on"),
        (RandomCalibration(), "calibration is pure", "two calibrations"),
        (FailingCalibration(), "calibrates", "RuntimeError: no disk"),
        (declaring(period=0), "declared period", "no number of steps"),
        (declaring(period=16, deterministic=False), "declared period", "random code"),
        (TensorState(), "json state", "not JSON"),
        (NanState(), "json state", "not JSON"),
        (NegativeCost(), "counted operations", "-1"),
        (Raising(), "declared shape", "IndexError: tuple index out of range"),
    ],
)
def test_a_broken_encoder_is_caught_by_the_law_it_breaks(broken: Sign, law: str, detail: str) -> None:
    [finding] = [f for f in check(broken) if f.law == law]
    assert finding.passed is False
    assert re.search(detail, finding.detail)


def test_an_analog_code_declared_graded_is_caught() -> None:
    class Analog(Sign):
        def encode(self, images: Tensor, timesteps: int, generator: Generator) -> Tensor:
            return images.expand(timesteps, *images.shape)

    [finding] = [f for f in check(Analog(replace(INFO, alphabet="graded"))) if f.law == "declared alphabet"]
    assert finding.passed is False


def test_a_law_that_an_encoder_declares_itself_out_of_is_not_held_against_it() -> None:
    findings = {f.law: f for f in check(create("dct", threshold_scope="batch"))}
    assert findings["batch invariance"].passed is None
    assert findings["batch invariance"].detail == "declared not batch-invariant"
    assert {f.law: f.passed for f in check(create("ttfs"))}["prefix property"] is None


@pytest.mark.skipif(torch.cuda.is_available(), reason="here the law can be tried")
def test_without_cuda_the_law_of_devices_says_why_it_was_not_tried() -> None:
    assert check(create("direct"))[-1].detail == "no CUDA device here"


def test_a_device_that_gives_another_train_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    class Elsewhere(Tensor):
        is_cuda = True

        def cpu(self) -> Tensor:
            return self.as_subclass(Tensor) + 1

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(Tensor, "cuda", lambda self: self.as_subclass(Elsewhere))
    assert check(Sign())[-1].passed is False
    monkeypatch.setattr(Elsewhere, "cpu", lambda self: self.as_subclass(Tensor))
    assert check(Sign())[-1].passed is True
