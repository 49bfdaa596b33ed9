"""What an encoder is: the one protocol where plug-ins meet the harness, and the facts it declares of itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, Self, runtime_checkable

from torch import Generator, Tensor

from encoders.admission import admit_images, at_least_one_step
from encoders.errors import EncoderError

__all__ = [
    "Alphabet", "Decodes", "Encoder", "EncoderError", "EncoderInfo", "Operations", "Unfitted", "UnfittedIntensity",
    "at_least_one_step", "intensity",
]  # fmt: skip

Alphabet = Literal["binary", "ternary", "graded", "analog"]


@dataclass(frozen=True)
class EncoderInfo:
    """Facts about a code, checked by `encoders.conformance`.

    alphabet: values a spike train may take: binary {0, 1}, ternary {-1, 0, 1}, graded (finitely many sizes)
        or analog. After a graded or analog code the first layer multiplies.
    deterministic: the train does not depend on the generator.
    period: timesteps after which what is fed repeats; None where nothing repeats.
    value_range: least and greatest value in a spike train.
    source: paper, equation or section that defines the code.
    window: True where the code is laid out over all T steps, so that a T-step train does not begin with the
        shorter trains (no prefix property).
    batch_invariant: an image's train does not depend on its batch mates.
    group: images are coded in groups of so many, one after the other; 1 where they do not depend on each other.
    draws_by_id: a random code's draw for a pixel depends on the generator's seed, the image's id, the pixel and t
        only. False where the code draws for one batch after the other: its trains then depend on the batch size.
    resolution: greatest mean distance, over pixels, between frame and decoded train when T is long (see
        `encoders.laws.frames`). None where the train does not determine the frame, as when frequencies are left out.
    """

    alphabet: Alphabet
    deterministic: bool
    period: int | None
    value_range: tuple[float, float]
    source: str
    window: bool = False
    batch_invariant: bool = True
    group: int = 1
    draws_by_id: bool = True
    resolution: float | None = 0.1

    @property
    def multiplies(self) -> bool:
        """Whether the first layer multiplies instead of only adding."""
        return self.alphabet in ("graded", "analog")


@dataclass(frozen=True)
class Operations:
    """Arithmetic an encoder spends on one image, by what it costs in energy.

    macs: multiply-accumulates, a single product among them. additions: additions, subtractions and comparisons.
    `float` gives their sum.
    """

    macs: float = 0.0
    additions: float = 0.0

    def __float__(self) -> float:
        return float(self.macs + self.additions)

    @classmethod
    def of(cls, counted: "Operations | float") -> "Operations":
        """What `Encoder.operations` returned; a plain number counts as additions."""
        return counted if isinstance(counted, Operations) else cls(additions=float(counted))


class Encoder(Protocol):
    """Turns images into a spike train; knows nothing of training. Implementations are frozen dataclasses.

    Images are float32 `[N, C, H, W]` in [-1, 1] (pixel/127.5 − 1); `encoders.admission` checks them for all codes.
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
        """The analog image `[N, C', H', W']` that the code conveys, on which the ANN is trained.

        For a code of the intensity p = (x + 1)/2 this is p, not x.
        """
        ...

    def encode(self, images: Tensor, timesteps: int, generator: Generator, ids: Tensor | None = None) -> Tensor:
        """The float32 spike train `[T, N, C', H', W']` of images `[N, C, H, W]` in [-1, 1].

        ids: int64 `[N]`, the images' places in the data set, 0 … N−1 where None. A random code's draw for a pixel
            depends on `generator.initial_seed()`, the image's id, the pixel and t alone, so that batches of any
            size give equal trains. Hence the caller seeds one generator for each pass over the data (seed, use,
            epoch); with the same generator the same image gets the same draws again.
        Raises EncoderError where `timesteps` does not fit the code.

        An encoder may offer a sixth parameter `dtype` and write its train in that type (see `encoders.encoding`).
        """
        ...

    def state(self) -> Mapping[str, Any]:
        """Fitted statistics as JSON values, for the record."""
        ...

    def operations(self, shape: tuple[int, int, int], timesteps: int) -> Operations | float:
        """Arithmetic that the encoder itself spends on one image of shape (C, H, W); a number means additions."""
        ...


@runtime_checkable
class Decodes(Protocol):
    """An encoder that says how its train is read. Without `decode` a train stands for its mean over time."""

    def decode(self, train: Tensor) -> Tensor:
        """The frame `[N, C', H', W']` that the spike train `[T, N, C', H', W']` stands for."""
        ...


@dataclass(frozen=True)
class Unfitted:
    """What most codes share: nothing to fit, the image itself as frame, no state."""

    def calibrate(self, images: Tensor, generator: Generator) -> Self:  # noqa: ARG002
        """Nothing to fit: the encoder itself."""
        admit_images(images)
        return self

    def frame(self, images: Tensor) -> Tensor:
        """The image itself."""
        admit_images(images)
        return images

    def state(self) -> Mapping[str, Any]:
        """No fitted statistics."""
        return {}


@dataclass(frozen=True)
class UnfittedIntensity(Unfitted):
    """The same for codes of the intensity p."""

    def frame(self, images: Tensor) -> Tensor:
        """p = (x + 1)/2, in [0, 1]."""
        admit_images(images)
        return intensity(images)


def intensity(images: Tensor) -> Tensor:
    """p = (x + 1)/2 of images in [-1, 1]."""
    return (images + 1) / 2
