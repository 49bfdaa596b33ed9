"""The laws: built-in encoders keep them, and for each one an encoder that breaks it is caught."""

import re
from dataclasses import dataclass, field, replace

import pytest
import torch
from torch import Tensor

from encoders import create, registry
from encoders.draws import uniform
from encoders.laws import (
    LAWS,
    Finding,
    calibration_is_pure,
    check,
    declared_alphabet,
    one_device,
    sample_images,
    split_with_ids,
)
from tests.encoders.broken import (
    INFO,
    AsksForValues,
    BatchMean,
    CountsFromOne,
    DoublePrecision,
    DrawsAtOnce,
    EndlessCost,
    FailingCalibration,
    FallingCost,
    FirstIsSpecial,
    FlatFrame,
    ForgetfulOfPurity,
    FrameOnCpu,
    GlobalRandom,
    HalfFrame,
    InfiniteFrame,
    InPlace,
    LateSpike,
    LearnsWhileEncoding,
    ListState,
    NanState,
    NegativeCost,
    NotANumber,
    NumberedState,
    OddLength,
    OtherInBfloat16,
    OtherKind,
    OtherShapeDecoded,
    PixelFrame,
    ProductOnCpu,
    Raising,
    RandomCalibration,
    Remembering,
    SameDraws,
    SecretlyRandom,
    Sign,
    Surprised,
    TensorState,
    TrainOnCpu,
    WastefulGlobalDraw,
    WeightsMoved,
    WeightsOnCpu,
    WordsForCost,
    WrongShape,
    declaring,
)

FAMILY: list[tuple[str, dict[str, object]]] = [
    *[(name, {}) for name in registry.BUILTIN],
    ("poisson", {"rate": 0.5}),
    ("poisson", {"signed": True}),
    ("burst", {"threshold": 0.25, "growth": 1.5}),
    ("dct", {"stride": 2, "colour": "ycbcr"}),
    ("dct", {"colour": "chroma"}),
    ("dct", {"colour": "ycbcr-released"}),
    ("dct", {"reset": "none"}),
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
def test_built_in_encoders_keep_every_law(name: str, parameters: dict[str, object]) -> None:
    findings = check(create(name, **parameters))
    assert len(findings) == len(LAWS)
    assert [f for f in findings if f.passed is False] == []


@pytest.mark.parametrize("size", [4, 8])
def test_small_images_of_one_channel_keep_the_laws_too(size: int) -> None:
    images = sample_images(channels=1, size=size)
    for name in registry.BUILTIN:
        assert [f for f in check(create(name), images, timesteps=5) if f.passed is False] == []


def test_other_encoders_say_otherwise() -> None:
    def seen(name: str) -> dict[str, str]:
        return {f.law: f.detail for f in check(create(name))}

    assert seen("poisson")["declared randomness"] == "random: depends on the key"
    assert seen("poisson")["declared period"] == "none declared"
    assert seen("poisson")["counted operations"] == f"0 multiply-accumulates, {3 * 16**3} additions an image"
    assert seen("ttfs")["prefix property"] == "declared a window: the code is laid out over all T steps"
    assert seen("dct")["calibration is pure"] == "a fitted copy"
    assert seen("dct")["json state"] == "holds thresholds"


def test_the_encoder_that_is_checked_stays_as_it_was() -> None:
    @dataclass(frozen=True)
    class Collecting(Sign):
        seen: list[int] = field(default_factory=list)

        def calibrate(self, images: Tensor) -> "Collecting":
            self.seen.append(len(images))
            return self

    encoder = Collecting()
    [finding] = check(encoder, only=(calibration_is_pure,))
    assert finding.passed is False
    assert encoder.seen == []


def test_one_timestep_is_enough_for_every_law() -> None:
    assert [f for f in check(Sign(), timesteps=1) if f.passed is False] == []


def test_a_random_code_keeps_its_draws_however_batches_are_cut() -> None:
    [finding] = check(create("poisson"), only=(split_with_ids,))
    assert finding.passed is True


def test_a_random_code_of_ones_own_keeps_the_laws_with_uniform_draws() -> None:
    class Own(DrawsAtOnce):
        def frame(self, images: Tensor) -> Tensor:
            return images

        def encode(self, images: Tensor, timesteps: int, key: int, ids: Tensor | None = None) -> Tensor:
            return (uniform(images, timesteps, key, ids) < images.abs()) * images.sign()

    assert [f for f in check(Own()) if f.passed is False] == []


def test_a_code_that_declares_draws_in_turn_is_not_held_to_ids() -> None:
    info = replace(DrawsAtOnce().declared, draws_by_id=False)
    [finding] = check(DrawsAtOnce(info), only=(split_with_ids,))
    assert finding.detail == "declared to draw for a whole batch at once"


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


# For each law an encoder that breaks it is caught, and one that keeps it is told what was seen.


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
        (GlobalRandom(), "repeatable", "^two calls with the same input and key differ"),
        (Surprised(), "repeatable", "^two calls with the same input and key differ"),
        (WastefulGlobalDraw(), "repeatable", "^it draws from torch's global generator"),
        (Remembering(), "repeatable", "differ"),
        (SecretlyRandom(), "declared randomness", "^declared deterministic, yet the train depends on the key"),
        (declaring(deterministic=False, period=None), "declared randomness", "^declared random, yet two keys"),
        (DrawsAtOnce(), "split with ids", "^in batches of 1 the train is another: draw by key and ids"),
        (SameDraws(), "split with ids", "^declared random by id, yet other ids give the same train"),
        (CountsFromOne(), "split with ids", "^without ids the train is not that of ids 0 … N−1"),
        (FirstIsSpecial(), "split with ids", "^in batches of 1"),
        (BatchMean(), "batch invariance", "^the train depends on the rest of the batch"),
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
        (TrainOnCpu(), "one device", "^images on meta give a train on cpu$"),
        (FrameOnCpu(), "one device", "^images on meta give a frame on cpu$"),
        (WeightsOnCpu(), "one device", "^the operation 'mul' takes tensors on cpu and meta: make tensors where"),
        (ProductOnCpu(), "one device", "^the operation 'mm' takes tensors on cpu and meta"),
    ],
)
def test_a_broken_encoder_is_caught_by_the_law_it_breaks(broken: Sign, law: str, detail: str) -> None:
    [finding] = [f for f in check(broken) if f.law == law]
    assert finding.passed is False
    assert re.search(detail, finding.detail)


