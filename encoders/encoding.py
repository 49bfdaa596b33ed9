"""Call any encoder in one way: inputs are checked, ids are passed on, and the train has the requested dtype."""

import inspect
from functools import cache
from typing import Any

import torch
from torch import Generator, Tensor

from encoders.admission import admit
from encoders.base import Encoder


def encode(
    encoder: Encoder,
    images: Tensor,
    timesteps: int,
    generator: Generator,
    ids: Tensor | None = None,
    dtype: torch.dtype = torch.float32,
) -> Tensor:
    """The spike train `[T, N, C', H', W']` of images `[N, C, H, W]` in [-1, 1], in `dtype`.

    ids: int64 `[N]`, the images' places in the data set; 0 … N−1 where None.
    An encoder whose `encode` has a parameter `dtype` writes that type directly and checks its own inputs. For any
    other one, images, timesteps and ids are checked here and its float32 train is cast. One without a parameter
    `ids` is called without them.
    In bfloat16 and float16, spikes of 0, ±1 and powers of two from 2^−14 are exact (`phase`, `burst` with its
    defaults, all binary and ternary codes); `ttfs`, `direct` and `burst` with other parameters are rounded.
    Raises EncoderError for inputs that no encoder takes, or where `timesteps` does not fit the code.
    """
    accepted = _parameters(type(encoder))
    optional: dict[str, Any] = {"ids": ids} if "ids" in accepted else {}
    if "dtype" in accepted:
        return encoder.encode(images, timesteps, generator, dtype=dtype, **optional)  # type: ignore[call-arg]
    admit(images, timesteps, ids)
    return encoder.encode(images, timesteps, generator, **optional).to(dtype)


@cache
def _parameters(kind: type) -> frozenset[str]:
    return frozenset(inspect.signature(kind.encode).parameters)  # type: ignore[attr-defined]
