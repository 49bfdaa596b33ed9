"""Phase code: the pixel's eight bits, one a timestep, each weighted by its place value (Kim et al. 2018)."""

import math
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from encoders.base import EncoderInfo, Operations, UnfittedIntensity, admit, bits
from encoders.compiled import compiled

BITS = 8
BLOCK = 4096  # pixels worked on together, so that their bytes stay in the first cache


@dataclass(frozen=True)
class Phase(UnfittedIntensity):
    """At t: bit t mod 8 of the 8-bit pixel, most significant first, as a spike of size 2^−(1 + t mod 8).

    Eight steps carry pixel/256, and every further eight carry it again. Images are rounded to 8 bits, which
    changes nothing in a picture read from a file.

    >>> import torch
    >>> from encoders import create
    >>> pixel = torch.tensor(178.0).view(1, 1, 1, 1)  # 10110010 in binary
    >>> create("phase").encode(pixel / 127.5 - 1, timesteps=8, key=0).flatten().tolist()
    [0.5, 0.0, 0.125, 0.0625, 0.0, 0.0, 0.0078125, 0.0]
    """

    @property
    def info(self) -> EncoderInfo:
        """Graded: eight spike sizes, ½ to 1/256; the train itself repeats after eight steps."""
        source = "Kim et al. 2018, Deep neural networks with weighted spikes"
        return EncoderInfo("graded", True, BITS, (0.0, 0.5), source, resolution=0.005)

    def encode(
        self, images: Tensor, timesteps: int, key: int, ids: Tensor | None = None, dtype: torch.dtype = torch.float32
    ) -> Tensor:
        """Spike train `[T, N, C, H, W]` of images `[N, C, H, W]` in [-1, 1]."""
        admit(images, timesteps, key, ids)
        pixels = ((images + 1) * 127.5).round().to(torch.uint8)
        sizes = (0.5 ** torch.arange(1, BITS + 1)).to(dtype)
        if images.device.type != "cpu":
            return bits_as_spikes(pixels, sizes, timesteps)
        out = torch.empty(timesteps, *images.shape, dtype=dtype)
        _write(pixels.reshape(-1).numpy(), bits(sizes), bits(out.view(timesteps, -1)))
        return out

    def decode(self, train: Tensor) -> Tensor:
        """pixel/255 from the mean of the whole periods; before the first one ends, from the bits so far."""
        return pixels_from_bits(train.float(), weighted=True)

    def operations(self, shape: tuple[int, int, int], timesteps: int) -> Operations:
        """One bit picked a pixel and timestep; its weight is a constant."""
        return Operations(additions=float(math.prod(shape) * timesteps))


def pixels_from_bits(train: Tensor, weighted: bool) -> Tensor:
    """`[…]`: the pixel/255 whose bits the train `[T, …]` carries, as sizes or, if not weighted, as ones."""
    whole = train[: max(len(train) // BITS, 1) * BITS]
    if not weighted:
        phase = torch.arange(len(whole), device=train.device) % BITS
        whole = whole * 0.5 ** (1 + phase).view(-1, *[1] * (train.dim() - 1))
    return whole.sum(dim=0) / max(len(train) // BITS, 1) * 256 / 255


def bits_as_spikes(pixels: Tensor, sizes: Tensor, timesteps: int) -> Tensor:
    """The kernel in plain torch, for any device: spikes `[T, …]` of pixels `[…]` (uint8), sizes `[8]` by phase."""
    phase = torch.arange(timesteps, device=pixels.device, dtype=torch.int32) % BITS
    chosen = (pixels.to(torch.int32) >> (BITS - 1 - phase).view(-1, *[1] * pixels.dim())) & 1
    return chosen.to(sizes.dtype) * sizes.to(pixels.device, non_blocking=True)[phase].view(-1, *[1] * pixels.dim())


@compiled
def _write(pixels: NDArray[np.uint8], sizes: NDArray[Any], out: NDArray[Any]) -> None:
    steps, count = out.shape
    none = sizes.dtype.type(0)
    for block in numba.prange((count + BLOCK - 1) // BLOCK):
        begin = block * BLOCK
        end = min(begin + BLOCK, count)
        pixel = pixels[begin:end]
        for t in range(steps):
            line, size, bit = out[t, begin:end], sizes[t % BITS], np.uint8(1 << (BITS - 1 - t % BITS))
            for p in range(end - begin):
                line[p] = size if pixel[p] & bit else none
