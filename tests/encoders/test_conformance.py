"""Every built-in encoder keeps the laws, and for each law an encoder that breaks it is caught."""

# ruff: noqa: ARG002 - the broken encoders keep the protocol's arguments, used or not

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import pytest
import torch
from torch import Generator, Tensor

from encoders import create, laws, registry
from encoders.base import EncoderInfo, Unfitted
from encoders.conformance import LAWS, Finding, check, sample_images

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


def test_the_encoder_to_break_is_whole() -> None:
    assert [f for f in check(Sign()) if f.passed is False] == []


@pytest.mark.parametrize(
    ("broken", "law", "detail"),
    [
        (FlatFrame(), "declared shape", r"^frame has shape \(8, 768\)"),
        (HalfFrame(), "declared shape", r"^frame has shape \(4, 3, 16, 16\)"),
        (WrongShape(), "declared shape", r"^the train has shape \(8, 16, 3, 16, 16\), the frame asks for \(16, 8, "),
        (DoublePrecision(), "declared shape", "float64"),
        (
            declaring(alphabet="binary", value_range=(0.0, 1.0)),
            "declared alphabet",
            r"binary, yet the train holds \[-1\.0",
        ),
        (declaring(alphabet="loud"), "declared alphabet", "unknown alphabet 'loud'"),
        (declaring(value_range=(-0.5, 0.5)), "declared alphabet", "-1 to 1 leaves -0.5 to 0.5"),
        (declaring(value_range=(-0.5, 1.0)), "declared alphabet", "-1 to 1 leaves -0.5 to 1"),
        (declaring(value_range=(-1.0, 0.5)), "declared alphabet", "-1 to 1 leaves -1 to 0.5"),
        (NotANumber(), "finite values", "^the train holds NaN or infinity"),
        (InfiniteFrame(), "finite values", "^the frame holds NaN or infinity"),
        (GlobalRandom(), "repeatable", "^two calls with the same input and generator state differ"),
        (Surprised(), "repeatable", "^two calls with the same input and generator state differ"),
        (WastefulGlobalDraw(), "repeatable", "^it draws from torch's global generator"),
        (Remembering(), "repeatable", "differ"),
        (SecretlyRandom(), "declared randomness", "^declared deterministic, yet the train depends on the generator"),
        (WastefulDraw(), "declared randomness", "^it moves the generator"),
        (declaring(deterministic=False, period=None), "declared randomness", "^declared random, yet two generators"),
        (BatchMean(), "batch invariance", "^the train depends on batch mates"),
        (FirstIsSpecial(), "batch invariance", "^alone, an image has another train than in its batch"),
        (LateSpike(), "prefix property", r"^the \d+-step train is not a prefix"),
        (OddLength(length=1), "prefix property", "^the 1-step train is not a prefix"),
        (OddLength(length=8), "prefix property", "^the 8-step train is not a prefix"),
        (OddLength(length=15), "prefix property", "^the 15-step train is not a prefix"),
        (InPlace(), "input untouched", "^the images were changed in place"),
        (OtherKind(), "calibration is pure", "^calibrate returned a Sign"),
        (ForgetfulOfPurity(), "calibration is pure", "^calibrate changed the encoder it was called on"),
        (RandomCalibration(), "calibration is pure", "^two calibrations on the same images differ"),
        (LearnsWhileEncoding(), "calibration is pure", "^encode changed the encoder"),
        (FailingCalibration(), "calibrates", "RuntimeError: no disk"),
        (declaring(period=0), "declared period", "no number of steps"),
        (declaring(period=16, deterministic=False), "declared period", "random code"),
        (TensorState(), "json state", r"^state\(\) is not JSON"),
        (NanState(), "json state", r"^state\(\) is not JSON"),
        (ListState(), "json state", r"^state\(\) is a list, not a mapping"),
        (NumberedState(), "json state", r"^state\(\) has keys that are not strings"),
        (NegativeCost(), "counted operations", "^operations: .*-1"),
        (EndlessCost(), "counted operations", "^operations: .*inf"),
        (FallingCost(), "counted operations", "^0.0625 operations at T, 0.03125 at 2T"),
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
    assert re.fullmatch(r"graded, yet \d+ sizes occur: is it analog\?", finding.detail)


@pytest.mark.parametrize(("sizes", "kept"), [(256, True), (257, False)])
def test_a_graded_code_has_at_most_256_sizes(sizes: int, kept: bool) -> None:
    class Levels(Sign):
        def encode(self, images: Tensor, timesteps: int, generator: Generator) -> Tensor:
            train = torch.zeros(timesteps, *images.shape)
            train.view(-1)[:sizes] = torch.arange(sizes) / sizes
            return train

    [finding] = check(Levels(replace(INFO, alphabet="graded")), only=(laws.declared_alphabet,))
    assert finding.passed is kept


def test_the_declared_range_leaves_room_for_rounding_only() -> None:
    def passed(least: float, greatest: float) -> bool | None:
        return check(declaring(value_range=(least, greatest)), only=(laws.declared_alphabet,))[0].passed

    assert passed(-1 + 5e-7, 1 - 5e-7) is True
    assert passed(-1 + 2e-6, 1) is False
    assert passed(-1, 1 - 2e-6) is False


def test_a_kept_law_says_what_was_seen() -> None:
    assert {f.law: f.detail for f in check(Sign()) if f.passed} == {
        "declared shape": "(16, 8, 3, 16, 16) float32",
        "declared alphabet": "ternary, -1 to 1",
        "finite values": "no NaN, no infinity",
        "repeatable": "the same train again",
        "declared randomness": "deterministic: ignores the generator",
        "batch invariance": "batch mates do not matter",
        "prefix property": "shorter trains are prefixes",
        "input untouched": "images unchanged",
        "calibration is pure": "nothing to fit",
        "declared period": "1 declared (what is fed inside cannot be seen from outside)",
        "json state": "holds nothing",
        "counted operations": "1 an image",
    } | ({"devices agree": "0.00% of the train differs"} if torch.cuda.is_available() else {})


def test_other_encoders_say_otherwise() -> None:
    def seen(name: str) -> dict[str, str]:
        return {f.law: f.detail for f in check(create(name))}

    assert seen("poisson")["declared randomness"] == "random: depends on the generator"
    assert seen("poisson")["declared period"] == "none declared"
    assert seen("poisson")["counted operations"] == f"{3 * 16 * 16 * 16} an image"
    assert seen("ttfs")["prefix property"] == "declared a window: the code is laid out over all T steps"
    assert seen("dct")["calibration is pure"] == "a fitted copy"
    assert seen("dct")["json state"] == "holds thresholds"


def test_the_encoder_that_is_checked_stays_as_it_was() -> None:
    @dataclass(frozen=True)
    class Collecting(Sign):
        seen: list[int] = field(default_factory=list)

        def calibrate(self, images: Tensor, generator: Generator) -> "Collecting":
            self.seen.append(len(images))
            return self

    encoder = Collecting()
    [finding] = check(encoder, only=(laws.calibration_is_pure,))
    assert finding.passed is False
    assert encoder.seen == []


def test_one_timestep_is_enough_for_every_law() -> None:
    assert [f for f in check(Sign(), timesteps=1) if f.passed is False] == []


def test_calibration_is_given_a_generator() -> None:
    assert [f for f in check(NeedsGenerator()) if f.passed is False] == []


def test_a_random_code_is_not_tried_alone() -> None:
    # Alone, an image meets other draws: that is no fault of the code.
    [finding] = check(create("poisson"), only=(laws.batch_invariance,))
    assert finding.passed is True


def test_the_sample_has_plain_images_and_noise_of_rising_contrast() -> None:
    images = sample_images(channels=2, size=4)
    assert images.shape == (8, 2, 4, 4)
    for image, grey in zip(images, (-1.0, 0.0, 1.0), strict=False):
        assert (image == grey).all()
    assert (images[3:].abs().amax(dim=(1, 2, 3)) <= torch.linspace(0.3, 1, 8)[3:]).all()
    assert not torch.allclose(images[3] / images[3].abs().max(), images[4] / images[4].abs().max())
    assert (images[3:].amin(dim=(1, 2, 3)) < 0).all()
    assert (images[3:].amax(dim=(1, 2, 3)) > 0).all()
    assert torch.equal(images, sample_images(channels=2, size=4))
    assert not torch.equal(images, sample_images(channels=2, size=4, seed=1))


def test_the_images_given_are_the_images_tried() -> None:
    assert check(Sign(), sample_images(1, 8))[0] == Finding("declared shape", True, "(16, 8, 1, 8, 8) float32")


def test_a_finding_reads_as_a_line() -> None:
    marks = {passed: str(Finding("a law", passed, "as seen")) for passed in (True, False, None)}
    assert marks == {
        True: "pass  a law: as seen",
        False: "FAIL  a law: as seen",
        None: "skip  a law: as seen",
    }


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
    assert check(Sign())[-1] == Finding("devices agree", False, "100.00% of the train differs between CPU and CUDA")
    assert check(StaysOnCpu())[-1] == Finding("devices agree", False, "images on CUDA give a train elsewhere")
    monkeypatch.setattr(Elsewhere, "cpu", lambda self: self.as_subclass(Tensor))
    assert check(Sign())[-1] == Finding("devices agree", True, "0.00% of the train differs")
