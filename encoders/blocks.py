"""Blocks of an image and their orthonormal 2-D DCT-II (paper eq. 12), frequencies numbered zig-zag."""

from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def zigzag(size: int) -> list[tuple[int, int]]:
    """(row, column) of each frequency of a size×size block: (0,0), (0,1), (1,0), (2,0), (1,1), (0,2), …"""

    def key(place: tuple[int, int]) -> tuple[int, int]:
        row, column = place
        diagonal = row + column
        return diagonal, row if diagonal % 2 else column

    return sorted(((row, column) for row in range(size) for column in range(size)), key=key)


def basis_images(size: int) -> NDArray[np.float64]:
    """`[K, size·size]`: the K = size² orthonormal basis images, in zig-zag order."""
    index = np.arange(size)
    cosine = np.cos(np.pi * np.outer(index, 2 * index + 1) / (2 * size)) * np.sqrt(2 / size)
    cosine[0] /= np.sqrt(2)
    return np.stack([np.outer(cosine[row], cosine[column]).ravel() for row, column in zigzag(size)])


@cache
def basis(size: int) -> Tensor:
    """`basis_images` in fp32."""
    return torch.from_numpy(basis_images(size).astype(np.float32))


def split(images: Tensor, size: int, stride: int) -> Tensor:
    """Blocks `[N, C, rows, columns, size, size]` of images `[N, C, H, W]`, one every `stride` pixels."""
    return images.unfold(2, size, stride).unfold(3, size, stride)


def lay_out(blocks: Tensor) -> Tensor:
    """Blocks `[…, rows, columns, size, size]` side by side: `[…, rows·size, columns·size]`."""
    *lead, rows, columns, size, _ = blocks.shape
    return blocks.transpose(-3, -2).reshape(*lead, rows * size, columns * size)


def coefficients(images: Tensor, size: int, stride: int) -> Tensor:
    """`[N, C, rows, columns, K]`: the DCT of each block, in one matrix product."""
    shape = split(images, size, stride).shape[:4]
    product = _flat_blocks(images, size, stride) @ basis(size).to(images.device, non_blocking=True).T
    return product.view(*shape, size * size)


def _flat_blocks(images: Tensor, size: int, stride: int) -> Tensor:
    # `[blocks, size·size]`. Four float32 of a block's row are copied as one element of 16 bytes where they can be.
    images = images.contiguous()
    if size == stride == 4 and images.storage_offset() % 4 == 0:
        count, channels, height, width = images.shape
        fours = images.view(torch.complex128).view(count, channels, height // 4, 4, width // 4)
        return fours.transpose(3, 4).contiguous().view(torch.float32).view(-1, 16)
    return split(images, size, stride).reshape(-1, size * size)


def contributions(images: Tensor, size: int, stride: int) -> Tensor:
    """`[N, C, rows, columns, K, size·size]`: what each frequency adds to each block, g_k; together they are it."""
    return spread(coefficients(images, size, stride), size)


def spread(frequencies: Tensor, size: int) -> Tensor:
    """Coefficients `[…, K]` as contributions `[…, K, size·size]`: each times its basis image."""
    return frequencies.unsqueeze(-1) * basis(size).to(frequencies.device, non_blocking=True)


def by_energy(drive: Tensor) -> tuple[int, ...]:
    """Zig-zag numbers of the K frequencies, most energetic first, of contributions `[N, C, rows, columns, K, b·b]`.

    The basis is orthonormal, so a frequency's energy is the summed square of its contributions.
    """
    energy = drive.square().sum(dim=(0, 1, 2, 3, 5), dtype=torch.float64).tolist()
    return tuple(sorted(range(len(energy)), key=lambda k: (-energy[k], k)))
