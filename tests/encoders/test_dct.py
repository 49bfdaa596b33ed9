"""The DCT encoder against a plain NumPy loop written from the design's definition, pixel by pixel."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from scipy.fft import dctn, idctn

from encoders import create
from encoders.base import EncoderError
from encoders.dct import Dct

ZIGZAG = {
    2: [(0, 0), (0, 1), (1, 0), (1, 1)],
    4: [
        (0, 0), (0, 1), (1, 0), (2, 0), (1, 1), (0, 2), (0, 3), (1, 2),
        (2, 1), (3, 0), (3, 1), (2, 2), (1, 3), (2, 3), (3, 2), (3, 3),
    ],
}  # fmt: skip
CYCLIC = [t % 16 for t in range(40)]
INTERMITTENT = [(0, 2, 5, 7, 9, 10, 12, 15)[t % 8] for t in range(40)]


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pictures(*shape: int) -> torch.Tensor:
    return torch.rand(shape, generator=generator(7)) * 2 - 1


def loop(image: NDArray[np.float32], b: int, stride: int, schedule: list[int], lower: float, upper: float):
    """Spikes [T, rows·b, columns·b] of one channel, one pixel after the other; and how near v came to a threshold."""
    rows, columns = (image.shape[0] - b) // stride + 1, (image.shape[1] - b) // stride + 1
    spikes, margin = np.zeros((len(schedule), rows * b, columns * b)), np.inf
    for row in range(rows):
        for column in range(columns):
            block = image[row * stride : row * stride + b, column * stride : column * stride + b]
            coefficients = dctn(block.astype(np.float64), type=2, norm="ortho")
            g = []
            for place in ZIGZAG[b]:
                only = np.zeros((b, b))
                only[place] = coefficients[place]
                g.append(idctn(only, type=2, norm="ortho"))
            for y in range(b):
                for x in range(b):
                    v = 0.0
                    for t, k in enumerate(schedule):
                        v += g[k][y, x]
                        margin = min(margin, abs(v - upper), abs(v - lower))
                        if v > upper:
                            spikes[t, row * b + y, column * b + x], v = 1, v - upper
                        elif v < lower:
                            spikes[t, row * b + y, column * b + x], v = -1, v - lower
    return spikes, margin


@pytest.mark.parametrize("stride", [4, 2])
@pytest.mark.parametrize(
    ("parameters", "schedule"),
    [
        ({}, CYCLIC),
        ({"schedule": "cyclic", "frequencies": 16}, CYCLIC),
        ({"schedule": "truncated", "frequencies": 8}, [t % 8 for t in range(40)]),
        ({"schedule": "interleaved", "frequencies": 8}, [t // 5 for t in range(40)]),
        ({"schedule": "intermittent"}, INTERMITTENT),
        ({"schedule": "explicit", "indices": (3, 0, 15)}, [(3, 0, 15)[t % 3] for t in range(40)]),
        ({"schedule": "weighted", "weights": (2, 2, 1)}, [(0, 1, 2, 0, 1)[t % 5] for t in range(40)]),
    ],
)
def test_spikes_are_those_of_the_plain_loop(stride: int, parameters: dict, schedule: list[int]) -> None:
    images = pictures(2, 3, 12, 8)
    encoder = Dct(stride=stride, thresholds=(-0.2317, 0.3119), **parameters)
    train = encoder.encode(images, 40, generator()).numpy()
    for n, channel in ((0, 0), (1, 2)):
        expected, margin = loop(images[n, channel].numpy(), 4, stride, schedule, -0.2317, 0.3119)
        assert margin > 1e-6  # otherwise float32 could decide otherwise, and this test would test rounding
        np.testing.assert_array_equal(train[:, n, channel], expected)


def test_blocks_of_two_give_the_spikes_of_the_plain_loop() -> None:
    images = pictures(1, 1, 8, 8)
    encoder = Dct(block_size=2, stride=2, thresholds=(-0.2317, 0.3119))
    expected, _ = loop(images[0, 0].numpy(), 2, 2, [t % 4 for t in range(12)], -0.2317, 0.3119)
    np.testing.assert_array_equal(encoder.encode(images, 12, generator())[:, 0, 0].numpy(), expected)


@pytest.mark.parametrize(("size", "stride"), [(2, 2), (4, 4), (8, 8), (4, 2), (8, 4)])
@pytest.mark.parametrize("colour", ["rgb", "ycbcr", "luma", "chroma"])
def test_contributions_sum_to_the_frame(size: int, stride: int, colour: str) -> None:
    images = pictures(2, 3, 16, 24)
    encoder = create("dct", block_size=size, stride=stride, colour=colour)
    total = encoder.contributions(images).sum(dim=4)
    n, c, rows, columns, _ = total.shape
    side_by_side = total.view(n, c, rows, columns, size, size).transpose(3, 4).reshape(n, c, rows * size, -1)
    torch.testing.assert_close(side_by_side, encoder.frame(images), atol=1e-5, rtol=0)
    assert columns * size == encoder.frame(images).shape[-1]


@pytest.mark.parametrize(("size", "stride"), [(2, 2), (4, 4), (8, 8), (4, 2)])
def test_long_trains_decode_to_the_frame(size: int, stride: int) -> None:
    images = pictures(1, 1, 16, 16) * 0.2
    encoder = Dct(block_size=size, stride=stride, thresholds=(-0.5, 0.5))
    cycles = 100
    train = encoder.encode(images, cycles * size * size, generator())
    torch.testing.assert_close(0.5 * train.sum(dim=0) / cycles, encoder.frame(images), atol=0.02, rtol=0)


def test_thresholds_are_the_percentiles_of_all_contributions() -> None:
    images = pictures(50, 1, 8, 8)
    encoder = create("dct")
    everything = np.sort(encoder.contributions(images).numpy().astype(np.float64).ravel())
    fitted = encoder.calibrate(images, generator())
    for threshold, percent in zip(fitted.state()["thresholds"], (6.5, 93.5), strict=True):
        place = (len(everything) - 1) * percent / 100
        below, share = int(place), place - int(place)
        by_hand = everything[below] * (1 - share) + everything[below + 1] * share
        assert threshold == pytest.approx(by_hand, abs=1e-6)
        assert threshold == pytest.approx(np.percentile(everything, percent), abs=1e-6)


def test_batch_thresholds_are_those_of_the_batch_alone() -> None:
    images = pictures(6, 1, 8, 8)
    batch = Dct(threshold_scope="batch").calibrate(images, generator())
    fitted = Dct().calibrate(images[:2], generator())
    assert batch.state() == {}
    assert torch.equal(batch.encode(images[:2], 16, generator()), fitted.encode(images[:2], 16, generator()))
    assert not batch.info.batch_invariant


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
    parts = [encoder.operations((3, 16, 16), 16) for encoder in (luma, chroma)]
    assert sum(parts) == both.operations((3, 16, 16), 16)
    assert luma.calibrate(images, generator()).encode(images, 16, generator()).shape == (16, 2, 1, 16, 16)


def test_order_by_energy_feeds_the_most_energetic_frequency_first() -> None:
    stripes = torch.cos(torch.pi * (2 * torch.arange(8) + 1) * 3 / 8).expand(4, 1, 8, 8)  # (0, 3), number 6
    ramp = torch.linspace(-0.1, 0.1, 8).view(8, 1)
    encoder = create("dct", order="energy").calibrate(stripes + ramp, generator())
    ranking = encoder.state()["ranking"]
    assert ranking[0] == 6
    assert sorted(ranking) == list(range(16))
    assert encoder.indices_at(18) == (*ranking, *ranking[:2])


def test_order_by_energy_sends_what_the_explicit_order_sends() -> None:
    images = pictures(3, 1, 8, 8) + torch.linspace(-1, 1, 8)
    ranked = Dct(order="energy", schedule="weighted", weights=(2, 1, 1)).calibrate(images, generator())
    first, second, third = ranked.state()["ranking"][:3]
    written = Dct(schedule="explicit", indices=(first, second, third, first)).calibrate(images, generator())
    assert torch.equal(ranked.encode(images, 16, generator()), written.encode(images, 16, generator()))


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
def test_the_declared_period_is_that_of_the_schedule(parameters: dict, period: int | None) -> None:
    encoder = create("dct", **parameters)
    assert encoder.info.period == period
    if period is not None:
        fed = encoder.indices_at(4 * period)
        assert next(p for p in range(1, 4 * period) if fed[p:] == fed[:-p]) == period


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"block_size": 1}, "block_size must be at least 2"),
        ({"stride": 5}, r"stride must be 1 to the block size \(4\), not 5"),
        ({"stride": 0}, "stride must be 1"),
        ({"colour": "hsv"}, "'rgb', 'ycbcr', 'luma' or 'chroma', not 'hsv'"),
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
        ({"schedule": "explicit", "indices": (16,)}, "index 16 is out of range"),
        ({"schedule": "explicit"}, "needs `indices`"),
        ({"blocks": 4}, "unexpected keyword argument 'blocks'"),
    ],
)
def test_wrong_parameters_are_refused_at_once(parameters: dict, message: str) -> None:
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
def test_parameters_on_their_limit_encode(parameters: dict) -> None:
    images = pictures(2, 1, 8, 8)
    train = create("dct", **parameters).calibrate(images, generator()).encode(images, 16, generator())
    assert set(train.unique().tolist()) <= {-1.0, 0.0, 1.0}


def test_blocks_that_overlap_by_one_fit_an_image_that_ends_with_one() -> None:
    # Of 7 columns, blocks of 4 begin at 0 and 3: two of them, laid out side by side.
    assert Dct(stride=3).frame(pictures(1, 1, 7, 10)).shape == (1, 1, 8, 12)


def test_what_does_not_fit_is_refused_with_the_reason() -> None:
    fitted = Dct(thresholds=(-0.2, 0.2))
    with pytest.raises(EncoderError, match="do not fit a 10×8 image"):
        fitted.encode(pictures(1, 1, 10, 8), 16, generator())
    with pytest.raises(EncoderError, match="do not fit a 10×8 image"):
        fitted.frame(pictures(1, 1, 10, 8))
    with pytest.raises(EncoderError, match="needs 3 channels, the images have 1"):
        Dct(colour="ycbcr").frame(pictures(1, 1, 8, 8))
    with pytest.raises(EncoderError, match="multiple of 16"):
        Dct(schedule="interleaved", thresholds=(-0.2, 0.2)).encode(pictures(1, 1, 8, 8), 40, generator())


def test_an_unfitted_encoder_says_so() -> None:
    with pytest.raises(EncoderError, match=r"^the DCT encoder has no thresholds yet: call calibrate"):
        create("dct").encode(pictures(1, 1, 8, 8), 16, generator())
    with pytest.raises(EncoderError, match=r"^the DCT encoder has no energy ranking yet: call calibrate"):
        create("dct", order="energy").encode(pictures(1, 1, 8, 8), 16, generator())


def test_images_without_contrast_cannot_set_thresholds() -> None:
    with pytest.raises(EncoderError, match="too little contrast"):
        create("dct").calibrate(torch.zeros(2, 1, 8, 8), generator())


def test_operations_count_transform_contributions_and_steps() -> None:
    # 49 blocks: 2·4³ for the transform, 16·16 products, 16 additions a step.
    assert create("dct").operations((1, 28, 28), 16) == 49 * (128 + 256 + 16 * 16)
