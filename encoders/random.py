"""Uniform random numbers by counter (SplitMix64, Steele et al. 2014): the n-th number is a function of key and n.

So a spike train can be drawn in one pass without a loop over time, its first t steps do not depend on T, and
every device draws the same numbers.
"""

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

_GOLDEN = 0x9E3779B97F4A7C15
_MIX1 = 0xBF58476D1CE4E5B9
_MIX2 = 0x94D049BB133111EB


def draw_key(generator: Generator) -> int:
    """A 63-bit key from a generator, which moves on by one draw."""
    return int(torch.randint(0, 2**63 - 1, (1,), generator=generator, device=generator.device).item())


def below(probability: Tensor, timesteps: int, key: int) -> Tensor:
    """`[T, …]` of 0 and 1: at each t, independently, 1 with the given probability `[…]` (float32 in [0, 1]).

    Number t·M + m of the stream `key` decides pixel m of M at timestep t.
    """
    if probability.device.type != "cpu":
        return below_reference(probability, timesteps, key)
    out = torch.empty(timesteps, *probability.shape)
    _below(probability.contiguous().view(-1).numpy(), np.uint64(key), out.view(timesteps, -1).numpy())
    return out


def below_reference(probability: Tensor, timesteps: int, key: int) -> Tensor:
    """What `below` computes, in torch's wrapping 64-bit integers, for any device."""
    count = timesteps * probability.numel()
    number = splitmix64(key, torch.arange(count, device=probability.device))
    uniform = (_shift(number, 40)).to(torch.float32) * 2.0**-24
    return (uniform.view(timesteps, *probability.shape) < probability).to(torch.float32)


def splitmix64(key: int, counter: Tensor) -> Tensor:
    """SplitMix64's output number `counter` (int64, from 0) for the seed `key`, as int64 bit patterns."""
    state = (counter + 1) * _signed(_GOLDEN) + _signed(key)
    state = (state ^ _shift(state, 30)) * _signed(_MIX1)
    state = (state ^ _shift(state, 27)) * _signed(_MIX2)
    return state ^ _shift(state, 31)


def _shift(bits: Tensor, places: int) -> Tensor:
    # torch has no unsigned shift: shift with sign, then mask the copies of the sign away.
    return (bits >> places) & ((1 << (64 - places)) - 1)


def _signed(number: int) -> int:
    return number - 2**64 if number >= 2**63 else number


@numba.njit(parallel=True, cache=True)
def _below(probability: NDArray[np.float32], key: np.uint64, out: NDArray[np.float32]) -> None:
    steps, pixels = out.shape
    golden, mix1, mix2 = np.uint64(_GOLDEN), np.uint64(_MIX1), np.uint64(_MIX2)
    s30, s27, s31, s40, one = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(40), np.uint64(1)
    for t in numba.prange(steps):
        line = out[t]
        first = np.uint64(t) * np.uint64(pixels) + one
        for p in range(pixels):
            state = (first + np.uint64(p)) * golden + key
            state = (state ^ (state >> s30)) * mix1
            state = (state ^ (state >> s27)) * mix2
            state = state ^ (state >> s31)
            uniform = np.float32(state >> s40) * np.float32(2.0**-24)
            line[p] = np.float32(1) if uniform < probability[p] else np.float32(0)
