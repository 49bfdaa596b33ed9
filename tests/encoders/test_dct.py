"""The DCT encoder beyond the paper's: no reset, bf16, colours, batch thresholds, and each of its parts against SciPy,
PIL, NumPy or a hand-worked case. Its spikes: tests/test_plain.py."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.fft import dctn, idctn

from encoders import create
from encoders.base import EncoderError
from encoders.dct import (
    PAPER_INTERMITTENT,
    SCHEDULES,
    Dct,
    basis,
    basis_images,
    build,
    by_energy,
    coefficients,
    coloured,
    contributions,
    integrate_and_fire,
    integrate_and_fire_reference,
    lay_out,
    percentile,
    split,
    zigzag,
)
from harness import plain

ZIGZAG = [
    (0, 0), (0, 1), (1, 0), (2, 0), (1, 1), (0, 2), (0, 3), (1, 2),
    (2, 1), (3, 0), (3, 1), (2, 2), (1, 3), (2, 3), (3, 2), (3, 3),
]  # fmt: skip
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


@pytest.mark.parametrize("parameters", [{}, {"stride": 2}, {"block_size": 2, "stride": 2}, {"reset": "none"}])
def test_in_bfloat16_spikes_are_the_same(parameters: dict[str, Any]) -> None:
    images, encoder = pictures(3, 2, 12, 8), Dct(thresholds=THRESHOLDS, **parameters)
    train = encoder.encode(images, 20, 0, dtype=torch.bfloat16)
    assert train.dtype == torch.bfloat16
    assert torch.equal(train.float(), encoder.encode(images, 20, 0))


@pytest.mark.parametrize(("size", "stride"), [(2, 2), (4, 4), (8, 8), (4, 2), (8, 4)])
@pytest.mark.parametrize("colour", ["rgb", "ycbcr", "luma", "chroma"])
def test_contributions_sum_to_the_frame(size: int, stride: int, colour: str) -> None:
    images = pictures(2, 3, 16, 24)
    encoder = create("dct", block_size=size, stride=stride, colour=colour)
    assert isinstance(encoder, Dct)
    total = encoder.contributions(images).sum(dim=4)
    n, c, rows, columns, _ = total.shape
    side_by_side = total.view(n, c, rows, columns, size, size).transpose(3, 4).reshape(n, c, rows * size, -1)
    torch.testing.assert_close(side_by_side, encoder.frame(images), atol=1e-5, rtol=0)
    assert columns * size == encoder.frame(images).shape[-1]


@pytest.mark.parametrize("offset", [0, 1])
def test_tiles_of_four_are_transformed_alike_wherever_the_images_lie(offset: int) -> None:
    images = torch.cat([torch.zeros(offset), pictures(2, 1, 8, 8).flatten()])[offset:].view(2, 1, 8, 8)
    by_columns = pictures(2, 1, 8, 8).transpose(2, 3).contiguous().transpose(2, 3)
    expected = torch.from_numpy(
        np.stack(
            [
                dctn(b, norm="ortho")
                for b in images[1, 0].unfold(0, 4, 4).unfold(1, 4, 4).reshape(4, 4, 4).double().numpy()
            ]
        )
    )
    expected = torch.stack([expected[:, row, column] for row, column in ZIGZAG], dim=1).view(2, 2, 16)
    for laid_out in (images, by_columns):
        torch.testing.assert_close(coefficients(laid_out, 4, 4)[1, 0].double(), expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize(("size", "stride"), [(2, 2), (4, 4), (8, 8), (4, 2)])
def test_long_trains_decode_to_the_frame(size: int, stride: int) -> None:
    images = pictures(1, 1, 16, 16) * 0.2
    encoder = Dct(block_size=size, stride=stride, thresholds=(-0.5, 0.5))
    cycles = 100
    train = encoder.encode(images, cycles * size * size, 0)
    torch.testing.assert_close(0.5 * train.sum(dim=0) / cycles, encoder.frame(images), atol=0.02, rtol=0)
    torch.testing.assert_close(encoder.decode(train), encoder.frame(images), atol=0.02, rtol=0)


def test_thresholds_are_the_percentiles_of_all_contributions() -> None:
    images = pictures(50, 1, 8, 8)
    encoder = create("dct")
    assert isinstance(encoder, Dct)
    everything = np.sort(encoder.contributions(images).numpy().astype(np.float64).ravel())
    fitted = encoder.calibrate(images)
    for threshold, percent in zip(fitted.state()["thresholds"], (6.5, 93.5), strict=True):
        place = (len(everything) - 1) * percent / 100
        below, share = int(place), place - int(place)
        by_hand = everything[below] * (1 - share) + everything[below + 1] * share
        assert threshold == pytest.approx(by_hand, abs=1e-6)
        assert threshold == pytest.approx(np.percentile(everything, percent), abs=1e-6)


def test_batch_thresholds_are_those_of_the_batch_alone() -> None:
    images = pictures(6, 1, 8, 8)
    batch = Dct(threshold_scope="batch").calibrate(images)
    fitted = Dct().calibrate(images[:2])
    assert batch.state() == {}
    assert torch.equal(batch.encode(images[:2], 16, 0), fitted.encode(images[:2], 16, 0))
    assert not batch.info.batch_invariant


def test_blocks_that_overlap_by_one_fit_an_image_that_ends_with_one() -> None:
    # Of 7 columns, blocks of 4 begin at 0 and 3: two of them, laid out side by side.
    assert Dct(stride=3).frame(pictures(1, 1, 7, 10)).shape == (1, 1, 8, 12)


# Schedules written out by hand, and every wrong request refused with a message that names it.


def test_cyclic_counts_up_and_starts_again() -> None:
    assert build("cyclic", 6, 4) == (0, 1, 2, 3, 0, 1)


def test_truncated_cycles_over_the_first_frequencies() -> None:
    assert build("truncated", 7, 16, frequencies=3) == (0, 1, 2, 0, 1, 2, 0)


def test_interleaved_holds_each_frequency_for_its_share() -> None:
    assert build("interleaved", 6, 16, frequencies=3) == (0, 0, 1, 1, 2, 2)


def test_intermittent_is_the_papers_set_unless_another_is_given() -> None:
    assert PAPER_INTERMITTENT == (0, 2, 5, 7, 9, 10, 12, 15)
    assert build("intermittent", 10, 16) == (0, 2, 5, 7, 9, 10, 12, 15, 0, 2)
    assert build("intermittent", 3, 16, indices=(3, 1)) == (3, 1, 3)


def test_explicit_is_what_the_user_wrote() -> None:
    assert build("explicit", 5, 16, indices=(9, 0, 9)) == (9, 0, 9, 9, 0)


def test_weighted_gives_low_frequencies_more_passes() -> None:
    assert build("weighted", 8, 16, weights=(3, 2, 1)) == (0, 1, 2, 0, 1, 0, 0, 1)


def test_one_weight_is_one_frequency() -> None:
    assert build("weighted", 3, 16, weights=(2,)) == (0, 0, 0)


def test_weighted_may_give_any_frequency_most() -> None:
    assert build("weighted", 5, 16, weights=(1, 3, 1)) == (0, 1, 2, 1, 1)


@pytest.mark.parametrize("weight", [1, 2])
def test_equal_weights_are_the_cyclic_schedule(weight: int) -> None:
    assert build("weighted", 40, 16, weights=(weight,) * 16) == build("cyclic", 40, 16)


@pytest.mark.parametrize("name", [n for n in SCHEDULES if n != "interleaved"])
@pytest.mark.parametrize("shorter", [1, 7, 15])
def test_all_but_interleaved_begin_with_their_shorter_selves(name: str, shorter: int) -> None:
    own: dict[str, dict[str, Any]] = {
        "truncated": {"frequencies": 5},
        "explicit": {"indices": (4, 2)},
        "weighted": {"weights": (2, 1)},
    }
    request = own.get(name, {})
    assert build(name, 48, 16, **request)[:shorter] == build(name, shorter, 16, **request)


@pytest.mark.parametrize(
    ("name", "timesteps", "request_", "message"),
    [
        ("zigzag", 4, {}, "unknown schedule 'zigzag'"),
        ("cyclic", 0, {}, "timesteps must be a whole number from 1"),
        ("cyclic", 4, {"frequencies": 17}, "from 1 to 16, not 17"),
        ("cyclic", 4, {"frequencies": 0}, "from 1 to 16, not 0"),
        ("cyclic", 4, {"indices": (0, 1)}, "takes `frequencies`, not `indices`"),
        ("cyclic", 4, {"weights": (2, 1)}, "takes `frequencies`, not `weights`"),
        ("truncated", 4, {}, "needs `frequencies`"),
        ("interleaved", 40, {}, "multiple of 16"),
        ("interleaved", 20, {"frequencies": 8}, "multiple of 8"),
        ("intermittent", 4, {"frequencies": 8}, "takes `indices`, not `frequencies`"),
        ("intermittent", 4, {"indices": (0, 16)}, "index must be a whole number from 0 to 15, not 16"),
        ("explicit", 4, {}, "needs `indices`"),
        ("explicit", 4, {"indices": ()}, "^a schedule needs at least one frequency index"),
        ("explicit", 4, {"indices": (0, -1)}, "from 0 to 15, not -1"),
        ("explicit", 4, {"indices": (0, 1.5)}, "from 0 to 15, not 1.5"),
        ("weighted", 4, {}, "needs `weights`"),
        ("weighted", 4, {"weights": (2, 0)}, "a weight must be a whole number from 1"),
        ("weighted", 4, {"weights": ()}, "1 to 16"),
        ("weighted", 4, {"weights": (1,) * 17}, "1 to 16"),
        ("weighted", 4, {"weights": (10**9,)}, "from 1 to 10000, not 1000000000"),
        ("weighted", 4, {"weights": (9000, 9000)}, "at most 10000 timesteps, not 18000"),
        ("cyclic", 2.5, {}, "timesteps must be a whole number from 1 to 1000000, not 2.5"),
        ("cyclic", True, {}, "timesteps must be a whole number from 1 to 1000000, not True"),
    ],
)
def test_wrong_requests_are_refused(name: str, timesteps: int, request_: dict[str, Any], message: str) -> None:
    with pytest.raises(EncoderError, match=message.replace("(", r"\(")):
        build(name, timesteps, 16, **request_)


# Which frequency is fed when: order by energy, and the declared period.


def test_order_by_energy_feeds_the_most_energetic_frequency_first() -> None:
    stripes = 0.9 * torch.cos(torch.pi * (2 * torch.arange(8) + 1) * 3 / 8).expand(4, 1, 8, 8)  # (0, 3), number 6
    ramp = torch.linspace(-0.1, 0.1, 8).view(8, 1)
    encoder = create("dct", order="energy").calibrate(stripes + ramp)
    assert isinstance(encoder, Dct)
    ranking = encoder.state()["ranking"]
    assert ranking[0] == 6
    assert sorted(ranking) == list(range(16))
    assert encoder.indices_at(18) == (*ranking, *ranking[:2])


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
        ({"schedule": "truncated", "frequencies": 8}, 8),
        ({"schedule": "intermittent"}, 8),
        ({"schedule": "explicit", "indices": (1, 2, 3)}, 3),
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


ZIGZAG_4 = [
    (0, 0), (0, 1), (1, 0), (2, 0), (1, 1), (0, 2), (0, 3), (1, 2),
    (2, 1), (3, 0), (3, 1), (2, 2), (1, 3), (2, 3), (3, 2), (3, 3),
]  # fmt: skip


def test_zigzag_of_a_block_of_four_is_the_papers() -> None:
    assert zigzag(4) == ZIGZAG_4


@pytest.mark.parametrize("colour", ["rgb", "ycbcr"])
def test_the_code_of_intensities_is_that_of_images_from_zero_to_one(colour: Any) -> None:
    images, p = pictures(6, 3, 8, 8), (pictures(6, 3, 8, 8) + 1) / 2
    of_p, of_x = Dct(colour=colour, signal="p").calibrate(images), Dct(colour=colour).calibrate(p)
    assert of_p.thresholds == of_x.thresholds
    assert torch.equal(of_p.frame(images), of_x.frame(p))
    assert torch.equal(of_p.encode(images, 20, 0), of_x.encode(p, 20, 0))
    assert torch.equal(Dct(colour="ycbcr", frames="rgb", signal="p").frame(images), p)


@pytest.mark.parametrize("size", [2, 4, 8])
def test_zigzag_visits_every_frequency_once_by_rising_diagonals(size: int) -> None:
    order = zigzag(size)
    assert sorted(order) == [(i, j) for i in range(size) for j in range(size)]
    assert all(abs(a[0] - b[0]) <= 1 and abs(a[1] - b[1]) <= 1 for a, b in pairwise(order))


@pytest.mark.parametrize("size", [2, 4, 8])
def test_coefficients_are_scipys_orthonormal_dct(size: int) -> None:
    block = pictures(size, size).double().numpy()
    ours = basis_images(size) @ block.ravel()
    scipys = dctn(block, type=2, norm="ortho")
    np.testing.assert_allclose(ours, [scipys[place] for place in zigzag(size)], atol=1e-12)


@pytest.mark.parametrize(("size", "stride"), [(2, 2), (4, 4), (4, 2), (8, 8), (8, 4), (4, 1)])
def test_each_contribution_is_one_coefficient_transformed_back(size: int, stride: int) -> None:
    images = pictures(2, 3, 16, 16)
    drive = contributions(images, size, stride)
    for row, column, k in ((0, 0, 0), (1, 2, 1), (2, 1, size * size - 1)):
        if row >= drive.shape[2] or column >= drive.shape[3]:
            continue
        top, left = row * stride, column * stride
        coefficients = dctn(images[1, 2, top : top + size, left : left + size].numpy(), type=2, norm="ortho")
        only = np.zeros_like(coefficients)
        only[zigzag(size)[k]] = coefficients[zigzag(size)[k]]
        expected = idctn(only, type=2, norm="ortho").ravel()
        np.testing.assert_allclose(drive[1, 2, row, column, k].numpy(), expected, atol=1e-5)


@pytest.mark.parametrize(("size", "stride"), [(2, 2), (4, 4), (4, 2), (8, 8), (8, 2), (4, 3)])
def test_contributions_sum_to_the_blocks(size: int, stride: int) -> None:
    images = pictures(3, 2, 16, 16)
    total = contributions(images, size, stride).sum(dim=4)
    blocks = split(images, size, stride)
    torch.testing.assert_close(total, blocks.reshape(total.shape), atol=1e-5, rtol=0)


def test_tiling_blocks_laid_out_are_the_image() -> None:
    images = pictures(2, 3, 12, 8)
    assert torch.equal(lay_out(split(images, 4, 4)), images)


def test_overlapping_blocks_are_laid_side_by_side() -> None:
    images = pictures(1, 1, 32, 32)
    wide = lay_out(split(images, 4, 2))
    assert wide.shape == (1, 1, 60, 60)
    assert torch.equal(wide[0, 0, 4:8, 56:60], images[0, 0, 2:6, 28:32])


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


def test_luma_and_chroma_are_the_channels_of_ycbcr() -> None:
    images = pictures(2, 3, 16, 16)
    luma, chroma, both = (create("dct", colour=colour) for colour in ("luma", "chroma", "ycbcr"))
    assert luma.frame(images).shape == (2, 1, 16, 16)
    assert torch.equal(torch.cat([luma.frame(images), chroma.frame(images)], dim=1), both.frame(images))
    one, two, three = (float(encoder.operations((3, 16, 16), 16)) for encoder in (luma, chroma, both))
    assert one + two == three
    assert luma.calibrate(images).encode(images, 16, 0).shape == (16, 2, 1, 16, 16)


def test_the_released_conversion_shifts_chroma_of_the_centred_one() -> None:
    images = pictures(2, 3, 8, 8)
    centred, released = coloured(images, "ycbcr"), coloured(images, "ycbcr-released")
    assert torch.equal(released[:, 0], centred[:, 0])
    torch.testing.assert_close(released[:, 1:], centred[:, 1:] + 128 / 255)


@pytest.mark.parametrize(
    ("rgb", "expected"),
    [
        ((0, 0, 0), (0, 0.50196, 0.50196)),
        ((1, 1, 1), (1, 0.50196, 0.50196)),
        # Pure red and pure blue, (1, −1, −1) and (−1, −1, 1).
        (
            (1, -1, -1),
            (0.299 - 0.587 - 0.114, -0.168736 + 0.331264 - 0.5 + 0.50196, 0.5 + 0.418688 + 0.081312 + 0.50196),
        ),
        ((-1, -1, 1), (-0.299 - 0.587 + 0.114, 1.50196, -0.5 + 0.418688 - 0.081312 + 0.50196)),
    ],
)
def test_the_released_conversion_by_hand(rgb: tuple[int, ...], expected: tuple[float, ...]) -> None:
    pixel = coloured(torch.tensor(rgb, dtype=torch.float32).view(1, 3, 1, 1), "ycbcr-released").flatten()
    torch.testing.assert_close(pixel, torch.tensor(expected), atol=1e-5, rtol=0)


def test_the_released_colours_reach_frame_and_spikes() -> None:
    images = pictures(3, 3, 8, 8)
    encoder = create("dct", colour="ycbcr-released").calibrate(images)
    assert isinstance(encoder, Dct)
    assert torch.equal(encoder.frame(images), coloured(images, "ycbcr-released"))
    centred = create("dct", colour="ycbcr", thresholds=encoder.thresholds).encode(images, 16, 0)
    released = encoder.encode(images, 16, 0)
    assert torch.equal(released[:, :, 0], centred[:, :, 0])
    assert not torch.equal(released[:, :, 1:], centred[:, :, 1:])


def test_frames_in_rgb_leave_the_code_in_its_own_colours() -> None:
    images = pictures(4, 3, 8, 8)
    own = create("dct", colour="ycbcr").calibrate(images)
    rgb = create("dct", colour="ycbcr", frames="rgb").calibrate(images)
    assert torch.equal(rgb.frame(images), images)
    assert torch.equal(rgb.encode(images, 16, 0), own.encode(images, 16, 0))
    # The train no longer sends what the ANN was trained on, so it promises no resolution.
    assert rgb.info.resolution is None
    assert own.info.resolution is not None


def test_overlapping_frames_in_rgb_are_the_blocks_of_the_pixels() -> None:
    images = pictures(2, 3, 8, 8)
    encoder = create("dct", colour="ycbcr", frames="rgb", stride=2)
    assert torch.equal(encoder.frame(images), create("dct", stride=2).frame(images))


# The accumulators worked by hand, and the CPU kernel against the readable scan, bit for bit.


ONE_PIXEL = torch.ones(2, 1)  # the basis images of a 1×1 block, were there two of them


def test_a_pixel_worked_by_hand() -> None:
    # Contributions 0.6 and −0.9; θ = −0.5, 0.5; schedule 0 0 1 1 0.
    coefficients = torch.tensor([0.6, -0.9]).view(1, 1, 1, 1, 2)
    # v: 0.6 ↑ 0.1 · 0.7 ↑ 0.2 · −0.7 ↓ −0.2 · −1.1 ↓ −0.6 · 0.0
    spikes = integrate_and_fire(coefficients, ONE_PIXEL, (0, 0, 1, 1, 0), -0.5, 0.5)
    assert spikes.flatten().tolist() == [1, 1, -1, -1, 0]


def test_without_reset_the_membrane_keeps_its_value() -> None:
    coefficients = torch.tensor([0.6, -0.9]).view(1, 1, 1, 1, 2)
    # v: 0.6 ↑ · 1.2 ↑ · 0.3 · −0.6 ↓ · 0.0
    spikes = integrate_and_fire(coefficients, ONE_PIXEL, (0, 0, 1, 1, 0), -0.5, 0.5, resets=False)
    assert spikes.flatten().tolist() == [1, 1, 0, -1, 0]


def test_a_membrane_at_its_threshold_does_not_fire() -> None:
    coefficients = torch.tensor([0.5, -0.25]).view(1, 1, 1, 2, 1)
    assert integrate_and_fire(coefficients, ONE_PIXEL[:1], (0,), -0.25, 0.5).flatten().tolist() == [0, 0]


def test_a_contribution_is_the_coefficient_times_the_basis_image_at_its_place() -> None:
    # Two 2×2 blocks side by side in one row, frequency 1 alone; only what exceeds the threshold fires.
    images = torch.tensor([[0.0, 0.0, 0.0, 0.0], [1.0, 2.0, 3.0, 4.0]])  # [K, b·b]
    coefficients = torch.tensor([[9.0, 1.0], [9.0, -1.0]]).view(1, 1, 1, 2, 2)
    spikes = integrate_and_fire(coefficients, images, (1,), -2.5, 2.5)
    assert spikes[0, 0, 0].tolist() == [[0, 0, 0, 0], [1, 1, -1, -1]]


@pytest.mark.parametrize("resets", [True, False])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("shape", [(1, 1, 1, 1, 4), (3, 2, 4, 5, 16), (2, 3, 2, 2, 64), (0, 1, 2, 2, 4)])
def test_kernel_and_reference_give_the_same_bits(shape: tuple[int, ...], dtype: torch.dtype, resets: bool) -> None:
    coefficients = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    schedule = tuple(t * 3 % shape[4] for t in range(40))
    given = (coefficients, basis(round(shape[4] ** 0.5)), schedule, -0.31, 0.77, resets, dtype)
    kernel, reference = integrate_and_fire(*given), integrate_and_fire_reference(*given)
    assert torch.equal(kernel, reference)
    assert kernel.dtype == dtype


def test_what_is_not_yet_sent_stays_in_the_membrane() -> None:
    coefficients = torch.randn(4, 1, 2, 2, 4, generator=torch.Generator().manual_seed(2)) * 0.2
    train = integrate_and_fire(coefficients, basis(2), (0, 1, 2, 3) * 10, -0.5, 0.5)
    sent = 0.5 * train.sum(dim=0)
    drive = coefficients[..., None] * basis(2)
    fed = 10 * drive.sum(dim=4).view(4, 1, 2, 2, 2, 2).transpose(3, 4).reshape(4, 1, 4, 4)
    assert (fed - sent).abs().max() <= 0.5 + drive.abs().max()


# Percentiles.


@pytest.mark.parametrize("count", [1, 2, 3, 16, 17, 1000, 100_003])
@pytest.mark.parametrize("percent", [0, 6.5, 25, 50, 93.5, 99.99, 100])
def test_it_is_numpys(count: int, percent: float) -> None:
    draws = np.random.default_rng(count)
    for values in (draws.normal(size=count), draws.integers(-2, 3, count), draws.lognormal(5, 9, count)):
        single = values.astype(np.float32).reshape(1, -1)
        before = single.copy()
        assert percentile(single, percent) == np.percentile(single, [percent])[0]
        assert np.array_equal(single, before)


def test_it_lies_between_its_neighbours() -> None:
    assert percentile(np.array([4, 1, 2, 3], np.float32), 50) == 2.5
    assert percentile(np.array([4, 1, 2, 3], np.float32), 10) == pytest.approx(1.3)


# What the parameters may be.


NAN, INFINITY = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"block_size": 1}, "block_size must be a whole number from 2 to 32, not 1"),
        ({"stride": 5}, r"stride must be a whole number from 1 to 4, not 5 \(block_size is 4\)"),
        ({"block_size": 4.0}, "block_size must be a whole number"),
        ({"block_size": 10**6}, "block_size must be a whole number from 2 to 32"),
        ({"thresholds": (1, -1)}, r"thresholds must be .*θ⁻ < 0 < θ⁺, not \(1, -1\)"),
        ({"frequencies": 10**9}, "frequencies must be a whole number from 1 to 16, not 1000000000"),
        ({"frequencies": True}, "frequencies must be a whole number from 1 to 16, not True"),
        ({"thresholds": (1.0,)}, "thresholds must be"),
        ({"thresholds": (NAN, 1.0)}, "thresholds must be"),
        ({"thresholds": (-1.0, INFINITY)}, "thresholds must be"),
        ({"ranking": (0, 0, 1)}, "ranking must hold each frequency 0 to 15 once"),
        ({"reset": "zero"}, "reset must be 'subtract' or 'none', not 'zero'"),
        ({"frames": "yuv"}, "frames must be 'code' or 'rgb', not 'yuv'"),
        ({"frames": "rgb", "colour": "luma"}, "use frames 'code'"),
        ({"lower_percentile": NAN}, "percentiles"),
        ({"schedule": "weighted", "weights": (10**9,)}, "a weight must be a whole number from 1 to 10000"),
        ({"stride": 0}, "stride must be a whole number from 1"),
        ({"colour": "hsv"}, "'rgb', 'ycbcr', 'ycbcr-released', 'luma' or 'chroma', not 'hsv'"),
        ({"threshold_scope": "image"}, "'dataset' or 'batch', not 'image'"),
        ({"order": "random"}, "'zigzag' or 'energy', not 'random'"),
        ({"lower_percentile": 95.0}, r"^percentiles must satisfy 0 ≤ lower < upper ≤ 100"),
        ({"lower_percentile": 90.0, "upper_percentile": 90.0}, "percentiles"),
        ({"lower_percentile": -0.5}, "percentiles"),
        ({"upper_percentile": 100.5}, "percentiles"),
        ({"schedule": "cylic"}, "unknown schedule 'cylic'"),
        ({"frequencies": 17}, "1 to 16, not 17"),
        ({"schedule": "interleaved", "frequencies": 17}, "1 to 16, not 17"),
        ({"schedule": "interleaved", "frequencies": -1}, "1 to 16, not -1"),
        ({"schedule": "explicit", "indices": (16,)}, "index must be a whole number from 0 to 15, not 16"),
        ({"schedule": "explicit"}, "needs `indices`"),
        ({"blocks": 4}, "unexpected keyword argument 'blocks'"),
    ],
)
def test_wrong_parameters_are_refused_at_once(parameters: dict[str, object], message: str) -> None:
    with pytest.raises(EncoderError, match=message):
        create("dct", **parameters)


@pytest.mark.parametrize(
    "parameters",
    [
        {"stride": 1},
        {"stride": 4},
        {"lower_percentile": 0.0},
        {"upper_percentile": 100.0},
        {"frequencies": 1, "schedule": "truncated"},
        {"frequencies": 1, "schedule": "interleaved"},
        {"frequencies": 16, "schedule": "truncated"},
    ],
)
def test_parameters_on_their_limit_encode(parameters: dict[str, object]) -> None:
    images = pictures(2, 1, 8, 8)
    train = create("dct", **parameters).calibrate(images).encode(images, 16, 0)
    assert set(train.unique().tolist()) <= {-1.0, 0.0, 1.0}


def test_what_does_not_fit_is_refused_with_the_reason() -> None:
    fitted = Dct(thresholds=(-0.2, 0.2))
    with pytest.raises(EncoderError, match="do not fit a 10×8 image"):
        fitted.encode(pictures(1, 1, 10, 8), 16, 0)
    with pytest.raises(EncoderError, match="do not fit a 10×8 image"):
        fitted.frame(pictures(1, 1, 10, 8))
    with pytest.raises(EncoderError, match="needs 3 channels, the images have 1"):
        Dct(colour="ycbcr").frame(pictures(1, 1, 8, 8))
    with pytest.raises(EncoderError, match="multiple of 16"):
        Dct(schedule="interleaved", thresholds=(-0.2, 0.2)).encode(pictures(1, 1, 8, 8), 40, 0)


def test_an_unfitted_encoder_says_so() -> None:
    with pytest.raises(EncoderError, match=r"^the DCT encoder has no thresholds yet: call calibrate"):
        create("dct").encode(pictures(1, 1, 8, 8), 16, 0)
    with pytest.raises(EncoderError, match=r"^the DCT encoder has no energy ranking yet: call calibrate"):
        create("dct", order="energy").encode(pictures(1, 1, 8, 8), 16, 0)


def test_images_without_contrast_cannot_set_thresholds() -> None:
    with pytest.raises(EncoderError, match="too little contrast"):
        create("dct").calibrate(torch.zeros(2, 1, 8, 8))
