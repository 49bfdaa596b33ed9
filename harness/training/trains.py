"""Spike trains that never change, encoded once: kept at two bits an event and unpacked for each batch.

A code without chance gives an image the same train in every epoch, if the image is not augmented. For a small network
encoding it again takes about as long as the products of the forward pass.
"""

import math
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from encoders.base import bits
from encoders.compiled import compiled
from harness.snn.network import Spiking

Encode = Callable[[Tensor, int, Tensor], Tensor]
"""Images `[N, C, H, W]` in [-1, 1], a key, and the images' places in their set → their spike train `[T, N, …]`."""

MOST_BYTES = 1 << 29  # of the trains of one set: MNIST at up to 45 timesteps


def encoded_once(spiking: Spiking, images: int, one_key: bool = False) -> Encode:
    """`spiking.encode` for a set of `images` images that do not change: each of them is encoded only once.

    one_key: the key does not change either, so that a random code gives the same train too. Returns `spiking.encode`
    itself if trains depend on more, have values other than 0 and ±1, exceed `MOST_BYTES`, or are not on the CPU.
    """
    info, inputs = spiking.encoder.info, spiking.network.layers[0].inputs
    fixed = info.batch_invariant and (info.deterministic or (one_key and info.draws_by_id))
    size = images * spiking.timesteps * math.ceil(math.prod(inputs) / 4)
    if not fixed or info.multiplies or size > MOST_BYTES or spiking.device.type != "cpu":
        return spiking.encode
    return _Kept(spiking.encode, images)


class _Kept:
    """Trains by place. A byte holds four values of a train: one of each quarter, so that vectors of bytes unpack."""

    def __init__(self, encode: Encode, images: int) -> None:
        self.encode = encode
        self.known = torch.zeros(images, dtype=torch.bool)
        self.packed: Tensor | None = None  # uint8 [images, T, bytes]
        self.shape, self.dtype = torch.Size(), torch.float32  # of an image's values at one timestep
        self.signs = bits(torch.tensor([-1.0, 1.0]))
        self.exact = True  # so far, all values were 0 and ±1

    def __call__(self, images: Tensor, key: int, places: Tensor) -> Tensor:
        if self.packed is not None and self.known[places].all():
            train = torch.empty(self.packed.shape[1], len(places), *self.shape, dtype=self.dtype)
            _unpack(self.packed.numpy(), places.numpy(), self.signs, bits(train.flatten(2)))
            return train
        train = self.encode(images, key, places)
        if self.exact:
            self.keep(train.contiguous(), places)
        return train

    def keep(self, train: Tensor, places: Tensor) -> None:
        """Pack the train `[T, N, …]` of the images at `places`; from the first other value on, nothing is kept."""
        if self.packed is None:
            width = math.ceil(train[0, 0].numel() / 4)
            self.packed = torch.empty(len(self.known), len(train), width, dtype=torch.uint8)
            self.shape, self.dtype = train.shape[2:], train.dtype
            self.signs = bits(torch.tensor([-1.0, 1.0], dtype=self.dtype))
        self.exact = not _pack(bits(train.flatten(2)), places.numpy(), self.signs, self.packed.numpy()).any()
        self.known[places] = True
        if not self.exact:
            self.packed = None


@compiled
def _pack(
    train: NDArray[Any], places: NDArray[np.int64], signs: NDArray[Any], packed: NDArray[np.uint8]
) -> NDArray[np.bool_]:
    """Write a train `[T, N, values]` to `packed` `[images, T, bytes]`; signs: the bits of −1 and 1.

    Returns for each image whether it has other values. Parallel over images.
    """
    steps, count, _ = train.shape
    width = packed.shape[2]
    others = np.zeros(count, np.bool_)
    for i in numba.prange(count):
        minus, plus = signs[0], signs[1]
        other = False
        for t in range(steps):
            target = packed[places[i], t]
            target[:] = 0
            for quarter in range(4):
                source = train[t, i, quarter * width : (quarter + 1) * width]
                both, one = np.uint8(3 << 2 * quarter), np.uint8(1 << 2 * quarter)
                for b in range(len(source)):
                    value = source[b]
                    target[b] |= one if value == plus else (both if value == minus else np.uint8(0))
                    other |= value != 0 and value != plus and value != minus
        others[i] = other
    return others


@compiled
def _unpack(packed: NDArray[np.uint8], places: NDArray[np.int64], signs: NDArray[Any], out: NDArray[Any]) -> None:
    """The inverse of `_pack`."""
    steps, count, _ = out.shape
    width, nothing = packed.shape[2], signs.dtype.type(0)
    for i in numba.prange(count):
        minus, plus = signs[0], signs[1]
        for t in range(steps):
            source = packed[places[i], t]
            for quarter in range(4):
                target = out[t, i, quarter * width : (quarter + 1) * width]
                both, one = np.uint8(3 << 2 * quarter), np.uint8(1 << 2 * quarter)
                for b in range(len(target)):
                    code = np.uint8(source[b] & both)
                    target[b] = plus if code == one else (minus if code == both else nothing)
