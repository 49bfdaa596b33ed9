"""The check itself: built-in encoders pass it, on the images given, and a finding says what was seen."""

# ruff: noqa: ARG002 - these encoders keep the protocol's arguments, used or not

from dataclasses import dataclass, field, replace

import pytest
import torch
from torch import Generator, Tensor

from encoders import create, registry
from encoders.conformance import LAWS, Finding, check, sample_images
from encoders.draws import uniform
from encoders.laws import declarations, draws
from tests.encoders.broken_declarations import NeedsGenerator
from tests.encoders.broken_draws import DrawsInTurn
from tests.encoders.sound import Sign

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

    assert seen("poisson")["declared randomness"] == "random: depends on the generator"
    assert seen("poisson")["declared period"] == "none declared"
    assert seen("poisson")["counted operations"] == f"0 multiply-accumulates, {3 * 16**3} additions an image"
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
    [finding] = check(encoder, only=(declarations.calibration_is_pure,))
    assert finding.passed is False
    assert encoder.seen == []


def test_one_timestep_is_enough_for_every_law() -> None:
    assert [f for f in check(Sign(), timesteps=1) if f.passed is False] == []


def test_calibration_is_given_a_generator() -> None:
    assert [f for f in check(NeedsGenerator()) if f.passed is False] == []


def test_a_random_code_keeps_its_draws_however_batches_are_cut() -> None:
    [finding] = check(create("poisson"), only=(draws.split_with_ids,))
    assert finding.passed is True


def test_a_random_code_of_ones_own_keeps_the_laws_with_uniform_draws() -> None:
    class Own(DrawsInTurn):
        def frame(self, images: Tensor) -> Tensor:
            return images

        def encode(self, images: Tensor, timesteps: int, generator: Generator, ids: Tensor | None = None) -> Tensor:
            return (uniform(images, timesteps, generator, ids) < images.abs()) * images.sign()

    assert [f for f in check(Own()) if f.passed is False] == []


def test_a_code_that_declares_draws_in_turn_is_not_held_to_ids() -> None:
    info = replace(DrawsInTurn().declared, draws_by_id=False)
    [finding] = check(DrawsInTurn(info), only=(draws.split_with_ids,))
    assert finding.detail == "declared to draw for one batch after the other, without ids"


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
