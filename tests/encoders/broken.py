"""A correct encoder, and ways to make others of it that each break one law."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Generator, Tensor

from encoders.base import EncoderInfo, Operations, Unfitted

INFO = EncoderInfo("ternary", True, 1, (-1.0, 1.0), "a test")
RANDOM = replace(INFO, deterministic=False, period=None)

Train = Callable[[Tensor, int, int, Tensor | None], Tensor]


def sign(images: Tensor, timesteps: int) -> Tensor:
    return images.sign().expand(timesteps, *images.shape)


@dataclass(frozen=True)
class Sign(Unfitted):
    """A correct code to break: the sign of the image at every step."""

    declared: EncoderInfo = INFO

    @property
    def info(self) -> EncoderInfo:
        return self.declared

    def frame(self, images: Tensor) -> Tensor:
        return images.sign()

    def encode(self, images: Tensor, timesteps: int, key: int, ids: Tensor | None = None) -> Tensor:
        return sign(images, timesteps)

    def operations(self, shape: tuple[int, int, int], timesteps: int) -> Operations | float:
        return 1.0


def declaring(**facts: Any) -> Sign:
    return Sign(replace(INFO, **facts))


def broken(info: EncoderInfo = INFO, **methods: Callable[..., Any]) -> Sign:
    made: Sign = type("Broken", (Sign,), methods)(info)
    return made


def sending(train: Train, info: EncoderInfo = INFO, **methods: Callable[..., Any]) -> Sign:
    """A `Sign` that sends `train(images, timesteps, key, ids)`."""

    def encode(_: Sign, images: Tensor, timesteps: int, key: int, ids: Tensor | None = None) -> Tensor:
        return train(images, timesteps, key, ids)

    return broken(info, encode=encode, **methods)


def drawn(draws: Tensor, images: Tensor) -> Tensor:
    """Signed spikes where a uniform draw is below the pixel's size."""
    return (draws < images.abs()) * images.sign()


def drawn_at_once(images: Tensor, timesteps: int, key: int, _: Tensor | None) -> Tensor:
    """A random train whose draws belong to the places in the batch."""
    return drawn(torch.rand(timesteps, *images.shape, generator=Generator().manual_seed(key)), images)
