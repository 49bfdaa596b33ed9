"""The block transform against SciPy's DCT, and the zig-zag order against the literal list of the design."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy.fft import dctn, idctn

from encoders.blocks import basis_images, by_energy, contributions, lay_out, split, zigzag

ZIGZAG_4 = [
    (0, 0), (0, 1), (1, 0), (2, 0), (1, 1), (0, 2), (0, 3), (1, 2),
    (2, 1), (3, 0), (3, 1), (2, 2), (1, 3), (2, 3), (3, 2), (3, 3),
]  # fmt: skip


def pictures(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def test_zigzag_of_a_block_of_four_is_the_papers() -> None:
    assert zigzag(4) == ZIGZAG_4


@pytest.mark.parametrize("size", [2, 4, 8])
def test_zigzag_visits_every_frequency_once_by_rising_diagonals(size: int) -> None:
    order = zigzag(size)
    assert sorted(order) == [(i, j) for i in range(size) for j in range(size)]
    assert all(abs(a[0] - b[0]) <= 1 and abs(a[1] - b[1]) <= 1 for a, b in pairwise(order))


@pytest.mark.parametrize("size", [2, 4, 8])
def test_coefficients_are_scipys_orthonormal_dct(size: int) -> None:
    block = pictures(size, size, seed=size).double().numpy()
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
