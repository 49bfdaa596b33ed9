"""The DCT encoder against a plain NumPy loop written from the design's definition, pixel by pixel."""

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.fft import dctn, idctn

from encoders import create
from encoders.blocks import coefficients
from encoders.dct import Dct

ZIGZAG = {
    2: [(0, 0), (0, 1), (1, 0), (1, 1)],
    4: [
        (0, 0), (0, 1), (1, 0), (2, 0), (1, 1), (0, 2), (0, 3), (1, 2),
        (2, 1), (3, 0), (3, 1), (2, 2), (1, 3), (2, 3), (3, 2), (3, 3),
    ],
}  # fmt: skip
CYCLIC = [t % 16 for t in range(40)]
THRESHOLDS = (-0.2317, 0.3119)
INTERMITTENT = [(0, 2, 5, 7, 9, 10, 12, 15)[t % 8] for t in range(40)]


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pictures(*shape: int) -> torch.Tensor:
    return torch.rand(shape, generator=generator(7)) * 2 - 1


def loop(
    image: NDArray[np.float32],
    tiles: tuple[int, int],
    schedule: list[int],
    thresholds: tuple[float, float],
    resets: bool = True,
) -> tuple[NDArray[np.float64], float]:
    """Spikes [T, rows·b, columns·b], in `tiles` of (size b, stride); and how near v came to a threshold."""
    b, stride = tiles
    rows, columns = (image.shape[0] - b) // stride + 1, (image.shape[1] - b) // stride + 1
    lower, upper = thresholds
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
                            spikes[t, row * b + y, column * b + x], v = 1, v - upper * resets
                        elif v < lower:
                            spikes[t, row * b + y, column * b + x], v = -1, v - lower * resets
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
def test_spikes_are_those_of_the_plain_loop(stride: int, parameters: dict[str, Any], schedule: list[int]) -> None:
    images = pictures(2, 3, 12, 8)
    encoder = Dct(stride=stride, thresholds=THRESHOLDS, **parameters)
    train = encoder.encode(images, 40, generator()).numpy()
    for n, channel in ((0, 0), (1, 2)):
        expected, margin = loop(images[n, channel].numpy(), (4, stride), schedule, THRESHOLDS)
        assert margin > 1e-6  # otherwise float32 could decide otherwise, and this test would test rounding
        np.testing.assert_array_equal(train[:, n, channel], expected)


@pytest.mark.parametrize("stride", [4, 2])
def test_without_reset_spikes_are_those_of_the_plain_loop(stride: int) -> None:
    images = pictures(2, 1, 12, 8)
    train = Dct(stride=stride, thresholds=THRESHOLDS, reset="none").encode(images, 40, generator()).numpy()
    expected, margin = loop(images[1, 0].numpy(), (4, stride), CYCLIC, THRESHOLDS, resets=False)
    assert margin > 1e-6
    np.testing.assert_array_equal(train[:, 1, 0], expected)
    assert abs(expected).sum() > abs(loop(images[1, 0].numpy(), (4, stride), CYCLIC, THRESHOLDS)[0]).sum()


@pytest.mark.parametrize("parameters", [{}, {"stride": 2}, {"block_size": 2, "stride": 2}, {"reset": "none"}])
def test_in_bfloat16_spikes_are_the_same(parameters: dict[str, Any]) -> None:
    images, encoder = pictures(3, 2, 12, 8), Dct(thresholds=THRESHOLDS, **parameters)
    train = encoder.encode(images, 20, generator(), dtype=torch.bfloat16)
    assert train.dtype == torch.bfloat16
    assert torch.equal(train.float(), encoder.encode(images, 20, generator()))


def test_blocks_of_two_give_the_spikes_of_the_plain_loop() -> None:
    images = pictures(1, 1, 8, 8)
    encoder = Dct(block_size=2, stride=2, thresholds=THRESHOLDS)
    expected, _ = loop(images[0, 0].numpy(), (2, 2), [t % 4 for t in range(12)], THRESHOLDS)
    np.testing.assert_array_equal(encoder.encode(images, 12, generator())[:, 0, 0].numpy(), expected)


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
    expected = torch.stack([expected[:, row, column] for row, column in ZIGZAG[4]], dim=1).view(2, 2, 16)
    for laid_out in (images, by_columns):
        torch.testing.assert_close(coefficients(laid_out, 4, 4)[1, 0].double(), expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize(("size", "stride"), [(2, 2), (4, 4), (8, 8), (4, 2)])
def test_long_trains_decode_to_the_frame(size: int, stride: int) -> None:
    images = pictures(1, 1, 16, 16) * 0.2
    encoder = Dct(block_size=size, stride=stride, thresholds=(-0.5, 0.5))
    cycles = 100
    train = encoder.encode(images, cycles * size * size, generator())
    torch.testing.assert_close(0.5 * train.sum(dim=0) / cycles, encoder.frame(images), atol=0.02, rtol=0)
    torch.testing.assert_close(encoder.decode(train), encoder.frame(images), atol=0.02, rtol=0)


def test_thresholds_are_the_percentiles_of_all_contributions() -> None:
    images = pictures(50, 1, 8, 8)
    encoder = create("dct")
    assert isinstance(encoder, Dct)
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


def test_blocks_that_overlap_by_one_fit_an_image_that_ends_with_one() -> None:
    # Of 7 columns, blocks of 4 begin at 0 and 3: two of them, laid out side by side.
    assert Dct(stride=3).frame(pictures(1, 1, 7, 10)).shape == (1, 1, 8, 12)
