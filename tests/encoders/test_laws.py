"""The laws: built-in encoders keep them, and for each one an encoder that breaks it is caught."""

import random
import re
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any
from unittest.mock import Mock

import pytest
import torch
from torch import Tensor

from encoders import create, registry
from encoders.draws import uniform
from encoders.laws import (
    LAWS,
    Finding,
    Law,
    batch_invariance,
    check,
    declared_alphabet,
    devices_agree,
    frame_is_conveyed,
    one_device,
    prefix_property,
    sample_images,
    split_with_ids,
)
from encoders.phase import Phase
from encoders.single_spike import Latency
from tests.encoders.broken import INFO, RANDOM, Sign, broken, declaring, drawn, drawn_at_once, sending, sign

FAMILY: list[tuple[str, dict[str, object]]] = [
    *[(name, {}) for name in registry.BUILTIN],
    ("poisson", {"rate": 0.5}),
    ("poisson", {"signed": True}),
    ("burst", {"threshold": 0.25, "growth": 1.5}),
    ("dct", {"stride": 2, "colour": "ycbcr"}),
    ("dct", {"reset": "none"}),
    ("dct", {"block_size": 8, "stride": 8}),
    ("dct", {"schedule": "truncated", "frequencies": 8}),
    ("dct", {"schedule": "interleaved"}),
    ("dct", {"schedule": "weighted", "weights": (3, 2, 1), "order": "energy"}),
    ("dct", {"threshold_scope": "batch"}),
]


def failures(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.passed is False]


@pytest.mark.parametrize(("name", "parameters"), FAMILY)
def test_built_in_encoders_keep_every_law(name: str, parameters: dict[str, object]) -> None:
    encoder = create(name, **parameters)
    # `one_device` takes as long as all the others: it is tried for each class of encoders, on the smallest images.
    findings = check(encoder, sample_images(size=8), only=tuple({*LAWS} - {one_device}))
    small = [] if parameters else check(encoder, sample_images(channels=1, size=4), timesteps=5)
    assert len(findings + small) == len(LAWS) - 1 + (0 if parameters else len(LAWS))
    assert failures(findings + small) == []


def moved(images: Tensor, timesteps: int, *_: object) -> Tensor:
    """A train that is made elsewhere, but for what is moved to the images' device."""
    signs = torch.from_numpy(images.cpu().numpy()).sign().to(images.device)
    return signs * torch.ones(timesteps, 1, 1, 1, 1).to(images.device)


def test_codes_of_ones_own_keep_the_laws() -> None:
    assert failures(check(Sign(), timesteps=1)) == []
    own = sending(lambda x, t, key, ids: drawn(uniform(x, t, key, ids), x), RANDOM, frame=lambda _, x: x)
    assert failures(check(own)) == []
    assert [finding.passed for finding in check(sending(moved), only=(one_device,))] == [True]


@pytest.mark.parametrize(
    ("encoder", "law", "detail"),
    [
        (create("dct", threshold_scope="batch"), batch_invariance, "declared not batch-invariant"),
        (create("ttfs"), prefix_property, "declared a window"),
        (sending(drawn_at_once, replace(RANDOM, draws_by_id=False)), split_with_ids, "declared to draw for a whole"),
        (create("dct", schedule="truncated", frequencies=8), frame_is_conveyed, "declared not to determine"),
        (create("dct", reset="none"), frame_is_conveyed, "declared not to determine"),
        (create("dct", threshold_scope="batch"), frame_is_conveyed, "declared not to determine"),
        (sending(lambda x, t, *_: sign(x if bool((x > 0).any()) else -x, t)), one_device, "not checkable on meta: "),
    ],
)
def test_a_law_that_does_not_bind_is_not_held_against_an_encoder(encoder: Sign, law: Law, detail: str) -> None:
    [finding] = check(encoder, only=(law,))
    assert finding.passed is None
    assert finding.detail.startswith(detail)


# For each law, an encoder that breaks it.


def first_turned(train: Tensor) -> Tensor:
    return torch.cat([-train[:, :1], train[:, 1:]], dim=1)


