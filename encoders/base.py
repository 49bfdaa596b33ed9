"""What an encoder is: the one protocol where plug-ins meet the harness, and the facts it declares of itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, Self

from torch import Generator, Tensor

from encoders.errors import EncoderError

__all__ = ["Alphabet", "Encoder", "EncoderError", "EncoderInfo", "Unfitted", "at_least_one_step"]

Alphabet = Literal["binary", "ternary", "graded", "analog"]


@dataclass(frozen=True)
class EncoderInfo:
    """Facts about a code, checked by `encoders.conformance`.

    alphabet: values a spike train may take: binary {0, 1}, ternary {-1, 0, 1}, graded (finitely many sizes)
        or analog. After a graded or analog code the first layer multiplies.
    deterministic: the train does not depend on the generator.
    period: timesteps after which what is fed repeats; None where nothing repeats.
    value_range: least and greatest value in a spike train.
    window: True where the code is laid out over all T steps, so that a T-step train does not begin with the
        shorter trains (no prefix property).
    batch_invariant: an image's train does not depend on its batch mates.
    source: paper, equation or section that defines the code.
    """

    alphabet: Alphabet
    deterministic: bool
    period: int | None
    value_range: tuple[float, float]
    source: str
    window: bool = False
    batch_invariant: bool = True

    @property
    def multiplies(self) -> bool:
        """Whether the first layer multiplies instead of only adding."""
        return self.alphabet in ("graded", "analog")


class Encoder(Protocol):
    """Turns images into a spike train; knows nothing of training. Implementations are frozen dataclasses.

    The laws that every encoder keeps are those of `encoders.conformance`. A generator is a CPU generator even
    where the images are elsewhere, so that every device draws the same numbers.
    """

    @property
    def info(self) -> EncoderInfo:
        """The facts about this code with these parameters."""
        ...

    def calibrate(self, images: Tensor, generator: Generator) -> Self:
        """A new encoder with its data-set statistics fitted to training images `[N, C, H, W]` in [-1, 1]."""
        ...

    def frame(self, images: Tensor) -> Tensor:
        """The analog image `[N, C', H', W']` that the code stands for: what an ANN in the SNN's place sees.

        The identity unless the code changes colour space or lays out overlapping blocks.
        """
        ...

    def encode(self, images: Tensor, timesteps: int, generator: Generator) -> Tensor:
        """The spike train `[T, N, C', H', W']` of images `[N, C, H, W]` in [-1, 1].

        Raises EncoderError where `timesteps` does not fit the code.
        """
        ...

    def state(self) -> Mapping[str, Any]:
        """Fitted statistics as JSON values, for the record."""
        ...

    def operations(self, shape: tuple[int, int, int], timesteps: int) -> float:
        """Arithmetic operations the encoder itself spends on one image of shape (C, H, W)."""
        ...


@dataclass(frozen=True)
class Unfitted:
    """What most codes share: nothing to fit, the image itself as frame, no state."""

    def calibrate(self, images: Tensor, generator: Generator) -> Self:  # noqa: ARG002
        """Nothing to fit: the encoder itself."""
        return self

    def frame(self, images: Tensor) -> Tensor:
        """The image itself."""
        return images

    def state(self) -> Mapping[str, Any]:
        """No fitted statistics."""
        return {}


def at_least_one_step(timesteps: int) -> None:
    """Raise EncoderError unless `timesteps` is at least 1."""
    if timesteps < 1:
        raise EncoderError(f"timesteps must be at least 1, not {timesteps}")
