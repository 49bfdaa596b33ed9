"""Call any encoder in one way: inputs are checked, ids are passed on, and the train has the requested dtype."""

import inspect
from functools import cache
from typing import Any, NamedTuple

import torch
from torch import Generator, Tensor

from encoders.admission import admit
from encoders.base import Encoder


class Batch(NamedTuple):
    """Images `[N, C, H, W]` in [-1, 1] and their places in the data set, int64 `[N]`; 0 … N−1 where None."""

    images: Tensor
    ids: Tensor | None = None


def encode(
    encoder: Encoder,
    batch: Batch,
    timesteps: int,
    generator: Generator,
    dtype: torch.dtype = torch.float32,
) -> Tensor:
    """The spike train `[T, N, C', H', W']` of a batch, in `dtype`.

    An encoder whose `encode` has a parameter `dtype` writes that type directly and checks its own inputs. For any
    other one, images, timesteps and ids are checked here and its float32 train is cast. One without a parameter
    `ids` is called without them.
    In bfloat16 and float16, spikes of 0, ±1 and powers of two from 2^−14 are exact (`phase`, `burst` with its
    defaults, all binary and ternary codes); `ttfs`, `direct` and `burst` with other parameters are rounded.
    Raises EncoderError for inputs that no encoder takes, or where `timesteps` does not fit the code.
    """
    images, ids = batch
    accepted = _parameters(type(encoder))
    optional: dict[str, Any] = {"ids": ids} if "ids" in accepted else {}
    if "dtype" in accepted:
        return encoder.encode(images, timesteps, generator, dtype=dtype, **optional)  # type: ignore[call-arg]
    admit(images, timesteps, ids)
    return encoder.encode(images, timesteps, generator, **optional).to(dtype)


@cache
def _parameters(kind: type) -> frozenset[str]:
    return frozenset(inspect.signature(kind.encode).parameters)  # type: ignore[attr-defined]
