"""What all encoders share: inputs that none takes, one way to call them, frames, and what they say they cost."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Generator, Tensor

from encoders import create, registry
from encoders.base import Encoder, EncoderError, Operations, encode
from encoders.burst import Burst
from encoders.dct import Dct
from encoders.laws import check, frame_is_conveyed
from encoders.phase import Phase
from encoders.poisson import Poisson
from encoders.single_spike import Latency, Ttfs
from tests.encoders.broken import Sign

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
        lambda: encoder.encode(images, 4, 0),
        lambda: encoder.frame(images),
        lambda: encoder.calibrate(images),
    ):
        with pytest.raises(EncoderError, match=message):
            call()


@pytest.mark.parametrize("timesteps", [2.5, True, 0, -3, "4", None, float("nan"), 10**9])
@pytest.mark.parametrize("name", registry.BUILTIN)
def test_no_code_takes_what_is_no_number_of_timesteps(name: str, timesteps: object) -> None:
    with pytest.raises(EncoderError, match=r"^timesteps must be a whole number from 1 to 1000000, not "):
        made(name).encode(GREY, timesteps, 0)  # type: ignore[arg-type]


@pytest.mark.parametrize("key", [torch.Generator(), -1, 2**64, 1.0, None])
@pytest.mark.parametrize("name", registry.BUILTIN)
def test_no_code_takes_what_is_no_key(name: str, key: object) -> None:
    with pytest.raises(EncoderError, match=r"^key must be a whole number from 0 to 18446744073709551615, not "):
        made(name).encode(GREY, 4, key)  # type: ignore[arg-type]


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
        made(name).encode(GREY, 4, 0, ids)  # type: ignore[arg-type]


@pytest.mark.parametrize(("images", "message"), BAD_IMAGES)
def test_a_plug_in_is_given_no_bad_images(images: torch.Tensor, message: str) -> None:
    with pytest.raises(EncoderError, match=message):
        encode(Sign(), images, 4, 0)


@pytest.mark.parametrize("name", registry.BUILTIN)
def test_rounding_errors_of_black_and_white_are_let_in(name: str) -> None:
    images = torch.cat([GREY - 1.00001, GREY + 1.00001])
    assert made(name).encode(images, 4, 0).isfinite().all()


@pytest.mark.parametrize("name", [None, 3, ["dct"], b"dct"])
def test_what_is_no_name_is_refused(name: object) -> None:
    questions: tuple[Callable[[Any], object], ...] = (create, registry.definition_of, registry.origin)
    for asked in questions:
        with pytest.raises(EncoderError, match=r"^an encoder's name must be text such as 'dct', not "):
            asked(name)


# One call for every encoder: ids and dtype go to those that take them, the others are cast.


def pictures() -> Tensor:
    return torch.rand(3, 3, 16, 16, generator=Generator().manual_seed(3)) * 2 - 1


class Short(Sign):
    """A plug-in written before encoders had ids."""

    def encode(self, images: Tensor, timesteps: int, key: int) -> Tensor:  # type: ignore[override]
        return images.sign().expand(timesteps, *images.shape)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("name", registry.BUILTIN)
def test_a_train_in_another_dtype_is_the_float32_train_cast(name: str, dtype: torch.dtype) -> None:
    encoder = Dct(thresholds=(-0.2, 0.2)) if name == "dct" else create(name)
    train = encode(encoder, pictures(), 19, 0, dtype=dtype)
    assert train.dtype == dtype
    assert torch.equal(train, encode(encoder, pictures(), 19, 0).to(dtype))


@pytest.mark.parametrize(("name", "exact"), [("phase", True), ("burst", True), ("ttfs", False), ("direct", False)])
def test_powers_of_two_are_exact_in_bfloat16(name: str, exact: bool) -> None:
    narrow = encode(create(name), pictures(), 40, 0, dtype=torch.bfloat16).float()
    assert torch.equal(narrow, encode(create(name), pictures(), 40, 0)) is exact


@pytest.mark.parametrize("plug_in", [Sign(), Short()])
def test_a_plug_in_that_knows_no_dtype_is_cast(plug_in: Sign) -> None:
    train = encode(plug_in, pictures(), 4, 0, torch.arange(3), torch.bfloat16)
    assert torch.equal(train, pictures().sign().to(torch.bfloat16).expand(4, -1, -1, -1, -1))


def test_ids_are_passed_on() -> None:
    images, ids = torch.zeros(3, 1, 8, 8), torch.tensor([5, 1, 9])
    direct = create("poisson").encode(images, 6, 1, ids)
    assert torch.equal(encode(create("poisson"), images, 6, 1, ids), direct)


@pytest.mark.parametrize("name", registry.BUILTIN)
def test_images_laid_out_otherwise_give_the_same_train(name: str) -> None:
    encoder = Dct(thresholds=(-0.2, 0.2)) if name == "dct" else create(name)
    strided = pictures().contiguous(memory_format=torch.channels_last)
    assert torch.equal(encode(encoder, strided, 8, 0), encode(encoder, pictures(), 8, 0))


# What an encoder says it costs, counted by hand on a map whose sides all differ.


SHAPE, TIMESTEPS = (3, 8, 20), 5  # 480 pixels


@pytest.mark.parametrize(
    ("name", "parameters", "macs", "additions"),
    [
        ("direct", {}, 0, 0),
        ("poisson", {}, 0, 480 * 5),
        ("phase", {}, 0, 480 * 5),
        ("ttfs", {}, 0, 480 * 5),
        ("burst", {}, 480 * 5, 3 * 480 * 5),
        ("latency", {}, 480, 2 * 480),  # once, however many timesteps
        # 2 × 5 blocks of 4 × 4 a channel: 2·4³ for the transform, 16·16 products, 16 additions a step.
        ("dct", {}, 3 * 2 * 5 * (128 + 256), 3 * 2 * 5 * 16 * 5),
        # 3 × 9 overlapping blocks a channel (the last two columns are reached by none).
        ("dct", {"stride": 2}, 3 * 3 * 9 * (128 + 256), 3 * 3 * 9 * 16 * 5),
        ("dct", {"stride": 3}, 3 * 2 * 6 * (128 + 256), 3 * 2 * 6 * 16 * 5),
    ],
)
def test_operations_of_one_image(name: str, parameters: dict[str, int], macs: int, additions: int) -> None:
    assert create(name, **parameters).operations(SHAPE, TIMESTEPS) == Operations(macs, additions)


def test_a_plain_number_counts_as_additions() -> None:
    assert Operations.of(7) == Operations(macs=0, additions=7)
    assert Operations.of(Operations(2, 3)) == Operations(2, 3)


def test_as_a_number_operations_are_their_sum() -> None:
    assert float(Operations(macs=2, additions=3)) == 5


# The frame is what the code conveys.


PICTURES = torch.rand(4, 1, 8, 8, generator=Generator().manual_seed(2)) * 2 - 1


@pytest.mark.parametrize("name", ["poisson", "phase", "burst", "ttfs", "latency"])
def test_codes_of_the_intensity_have_it_as_frame(name: str) -> None:
    torch.testing.assert_close(create(name).frame(PICTURES), PICTURES / 2 + 0.5)


@pytest.mark.parametrize(("name", "parameters"), [("direct", {}), ("poisson", {"signed": True}), ("dct", {})])
def test_codes_of_the_pixel_have_it_as_frame(name: str, parameters: dict[str, object]) -> None:
    assert torch.equal(create(name, **parameters).frame(PICTURES), PICTURES)


@pytest.mark.parametrize("kind", [Phase, Burst, Ttfs, Latency, Poisson])
def test_a_code_of_p_whose_frame_is_x_breaks_the_law(kind: type) -> None:
    class OnPixels(kind):  # type: ignore[misc]
        def frame(self, images: Tensor) -> Tensor:
            return images

    [finding] = check(OnPixels(), only=(frame_is_conveyed,))
    assert finding.passed is False


@pytest.mark.parametrize(
    "parameters",
    [
        {"schedule": "truncated", "frequencies": 8},
        {"schedule": "intermittent"},
        {"schedule": "weighted", "weights": (3, 2, 1)},
        {"reset": "none"},
        {"threshold_scope": "batch"},
    ],
)
def test_a_dct_code_that_leaves_something_out_declares_it(parameters: dict[str, object]) -> None:
    [finding] = check(create("dct", **parameters), only=(frame_is_conveyed,))
    assert finding.detail == "declared not to determine the frame"


def test_without_thresholds_nothing_can_be_decoded() -> None:
    with pytest.raises(EncoderError, match="no thresholds yet"):
        Dct().decode(torch.zeros(16, 1, 1, 8, 8))


@pytest.mark.parametrize("timesteps", [2, 9, 40])
def test_latencies_decode_within_half_a_step(timesteps: int) -> None:
    encoder = Latency()
    decoded = encoder.decode(encoder.encode(PICTURES, timesteps, 0))
    assert (decoded - (PICTURES + 1) / 2).abs().max() <= 0.5 / (timesteps - 1) + 1e-6


def test_times_to_first_spike_decode_within_one_ratio_of_thresholds() -> None:
    encoder = Ttfs()
    decoded, p = encoder.decode(encoder.encode(PICTURES, 80, 0)), (PICTURES + 1) / 2
    bright = p > 1 / 255
    ratio = (p / decoded)[bright]
    assert ratio.min() > 1 - 1e-4
    assert ratio.max() < 255 ** (1 / 79) * (1 + 1e-4)


def test_rates_decode_to_the_intensity_whatever_the_rate() -> None:
    encoder = Poisson(rate=0.5)
    decoded = encoder.decode(encoder.encode(torch.full((1, 1, 40, 40), 0.2), 100, 0))
    # 160 000 draws with probability 0.3: five standard errors of their mean, divided by the rate, are 0.0115.
    assert decoded.mean().item() == pytest.approx(0.6, abs=0.0115)
