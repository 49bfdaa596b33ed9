"""A correct encoder, to be broken one law at a time."""

# ruff: noqa: ARG002 - these encoders keep the protocol's arguments, used or not

from dataclasses import dataclass, replace
from typing import Any

from torch import Generator, Tensor

from encoders.base import EncoderInfo, Operations, Unfitted

INFO = EncoderInfo("ternary", True, 1, (-1.0, 1.0), "a test")


@dataclass(frozen=True)
class Sign(Unfitted):
    """A correct code to break: the sign of the image at every step."""

    declared: EncoderInfo = INFO

    @property
    def info(self) -> EncoderInfo:
        return self.declared

    def frame(self, images: Tensor) -> Tensor:
        return images.sign()

    def encode(self, images: Tensor, timesteps: int, generator: Generator, ids: Tensor | None = None) -> Tensor:
        return images.sign().expand(timesteps, *images.shape)

    def operations(self, shape: tuple[int, int, int], timesteps: int) -> Operations | float:
        return 1.0


def declaring(**facts: Any) -> Sign:
    return Sign(replace(INFO, **facts))