def late(images: Tensor, timesteps: int, *_: object) -> Tensor:
    train = sign(images, timesteps).clone()
    train[: timesteps // 2] = 0
    return train


def wasteful(images: Tensor, timesteps: int, *_: object) -> Tensor:
    torch.rand(1)
    return sign(images, timesteps)


def made_on_cpu(images: Tensor, timesteps: int, *_: object) -> Tensor:
    train = torch.zeros(timesteps, *images.shape)
    train[:] = images.sign()
    return train


def remembering() -> Sign:
    """Changes at every other call: the law's first and third would agree if it changed at each."""
    calls = count()
    return sending(lambda x, t, *_: sign(x, t) * (1 if next(calls) // 2 % 2 == 0 else -1))


class OtherInBfloat16(Sign):
    def encode(
        self, images: Tensor, timesteps: int, key: int, ids: Tensor | None = None, dtype: torch.dtype = torch.float32
    ) -> Tensor:
        return sign(images, timesteps).to(dtype) * (1 if dtype == torch.float32 else -1)


def calibrating(fitted: Callable[..., Any], **methods: Callable[..., Any]) -> Sign:
    return broken(INFO, calibrate=fitted, **methods)


def impure(self: Sign, images: Tensor) -> Sign:
    object.__setattr__(self, "mean", images.mean().item())
    return self


def by_chance(self: Sign, _: Tensor) -> Sign:
    new = type(self)()
    object.__setattr__(new, "chance", random.random())
    return new


def learning(self: Sign, images: Tensor, timesteps: int, *_: object) -> Tensor:
    object.__setattr__(self, "seen", len(images))
    return sign(images, timesteps)


def costing(count: Callable[[int], Any]) -> Sign:
    return broken(operations=lambda _, shape, timesteps: count(timesteps))  # noqa: ARG005


BROKEN: list[tuple[Sign, str, str]] = [
    (broken(frame=lambda _, x: x.flatten(1)), "declared shape", r"^frame has shape \(8, 768\)"),
    (sending(lambda x, t, *_: sign(x, t).transpose(0, 1)), "declared shape", r"^the train has shape \(8, 16, 3"),
    (sending(lambda x, t, *_: sign(x, t).double()), "declared shape", "float64"),
    (sending(Mock(side_effect=IndexError("out of range"))), "encodes", r"IndexError: out of range \(broken.py:"),
    (sending(lambda *_: None), "encodes", "the train is a NoneType, not a torch tensor"),  # type: ignore[arg-type]
    (declaring(alphabet="binary", value_range=(0.0, 1.0)), "declared alphabet", r"binary, yet the train holds \[-1"),
    (declaring(alphabet="loud"), "declared alphabet", "unknown alphabet 'loud'"),
    (declaring(value_range=(-1.0, 1 - 2e-6)), "declared alphabet", "-1 to 1 leaves"),
    (sending(lambda x, t, *_: x.expand(t, *x.shape), replace(INFO, alphabet="graded")), "declared alphabet", "analog"),
    (sending(lambda x, t, *_: (x / x.abs()).expand(t, *x.shape)), "finite values", "^the train holds NaN"),
    (broken(frame=lambda _, x: x / 0), "finite values", "^the frame holds NaN"),
    (sending(lambda x, t, *_: drawn(torch.rand(t, *x.shape), x)), "repeatable", "^two calls with the same input"),
    (sending(wasteful), "repeatable", "^it draws from torch's global generator"),
    (remembering(), "repeatable", "differ"),
    (sending(drawn_at_once), "declared randomness", "^declared deterministic"),
    (declaring(deterministic=False, period=None), "declared randomness", "^declared random, yet two keys"),
    (sending(drawn_at_once, RANDOM), "split with ids", "^in batches of 1 the train is another"),
    (
        sending(lambda x, t, key, _: drawn(uniform(x[:1], t, key, torch.zeros(1, dtype=torch.int64)), x), RANDOM),
        "split with ids",
        "^declared random by id, yet other ids give the same train",
    ),
    (
        sending(
            lambda x, t, key, ids: drawn(uniform(x, t, key, torch.arange(len(x)) + 1 if ids is None else ids), x),
            RANDOM,
        ),
        "split with ids",
        "^without ids the train is not that of ids 0 … N−1",
    ),
    (sending(lambda x, t, *_: first_turned(sign(x, t))), "split with ids", "^in batches of 1"),
    (sending(lambda x, t, *_: sign(x - x.mean(), t)), "batch invariance", "^the train depends on the rest"),
    (sending(lambda x, t, *_: first_turned(sign(x, t))), "batch invariance", "^alone, an image has another train"),
    (sending(late), "prefix property", r"^the \d+-step train is not a prefix"),
    (sending(lambda x, t, *_: sign(x, t) * (-1 if t == 15 else 1)), "prefix property", "^the 15-step train is not"),
    (broken(frame=lambda _, x: x), "frame is conveyed", r"^frame and decoded train are 0\.\d+ apart on average"),
    (broken(decode=lambda _, train: train[0, 0, 0]), "frame is conveyed", r"^decoded has shape \(16, 16\)"),
    (OtherInBfloat16(), "dtype is a cast", "^in bfloat16 it is another train"),
    (sending(lambda x, t, *_: x.sign_().expand(t, *x.shape)), "input untouched", "^the images were changed in place"),
    (calibrating(lambda *_: Sign()), "calibration is pure", "^calibrate returned a Sign"),
    (calibrating(impure), "calibration is pure", "^calibrate changed the encoder it was called on"),
    (calibrating(by_chance), "calibration is pure", "^two calibrations on the same images differ"),
    (calibrating(lambda self, _: type(self)(), encode=learning), "calibration is pure", "^encode changed the encoder"),
    (calibrating(Mock(side_effect=RuntimeError("no disk"))), "calibrates", "RuntimeError: no disk"),
    (declaring(period=0), "declared period", "no number of steps"),
    (declaring(period=16, deterministic=False), "declared period", "random code"),
    (broken(state=lambda _: {"mean": float("nan")}), "json state", r"^state\(\) is not JSON"),
    (broken(state=lambda _: [1]), "json state", r"^state\(\) is a list, not a mapping"),
    (broken(state=lambda _: {1: "one"}), "json state", r"^state\(\) has keys that are not strings"),
    (costing(lambda _: "a lot"), "counted operations", "ValueError"),
    (costing(lambda _: float("inf")), "counted operations", "^operations: .*inf"),
    (costing(lambda t: 1 / t), "counted operations", "^0.0625 operations at T, 0.03125 at 2T"),
    (sending(made_on_cpu), "one device", "^images on meta give a train on cpu$"),
    (broken(frame=lambda _, x: x.sign().cpu()), "one device", "^images on meta give a frame on cpu$"),
    (sending(lambda x, t, *_: x.sign() * torch.ones(t, 1, 1, 1, 1)), "one device", "^the operation 'mul' takes"),
    # Torch's own meta kernel of a matrix product does not notice the other device.
    (sending(lambda x, t, *_: sign(x @ torch.eye(x.shape[-1]), t)), "one device", "^the operation 'mm' takes"),
]


@pytest.mark.parametrize(("encoder", "law", "detail"), BROKEN)
def test_a_broken_encoder_is_caught_by_the_law_it_breaks(encoder: Sign, law: str, detail: str) -> None:
    only = tuple(one for one in LAWS if one.__name__.replace("_", " ") == law)
    [finding] = check(encoder, only=only)
    assert (finding.law, finding.passed) == (law, False)
    assert re.search(detail, finding.detail)


@pytest.mark.parametrize("kind", [Phase, Latency])
def test_a_code_of_p_whose_frame_is_x_breaks_the_law(kind: Any) -> None:
    on_pixels = type("OnPixels", (kind,), {"frame": lambda _, images: images})()
    [finding] = check(on_pixels, only=(frame_is_conveyed,))
    assert finding.passed is False


@pytest.mark.parametrize(("sizes", "kept"), [(256, True), (257, False)])
def test_a_graded_code_has_at_most_256_sizes(sizes: int, kept: bool) -> None:
    def train(images: Tensor, timesteps: int, *_: object) -> Tensor:
        made = torch.zeros(timesteps, *images.shape)
        made.view(-1)[:sizes] = torch.arange(sizes) / sizes
        return made

    [finding] = check(sending(train, replace(INFO, alphabet="graded")), only=(declared_alphabet,))
    assert finding.passed is kept


@pytest.mark.parametrize(("added", "passed"), [(1, False), (0, True)])
def test_a_device_that_gives_another_train_is_caught(added: int, passed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    class Elsewhere(Tensor):
        is_cuda = True

        def cpu(self, memory_format: torch.memory_format = torch.preserve_format) -> Tensor:
            return self.as_subclass(Tensor) + added

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(Tensor, "cuda", lambda self: self.as_subclass(Elsewhere))
    assert check(Sign(), only=(devices_agree,))[0].passed is passed


# What a check is given and gives back.


def test_a_finding_reads_as_a_line() -> None:
    assert str(check(Sign(), sample_images(1, 8))[0]) == "pass  declared shape: (16, 8, 1, 8, 8) float32"
    assert str(Finding("a law", False, "as seen")) == "FAIL  a law: as seen"
    assert str(Finding("a law", None, "as seen")) == "skip  a law: as seen"
