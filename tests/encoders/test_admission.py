"""Inputs that no encoder takes: each of them gets one error that says what is wrong and what is allowed."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from encoders import create, registry
from encoders.base import Encoder, EncoderError
from encoders.dct import Dct
from encoders.encoding import Batch, encode
from tests.encoders.sound import Sign

GREY = torch.zeros(2, 3, 8, 8)


def with_pixel(value: float) -> torch.Tensor:
    images = GREY.clone()
    images[1, 2, 3, 4] = value
    return images


def made(name: str) -> Encoder:
    return Dct(thresholds=(-0.2, 0.2)) if name == "dct" else create(name)


BAD_IMAGES = [
    (with_pixel(float("nan")), r"^pixels must be finite and in \[-1, 1\], not NaN$"),
    (with_pixel(float("inf")), r"^pixels must be finite and in \[-1, 1\], not values from 0 to inf$"),
    (with_pixel(-1.001), r"^pixels must be finite and in \[-1, 1\], not values from -1.001 to 0$"),
    (GREY + 255, r"in \[-1, 1\], not values from 255 to 255"),
    (GREY.to(torch.uint8), r"^images must be float32 in \[-1, 1\] .*, not uint8$"),
    (GREY.double(), "^images must be float32 .*, not float64$"),
    (GREY[:0], r"^images must hold at least one image .*, not shape \(0, 3, 8, 8\)$"),
    (GREY[:, :, :0], r"^images must hold at least one image of at least one pixel"),
    (GREY[0], r"^images must be a tensor \[N, C, H, W\] with four dimensions, not shape \(3, 8, 8\)$"),
    (GREY.numpy(), r"^images must be a tensor .*, not a ndarray$"),
]


@pytest.mark.parametrize(("images", "message"), BAD_IMAGES)
@pytest.mark.parametrize("name", registry.BUILTIN)
def test_no_code_encodes_or_frames_bad_images(name: str, images: torch.Tensor, message: str) -> None:
    encoder = made(name)
    for call in (
        lambda: encoder.encode(images, 4, torch.Generator()),
        lambda: encoder.frame(images),
        lambda: encoder.calibrate(images, torch.Generator()),
    ):
        with pytest.raises(EncoderError, match=message):
            call()


@pytest.mark.parametrize("timesteps", [2.5, True, 0, -3, "4", None, float("nan"), 10**9])
@pytest.mark.parametrize("name", registry.BUILTIN)
def test_no_code_takes_what_is_no_number_of_timesteps(name: str, timesteps: object) -> None:
    with pytest.raises(EncoderError, match=r"^timesteps must be a whole number from 1 to 1000000, not "):
        made(name).encode(GREY, timesteps, torch.Generator())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ids", "seen"),
    [
        (torch.arange(3), r"int64 \(3,\)"),
        (torch.arange(2, dtype=torch.int32), r"int32 \(2,\)"),
        (torch.zeros(2, 1, dtype=torch.int64), r"int64 \(2, 1\)"),
        ([0, 1], "a list"),
    ],
)
@pytest.mark.parametrize("name", registry.BUILTIN)
def test_no_code_takes_ids_that_are_not_one_place_an_image(name: str, ids: object, seen: str) -> None:
    with pytest.raises(EncoderError, match=rf"^ids must be an int64 tensor \[2\], .*, not {seen}$"):
        made(name).encode(GREY, 4, torch.Generator(), ids)  # type: ignore[arg-type]


@pytest.mark.parametrize(("images", "message"), BAD_IMAGES)
def test_a_plug_in_is_given_no_bad_images(images: torch.Tensor, message: str) -> None:
    with pytest.raises(EncoderError, match=message):
        encode(Sign(), Batch(images), 4, torch.Generator())


@pytest.mark.parametrize("name", registry.BUILTIN)
def test_rounding_errors_of_black_and_white_are_let_in(name: str) -> None:
    images = torch.cat([GREY - 1.00001, GREY + 1.00001])
    assert made(name).encode(images, 4, torch.Generator()).isfinite().all()


@pytest.mark.parametrize("name", [None, 3, ["dct"], b"dct"])
def test_what_is_no_name_is_refused(name: object) -> None:
    questions: tuple[Callable[[Any], object], ...] = (create, registry.definition_of, registry.origin)
    for asked in questions:
        with pytest.raises(EncoderError, match=r"^an encoder's name must be text such as 'dct', not "):
            asked(name)
