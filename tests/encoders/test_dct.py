"""The DCT encoder beyond the paper's: no reset, bf16, colours, batch thresholds. Its spikes: tests/test_plain.py."""

from typing import Any

import numpy as np
import pytest
import torch
from scipy.fft import dctn

from encoders import create
from encoders.blocks import coefficients
from encoders.dct import Dct
from harness import plain

ZIGZAG = [
    (0, 0), (0, 1), (1, 0), (2, 0), (1, 1), (0, 2), (0, 3), (1, 2),
    (2, 1), (3, 0), (3, 1), (2, 2), (1, 3), (2, 3), (3, 2), (3, 3),
]  # fmt: skip
CYCLIC = [t % 16 for t in range(40)]
THRESHOLDS = (-0.2317, 0.3119)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pictures(*shape: int) -> torch.Tensor:
    return torch.rand(shape, generator=generator(7)) * 2 - 1


@pytest.mark.parametrize("stride", [4, 2])
def test_without_reset_the_membrane_is_the_sum_of_what_arrived(stride: int) -> None:
    images, (lower, upper) = pictures(2, 1, 12, 8), THRESHOLDS
    train = Dct(stride=stride, thresholds=THRESHOLDS, reset="none").encode(images, 40, generator())
    v = plain.contributions(images.double(), stride=stride)[CYCLIC].cumsum(0)
    assert min((v - threshold).abs().min().item() for threshold in THRESHOLDS) > 1e-6
    assert torch.equal(train, (v > upper).float() - (v < lower).float())
    assert train.abs().sum() > Dct(stride=stride, thresholds=THRESHOLDS).encode(images, 40, generator()).abs().sum()


@pytest.mark.parametrize("parameters", [{}, {"stride": 2}, {"block_size": 2, "stride": 2}, {"reset": "none"}])
def test_in_bfloat16_spikes_are_the_same(parameters: dict[str, Any]) -> None:
    images, encoder = pictures(3, 2, 12, 8), Dct(thresholds=THRESHOLDS, **parameters)
    train = encoder.encode(images, 20, generator(), dtype=torch.bfloat16)
    assert train.dtype == torch.bfloat16
    assert torch.equal(train.float(), encoder.encode(images, 20, generator()))


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
