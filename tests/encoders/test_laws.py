"""For each law an encoder that breaks it is caught, and one that keeps it is told what was seen."""

# ruff: noqa: ARG002 - these encoders keep the protocol's arguments, used or not

import re
from dataclasses import replace

import pytest
import torch
from torch import Generator, Tensor

from encoders.conformance import Finding, check
from encoders.laws import trains
from tests.encoders.broken_declarations import (
    EndlessCost,
    FailingCalibration,
    FallingCost,
    ForgetfulOfPurity,
    LearnsWhileEncoding,
    ListState,
    NanState,
    NegativeCost,
    NumberedState,
    OtherKind,
    RandomCalibration,
    TensorState,
    WordsForCost,
)
from tests.encoders.broken_draws import (
    BatchMean,
    CountsFromOne,
    DrawsInTurn,
    FirstIsSpecial,
    GlobalRandom,
    IgnoresIds,
    Remembering,
    SameDraws,
    SecretlyRandom,
    Surprised,
    WastefulDraw,
    WastefulGlobalDraw,
)
from tests.encoders.broken_trains import (
    DoublePrecision,
    FlatFrame,
    HalfFrame,
    InfiniteFrame,
    InPlace,
    LateSpike,
    NotANumber,
    OddLength,
    OtherInBfloat16,
    OtherShapeDecoded,
    PixelFrame,
    Raising,
    StaysOnCpu,
    WrongShape,
)
from tests.encoders.sound import INFO, Sign, declaring


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
        (DrawsInTurn(), "split with ids", "^in batches of 1 the train is another: draw by generator.initial_seed"),
        (IgnoresIds(), "split with ids", "^in batches of 1 the train is another"),
        (SameDraws(), "split with ids", "^declared random by id, yet other ids give the same train"),
        (CountsFromOne(), "split with ids", "^without ids the train is not that of ids 0 … N−1"),
        (FirstIsSpecial(), "split with ids", "^in batches of 1"),
        (BatchMean(), "batch invariance", "^the train depends on batch mates"),
        (FirstIsSpecial(), "batch invariance", "^alone, an image has another train than in its batch"),
        (LateSpike(), "prefix property", r"^the \d+-step train is not a prefix"),
        (OddLength(length=1), "prefix property", "^the 1-step train is not a prefix"),
        (OddLength(length=8), "prefix property", "^the 8-step train is not a prefix"),
        (OddLength(length=15), "prefix property", "^the 15-step train is not a prefix"),
        (PixelFrame(), "frame is conveyed", r"^frame and decoded train are 0\.\d+ apart on average: let `frame` be"),
        (OtherShapeDecoded(), "frame is conveyed", r"^decoded has shape \(16, 16\), the frame \(8, 3, 16, 16\)"),
        (OtherInBfloat16(), "dtype is a cast", "^in bfloat16 it is another train"),
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
        (WordsForCost(), "counted operations", "ValueError"),
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
        def encode(self, images: Tensor, timesteps: int, generator: Generator, ids: Tensor | None = None) -> Tensor:
            return images.expand(timesteps, *images.shape)

    [finding] = [f for f in check(Analog(replace(INFO, alphabet="graded"))) if f.law == "declared alphabet"]
    assert finding.passed is False
    assert re.fullmatch(r"graded, yet \d+ sizes occur: is it analog\?", finding.detail)


@pytest.mark.parametrize(("sizes", "kept"), [(256, True), (257, False)])
def test_a_graded_code_has_at_most_256_sizes(sizes: int, kept: bool) -> None:
    class Levels(Sign):
        def encode(self, images: Tensor, timesteps: int, generator: Generator, ids: Tensor | None = None) -> Tensor:
            train = torch.zeros(timesteps, *images.shape)
            train.view(-1)[:sizes] = torch.arange(sizes) / sizes
            return train

    [finding] = check(Levels(replace(INFO, alphabet="graded")), only=(trains.declared_alphabet,))
    assert finding.passed is kept


def test_the_declared_range_leaves_room_for_rounding_only() -> None:
    def passed(least: float, greatest: float) -> bool | None:
        return check(declaring(value_range=(least, greatest)), only=(trains.declared_alphabet,))[0].passed

    assert passed(-1 + 5e-7, 1 - 5e-7) is True
    assert passed(-1 + 2e-6, 1) is False
    assert passed(-1, 1 - 2e-6) is False


def test_a_kept_law_says_what_was_seen() -> None:
    assert {f.law: f.detail for f in check(Sign()) if f.passed} == {
        "declared shape": "(16, 8, 3, 16, 16) float32",
        "declared alphabet": "ternary, -1 to 1",
        "finite values": "no NaN, no infinity",
        "dtype is a cast": "bfloat16 is float32 rounded",
        "repeatable": "the same train again",
        "declared randomness": "deterministic: ignores the generator",
        "batch invariance": "batch mates do not matter",
        "split with ids": "the batch size does not matter",
        "prefix property": "shorter trains are prefixes",
        "frame is conveyed": "decoded train and frame are 0 apart after 128 steps",
        "input untouched": "images unchanged",
        "calibration is pure": "nothing to fit",
        "declared period": "1 declared (what is fed inside cannot be seen from outside)",
        "json state": "holds nothing",
        "counted operations": "0 multiply-accumulates, 1 additions an image",
    } | ({"devices agree": "0.00% of the train differs"} if torch.cuda.is_available() else {})


def test_a_device_that_gives_another_train_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    class Elsewhere(Tensor):
        is_cuda = True

        def cpu(self, memory_format: torch.memory_format = torch.preserve_format) -> Tensor:
            return self.as_subclass(Tensor) + 1

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(Tensor, "cuda", lambda self: self.as_subclass(Elsewhere))
    assert check(Sign())[-1] == Finding("devices agree", False, "100.00% of the train differs between CPU and CUDA")
    assert check(StaysOnCpu())[-1] == Finding("devices agree", False, "images on CUDA give a train elsewhere")
    monkeypatch.setattr(Elsewhere, "cpu", lambda self: self.as_subclass(Tensor))
    assert check(Sign())[-1] == Finding("devices agree", True, "0.00% of the train differs")
