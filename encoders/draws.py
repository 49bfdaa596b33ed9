"""Uniform random numbers by counter (SplitMix64, Steele et al. 2014): the n-th number is a function of key and n.

So a spike is a function of the encoder's key, the image's id, the pixel and t, and of nothing else: the batch size
does not matter, the first t steps do not depend on T, and every device draws the same numbers.

    key of an image: number `id` of the stream of the encoder's key
    pixel p of P at timestep t: number ⌊t/3⌋·P + p of the stream of the image's key; of its 64 bits the upper 21 if
        t mod 3 is 0, the next 21 if it is 1, the next 21 if it is 2
"""

from typing import Any

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from encoders.base import bits
from encoders.compiled import compiled

# A probability is rounded up to a multiple of 2^−21: less than 5e-7, where a pixel's are whole 255ths. In return one
# 64-bit number, the costly part, decides three timesteps.
LEVELS = 2**21
BLOCK = 1024  # pixels worked on together, so that what they need stays in the first cache
_GOLDEN = 0x9E3779B97F4A7C15
_MIX1 = 0xBF58476D1CE4E5B9
_MIX2 = 0x94D049BB133111EB


def image_keys(key: int, ids: Tensor) -> Tensor:
    """int64 `[N]`: the key of each image's own stream, on the CPU."""
    return splitmix64(int(key), ids.cpu())


def bernoulli(probability: Tensor, sizes: Tensor, timesteps: int, keys: Tensor) -> Tensor:
    """`[T, N, …]` in the dtype of `sizes`: at each t, independently, a spike with the given probability, else 0.

    probability: float32 `[N, …]`; sizes: the value of each pixel's spike, `[N, …]`; keys: int64 `[N]`, one an image.
    """
    if probability.device.type != "cpu":
        return bernoulli_reference(probability, sizes, timesteps, keys)
    count = len(sizes)
    out = torch.empty(timesteps, *sizes.shape, dtype=sizes.dtype)
    _bernoulli(
        keys.numpy().view(np.uint64),
        probability.reshape(count, -1).numpy(),
        bits(sizes.reshape(count, -1).contiguous()),
        bits(out.view(timesteps, count, -1)),
    )
    return out


def bernoulli_reference(probability: Tensor, sizes: Tensor, timesteps: int, keys: Tensor) -> Tensor:
    """`bernoulli` in plain torch, in wrapping 64-bit integers, for any device."""
    drawn = _drawn(probability, timesteps, keys)
    return torch.where(drawn < (probability * LEVELS).ceil(), sizes, torch.zeros_like(sizes))


def uniform(images: Tensor, timesteps: int, key: int, ids: Tensor | None = None) -> Tensor:
    """float32 `[T, *images.shape]`, evenly in [0, 1): the draws of a random code of one's own, by key and id.

    `(uniform(images, timesteps, key, ids) < probability).float()` gives the spikes that `poisson` gives.

    >>> images = torch.zeros(3, 1, 2, 2)
    >>> whole = uniform(images, timesteps=4, key=7, ids=torch.tensor([10, 11, 12]))
    >>> alone = uniform(images[1:2], timesteps=2, key=7, ids=torch.tensor([11]))
    >>> torch.equal(alone[:, 0], whole[:2, 1])  # neither the batch nor T changes an image's draws
    True
    """
    ids = torch.arange(len(images)) if ids is None else ids
    return _drawn(images, timesteps, image_keys(key, ids)).to(torch.float32) / LEVELS


def _drawn(images: Tensor, timesteps: int, keys: Tensor) -> Tensor:
    # int64 `[T, *images.shape]`: 21 random bits each.
    pixels, triples = images[0].numel(), (timesteps + 2) // 3
    counter = torch.arange(triples * pixels, device=images.device).view(triples, 1, pixels)
    number = splitmix64(keys.to(images.device, non_blocking=True).view(1, -1, 1), counter)
    drawn = torch.stack([_shift(number, places) & (LEVELS - 1) for places in (43, 22, 1)], dim=1)
    return drawn.flatten(0, 1)[:timesteps].view(timesteps, *images.shape)


def splitmix64(key: int | Tensor, counter: Tensor) -> Tensor:
    """SplitMix64's output number `counter` (int64, from 0) for the seed `key`, as int64 bit patterns."""
    state = (counter + 1) * _signed(_GOLDEN) + (_signed(key) if isinstance(key, int) else key)
    state = (state ^ _shift(state, 30)) * _signed(_MIX1)
    state = (state ^ _shift(state, 27)) * _signed(_MIX2)
    return state ^ _shift(state, 31)


def _shift(pattern: Tensor, places: int) -> Tensor:
    # torch has no unsigned shift: shift with sign, then mask the copies of the sign away.
    return (pattern >> places) & ((1 << (64 - places)) - 1)


def _signed(number: int) -> int:
    return number - 2**64 if number >= 2**63 else number


@compiled
def _bernoulli(
    keys: NDArray[np.uint64], probability: NDArray[np.float32], sizes: NDArray[Any], out: NDArray[Any]
) -> None:
    steps, images, pixels = out.shape
    golden, mix1, mix2 = np.uint64(_GOLDEN), np.uint64(_MIX1), np.uint64(_MIX2)
    s30, s27, s31 = np.uint64(30), np.uint64(27), np.uint64(31)
    s43, s22, s1, low = np.uint64(43), np.uint64(22), np.uint64(1), np.uint64(LEVELS - 1)
    none = sizes.dtype.type(0)
    for n in numba.prange(images):
        draws, limit = np.empty((3, BLOCK), np.int32), np.empty(BLOCK, np.int32)
        for begin in range(0, pixels, BLOCK):
            length = min(BLOCK, pixels - begin)
            chance, size = probability[n, begin : begin + length], sizes[n, begin : begin + length]
            for p in range(length):
                limit[p] = np.int32(np.ceil(chance[p] * np.float32(LEVELS)))
            first_draws, second_draws, third_draws = draws[0], draws[1], draws[2]
            for triple in range((steps + 2) // 3):
                first = keys[n] + (np.uint64(triple) * np.uint64(pixels) + np.uint64(begin + 1)) * golden
                for p in range(length):
                    state = first + np.uint64(p) * golden
                    state = (state ^ (state >> s30)) * mix1
                    state = (state ^ (state >> s27)) * mix2
                    state = state ^ (state >> s31)
                    first_draws[p] = np.int32(state >> s43)
                    second_draws[p] = np.int32((state >> s22) & low)
                    third_draws[p] = np.int32((state >> s1) & low)
                for t in range(3 * triple, min(3 * triple + 3, steps)):
                    line, drawn = out[t, n, begin : begin + length], draws[t - 3 * triple]
                    for p in range(length):
                        line[p] = size[p] if drawn[p] < limit[p] else none
