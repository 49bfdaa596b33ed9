"""The DCT encoder beyond the paper's: no reset, bf16, colours, batch thresholds, and each of its parts against SciPy,
PIL, NumPy or a hand-worked case. Its spikes: tests/test_plain.py."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.fft import dctn

from encoders import create
from encoders.base import EncoderError
from encoders.dct import (
    Dct,
    basis,
    build,
    by_energy,
    coloured,
    contributions,
    integrate_and_fire,
    integrate_and_fire_reference,
    lay_out,
    percentile,
    zigzag,
)
from harness import plain

CYCLIC = [t % 16 for t in range(40)]
THRESHOLDS = (-0.2317, 0.3119)


def pictures(*shape: int) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(7)) * 2 - 1


@pytest.mark.parametrize("stride", [4, 2])
def test_without_reset_the_membrane_is_the_sum_of_what_arrived(stride: int) -> None:
    images, (lower, upper) = pictures(2, 1, 12, 8), THRESHOLDS
    train = Dct(stride=stride, thresholds=THRESHOLDS, reset="none").encode(images, 40, 0)
    v = plain.contributions(images.double(), stride=stride)[CYCLIC].cumsum(0)
    assert min((v - threshold).abs().min().item() for threshold in THRESHOLDS) > 1e-6
    assert torch.equal(train, (v > upper).float() - (v < lower).float())
    assert train.abs().sum() > Dct(stride=stride, thresholds=THRESHOLDS).encode(images, 40, 0).abs().sum()


def test_batch_thresholds_are_those_of_the_batch_alone() -> None:
    images = pictures(6, 1, 8, 8)
    batch = Dct(threshold_scope="batch").calibrate(images)
    fitted = Dct().calibrate(images[:2])
    assert batch.state() == {}
    assert torch.equal(batch.encode(images[:2], 16, 0), fitted.encode(images[:2], 16, 0))
    assert not batch.info.batch_invariant


# Wrong requests for a schedule; those that can be fed: tests/test_plain.py.


@pytest.mark.parametrize(
    ("name", "timesteps", "request_", "message"),
    [
        ("zigzag", 4, {}, "unknown schedule 'zigzag'"),
        ("cyclic", 0, {}, "timesteps must be a whole number from 1"),
        ("cyclic", 4, {"frequencies": 17}, "from 1 to 16, not 17"),
        ("cyclic", 4, {"weights": (2, 1)}, "takes `frequencies`, not `weights`"),
        ("truncated", 4, {}, "needs `frequencies`"),
        ("interleaved", 20, {"frequencies": 8}, "multiple of 8"),
        ("explicit", 4, {"indices": ()}, "^a schedule needs at least one frequency index"),
        ("explicit", 4, {"indices": (0, 16)}, "from 0 to 15, not 16"),
        ("weighted", 4, {"weights": (2, 0)}, "a weight must be a whole number from 1"),
        ("weighted", 4, {"weights": (1,) * 17}, "1 to 16"),
        ("weighted", 4, {"weights": (9000, 9000)}, "at most 10000 timesteps, not 18000"),
    ],
)
def test_wrong_requests_are_refused(name: str, timesteps: int, request_: dict[str, Any], message: str) -> None:
    with pytest.raises(EncoderError, match=message):
        build(name, timesteps, 16, **request_)


# Which frequency is fed when: order by energy, and the declared period.


def test_order_by_energy_sends_what_the_explicit_order_sends() -> None:
    images = (pictures(3, 1, 8, 8) + torch.linspace(-1, 1, 8)) / 2
    ranked = Dct(order="energy", schedule="weighted", weights=(2, 1, 1)).calibrate(images)
    first, second, third = ranked.state()["ranking"][:3]
    written = Dct(schedule="explicit", indices=(first, second, third, first)).calibrate(images)
    assert torch.equal(ranked.encode(images, 16, 0), written.encode(images, 16, 0))


@pytest.mark.parametrize(
    ("parameters", "period"),
    [
        ({}, 16),
        ({"block_size": 2, "stride": 2}, 4),
        ({"schedule": "intermittent"}, 8),
        ({"schedule": "weighted", "weights": (3, 2, 1)}, 6),
        ({"schedule": "interleaved"}, None),
    ],
)
def test_the_declared_period_is_that_of_the_schedule(parameters: dict[str, object], period: int | None) -> None:
    encoder = create("dct", **parameters)
    assert isinstance(encoder, Dct)
    assert encoder.info.period == period
    if period is not None:
        fed = encoder.indices_at(4 * period)
        assert next(p for p in range(1, 4 * period) if fed[p:] == fed[:-p]) == period


# Blocks and their transform.


@pytest.mark.parametrize(("size", "stride", "laid_out"), [(2, 2, "rows"), (4, 1, "rows"), (8, 4, "columns")])
def test_contributions_are_those_of_the_plain_program(size: int, stride: int, laid_out: str) -> None:
    images = pictures(2, 3, 16, 16)
    expected = plain.contributions(images.double(), size, stride)
    given = images.transpose(2, 3).contiguous().transpose(2, 3) if laid_out == "columns" else images
    found = contributions(given, size, stride)
    n, c, rows, columns, k, _ = found.shape
    side_by_side = lay_out(found.permute(4, 0, 1, 2, 3, 5).reshape(k, n, c, rows, columns, size, size))
    torch.testing.assert_close(side_by_side.double(), expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("colour", ["rgb", "ycbcr"])
def test_the_code_of_intensities_is_that_of_images_from_zero_to_one(colour: Any) -> None:
    images, p = pictures(6, 3, 8, 8), (pictures(6, 3, 8, 8) + 1) / 2
    of_p, of_x = Dct(colour=colour, signal="p").calibrate(images), Dct(colour=colour).calibrate(p)
    assert of_p.thresholds == of_x.thresholds
    assert torch.equal(of_p.frame(images), of_x.frame(p))
    assert torch.equal(of_p.encode(images, 20, 0), of_x.encode(p, 20, 0))
    assert torch.equal(Dct(colour="ycbcr", frames="rgb", signal="p").frame(images), p)


def test_frames_in_rgb_leave_the_code_in_its_own_colours() -> None:
    images = pictures(4, 3, 8, 8)
    own, rgb = (create("dct", colour="ycbcr", frames=frames).calibrate(images) for frames in ("code", "rgb"))
    assert torch.equal(rgb.frame(images), images)
    assert torch.equal(rgb.encode(images, 16, 0), own.encode(images, 16, 0))
    # The train no longer sends what the ANN was trained on, so it promises no resolution.
    assert (rgb.info.resolution is None, own.info.resolution is None) == (True, False)


def test_energy_ranks_frequencies_by_their_squared_coefficients() -> None:
    images = pictures(5, 1, 8, 8) + 0.5 * torch.linspace(-1, 1, 8)
    energy = np.zeros((4, 4))
    for image in images[:, 0].numpy():
        for top in (0, 4):
            for left in (0, 4):
                energy += dctn(image[top : top + 4, left : left + 4].astype(np.float64), norm="ortho") ** 2
    ranked = sorted(range(16), key=lambda k: -energy[zigzag(4)[k]])
    assert by_energy(contributions(images, 4, 4)) == tuple(ranked)


# Colour spaces: PIL's conversion, and the released code's offset by hand.


def test_ycbcr_is_pils_conversion_within_rounding() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (8, 6, 3), dtype=np.uint8)
    pils = np.asarray(Image.fromarray(pixels).convert("YCbCr")).astype(np.float64)
    images = torch.from_numpy(pixels).permute(2, 0, 1)[None] / 127.5 - 1
    ours = create("dct", block_size=2, stride=2, colour="ycbcr").frame(images)[0].permute(1, 2, 0).numpy()
    # PIL centres chroma on 128 where [-1, 1] has 127.5, and cuts to whole numbers rather than rounding.
    np.testing.assert_allclose(ours * 127.5 + [127.5, 128, 128], pils, atol=1.01)


@pytest.mark.parametrize(
    ("rgb", "expected"),
    [
        ((0, 0, 0), (0, 0.50196, 0.50196)),
        ((1, 1, 1), (1, 0.50196, 0.50196)),
        # Pure blue: luma −0.299 − 0.587 + 0.114.
        ((-1, -1, 1), (-0.772, 1.50196, -0.5 + 0.418688 - 0.081312 + 0.50196)),
    ],
)
def test_the_released_conversion_by_hand(rgb: tuple[int, ...], expected: tuple[float, ...]) -> None:
    pixel = coloured(torch.tensor(rgb, dtype=torch.float32).view(1, 3, 1, 1), "ycbcr-released").flatten()
    torch.testing.assert_close(pixel, torch.tensor(expected), atol=1e-5, rtol=0)


# The CPU kernel against the readable scan, bit for bit, and percentiles against NumPy's.


@pytest.mark.parametrize("resets", [True, False])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("shape", [(3, 2, 4, 5, 16), (2, 3, 2, 2, 64), (0, 1, 2, 2, 4)])
def test_kernel_and_reference_give_the_same_bits(shape: tuple[int, ...], dtype: torch.dtype, resets: bool) -> None:
    coefficients = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    schedule = tuple(t * 3 % shape[4] for t in range(40))
    given = (coefficients, basis(round(shape[4] ** 0.5)), schedule, -0.31, 0.77, resets, dtype)
    kernel, reference = integrate_and_fire(*given), integrate_and_fire_reference(*given)
    assert torch.equal(kernel, reference)
    assert kernel.dtype == dtype


@pytest.mark.parametrize("count", [1, 17, 10_003])
@pytest.mark.parametrize("percent", [0, 6.5, 100])
def test_it_is_numpys(count: int, percent: float) -> None:
    draws = np.random.default_rng(count)
    for values in (draws.normal(size=count), draws.integers(-2, 3, count), draws.lognormal(5, 9, count)):
        single = values.astype(np.float32).reshape(1, -1)
        before = single.copy()
        assert percentile(single, percent) == np.percentile(single, [percent])[0]
        assert np.array_equal(single, before)


FITTED, ONE, WIDE = Dct(thresholds=(-0.2, 0.2)), pictures(1, 1, 8, 8), pictures(1, 1, 10, 8)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: FITTED.encode(WIDE, 16, 0), "do not fit a 10×8 image"),
        (lambda: FITTED.frame(WIDE), "do not fit a 10×8 image"),
        (lambda: Dct(colour="ycbcr").frame(ONE), "needs 3 channels, the images have 1"),
        (lambda: replace(FITTED, schedule="interleaved").encode(ONE, 40, 0), "multiple of 16"),
        (lambda: Dct().encode(ONE, 16, 0), "^the DCT encoder has no thresholds yet: call calibrate"),
        (lambda: Dct(order="energy").encode(ONE, 16, 0), "^the DCT encoder has no energy ranking yet: call calibrate"),
        (lambda: Dct().calibrate(torch.zeros(2, 1, 8, 8)), "too little contrast"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_reason(call: Callable[[], object], message: str) -> None:
    with pytest.raises(EncoderError, match=message):
        call()