def test_an_analog_code_declared_graded_is_caught() -> None:
    class Analog(Sign):
        def encode(self, images: Tensor, timesteps: int, key: int, ids: Tensor | None = None) -> Tensor:
            return images.expand(timesteps, *images.shape)

    [finding] = [f for f in check(Analog(replace(INFO, alphabet="graded"))) if f.law == "declared alphabet"]
    assert finding.passed is False
    assert re.fullmatch(r"graded, yet \d+ sizes occur: is it analog\?", finding.detail)


@pytest.mark.parametrize(("sizes", "kept"), [(256, True), (257, False)])
def test_a_graded_code_has_at_most_256_sizes(sizes: int, kept: bool) -> None:
    class Levels(Sign):
        def encode(self, images: Tensor, timesteps: int, key: int, ids: Tensor | None = None) -> Tensor:
            train = torch.zeros(timesteps, *images.shape)
            train.view(-1)[:sizes] = torch.arange(sizes) / sizes
            return train

    [finding] = check(Levels(replace(INFO, alphabet="graded")), only=(declared_alphabet,))
    assert finding.passed is kept


def test_the_declared_range_leaves_room_for_rounding_only() -> None:
    def passed(least: float, greatest: float) -> bool | None:
        return check(declaring(value_range=(least, greatest)), only=(declared_alphabet,))[0].passed

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
        "declared randomness": "deterministic: ignores the key",
        "batch invariance": "the rest of the batch does not matter",
        "split with ids": "the batch size does not matter",
        "prefix property": "shorter trains are prefixes",
        "frame is conveyed": "decoded train and frame are 0 apart after 128 steps",
        "input untouched": "images unchanged",
        "calibration is pure": "nothing to fit",
        "declared period": "1 declared (what is fed inside cannot be seen from outside)",
        "json state": "holds nothing",
        "counted operations": "0 multiply-accumulates, 1 additions an image",
        "one device": "15 laws on torch's meta device meet no tensor of another device",
    } | ({"devices agree": "0.00% of the train differs"} if torch.cuda.is_available() else {})


def test_a_device_that_gives_another_train_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    class Elsewhere(Tensor):
        is_cuda = True

        def cpu(self, memory_format: torch.memory_format = torch.preserve_format) -> Tensor:
            return self.as_subclass(Tensor) + 1

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(Tensor, "cuda", lambda self: self.as_subclass(Elsewhere))
    assert check(Sign())[-1] == Finding("devices agree", False, "100.00% of the train differs between CPU and CUDA")
    monkeypatch.setattr(Elsewhere, "cpu", lambda self: self.as_subclass(Tensor))
    assert check(Sign())[-1] == Finding("devices agree", True, "0.00% of the train differs")


def test_what_moves_to_the_images_device_is_no_foreign_tensor() -> None:
    [finding] = check(WeightsMoved(), only=(one_device,))
    assert finding == Finding("one device", True, "15 laws on torch's meta device meet no tensor of another device")


@pytest.mark.parametrize("encoder", [AsksForValues(), Raising()])
def test_an_encoder_that_needs_values_cannot_be_checked_on_meta_and_does_not_fail(encoder: Sign) -> None:
    [finding] = check(encoder, only=(one_device,))
    assert finding.passed is None
    assert finding.detail.startswith("not checkable on meta: ")
