"""The protocol of encoders, the facts that an encoder declares, one call for all encoders, and checks of its inputs."""

import inspect
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from numbers import Integral, Real
from typing import Any, Literal, Protocol, Self, runtime_checkable

import torch
from numpy.typing import NDArray
from torch import Tensor

from encoders.errors import EncoderError as EncoderError

Alphabet = Literal["binary", "ternary", "graded", "analog"]


@dataclass(frozen=True)
class EncoderInfo:
    """Facts about a code, checked by `encoders.laws`.

    alphabet: values a spike train may take: binary {0, 1}, ternary {-1, 0, 1}, graded (finitely many sizes)
        or analog. After a graded or analog code the first layer multiplies.
    deterministic: the train does not depend on the key.
    period: timesteps after which what is fed repeats; None if nothing repeats.
    value_range: least and greatest value in a spike train.
    source: paper, equation or section that defines the code.
    window: True if the code is laid out over all T steps, so that a T-step train does not begin with the shorter
        trains (no prefix property).
    batch_invariant: an image's train does not depend on the other images of its batch.
    group: images are coded in groups of this size, one after the other; 1 if they do not depend on each other.
    draws_by_id: a random code's draw for a pixel depends on the key, the image's id, the pixel and t only. False if
        the code draws for a whole batch at once: its trains then depend on the batch size.
    resolution: greatest mean distance, over pixels, between frame and decoded train when T is long (see
        `encoders.laws.frame_is_conveyed`). None if the train does not determine the frame, as when frequencies are
        left out.
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
        """The `Operations` that `Encoder.operations` returned; a plain number means additions."""
        return counted if isinstance(counted, Operations) else cls(additions=float(counted))


class Encoder(Protocol):
    """Turns images into a spike train; knows nothing of training. Implementations are frozen dataclasses.

    Images are float32 `[N, C, H, W]` in [-1, 1] (pixel/127.5 − 1). `encoders.laws` holds the laws of every encoder.
    """

    @property
    def info(self) -> EncoderInfo:
        """The facts about this code with these parameters."""
        ...

    def calibrate(self, images: Tensor) -> Self:
        """A new encoder with its data-set statistics fitted to training images `[N, C, H, W]` in [-1, 1]."""
        ...

    def frame(self, images: Tensor) -> Tensor:
        """The analog image `[N, C', H', W']` that the code conveys, on which the ANN is trained.

        For a code of the intensity p = (x + 1)/2 this is p, not x.
        """
        ...

    def encode(self, images: Tensor, timesteps: int, key: int, ids: Tensor | None = None) -> Tensor:
        """The float32 spike train `[T, N, C', H', W']` of images `[N, C, H, W]` in [-1, 1].

        key: 0 ≤ key < 2⁶⁴, the seed of all draws; a deterministic code ignores it. The harness makes one key for each
            pass over the data (from the cell's seed, the use and the epoch).
        ids: int64 `[N]`, the images' places in the data set, 0 … N−1 if None. A random code's draw for a pixel is a
            function of key, id, pixel and t (`encoders.draws.uniform`), so that batches of any size give equal trains,
            and so does every device.
        Raises EncoderError if `timesteps` does not fit the code.

        An encoder may offer a further parameter `dtype` and write its train in that type (see `encode` below).
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
    """Base of codes that fit nothing: the frame is the image itself, and the state is empty."""

    def calibrate(self, images: Tensor) -> Self:
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
    """Base of codes of the intensity p that fit nothing."""

    def frame(self, images: Tensor) -> Tensor:
        """p = (x + 1)/2, in [0, 1]."""
        admit_images(images)
        return intensity(images)


def intensity(images: Tensor) -> Tensor:
    """p = (x + 1)/2 of images in [-1, 1]."""
    return (images + 1) / 2


def encode(
    encoder: Encoder,
    images: Tensor,
    timesteps: int,
    key: int,
    ids: Tensor | None = None,
    dtype: torch.dtype = torch.float32,
) -> Tensor:
    """The spike train `[T, N, C', H', W']` of any encoder in `dtype`; the arguments are those of `Encoder.encode`.

    An encoder whose `encode` has a parameter `dtype` writes that type directly and checks its own inputs. For any
    other one the inputs are checked here and its float32 train is cast. One without a parameter `ids` is called
    without them.
    In bfloat16 and float16, spikes of 0, ±1 and powers of two from 2^−14 are exact (`phase`, `burst` with its
    defaults, all binary and ternary codes); `ttfs`, `direct` and `burst` with other parameters are rounded.
    Raises EncoderError for inputs that no encoder takes, or if `timesteps` does not fit the code.
    """
    accepted = _parameters(type(encoder))
    optional: dict[str, Any] = {"ids": ids} if "ids" in accepted else {}
    if "dtype" in accepted:
        return encoder.encode(images, timesteps, key, dtype=dtype, **optional)  # type: ignore[call-arg]
    admit(images, timesteps, key, ids)
    return encoder.encode(images, timesteps, key, **optional).to(dtype)


@cache
def _parameters(kind: type) -> frozenset[str]:
    return frozenset(inspect.signature(kind.encode).parameters)  # type: ignore[attr-defined]


def bits(values: Tensor) -> NDArray[Any]:
    """The memory of a contiguous CPU tensor of floats, seen as integers of the same size. Zero is 0.

    Numba has no bfloat16, and a kernel that only copies a spike's bit pattern needs none.
    """
    whole = {2: torch.int16, 4: torch.int32, 8: torch.int64}
    return values.view(whole[values.element_size()]).numpy()


# Checks of images, timesteps, key and ids, the same for all codes.

# Pixels are whole 255ths: a value this far outside [-1, 1] is no rounding error of them.
TOLERANCE = 1e-4
MOST_TIMESTEPS = 1_000_000


def admit(images: Tensor, timesteps: int, key: int, ids: Tensor | None = None) -> None:  # decides no number
    """Raise EncoderError unless the arguments are what `Encoder.encode` asks for."""
    admit_images(images)
    at_least_one_step(timesteps)
    whole_number("key", key, 0, 2**64 - 1)
    count = len(images)
    if ids is not None and (not isinstance(ids, Tensor) or ids.dtype != torch.int64 or ids.shape != (count,)):
        given = f"{_short(ids.dtype)} {tuple(ids.shape)}" if isinstance(ids, Tensor) else f"a {type(ids).__name__}"
        raise EncoderError(f"ids must be an int64 tensor [{count}], each image's place in the data set, not {given}")


def admit_images(images: Tensor) -> None:  # decides no number
    """Raise EncoderError unless images are float32 `[N, C, H, W]`, not empty, each pixel in [-1, 1].

    Pixels on a GPU are not read, since every read waits for all the work queued there.
    """
    if not isinstance(images, Tensor) or images.dim() != 4:
        shape = f"shape {tuple(images.shape)}" if isinstance(images, Tensor) else f"a {type(images).__name__}"
        raise EncoderError(f"images must be a tensor [N, C, H, W] with four dimensions, not {shape}")
    if images.dtype != torch.float32:
        raise EncoderError(f"images must be float32 in [-1, 1] (pixel / 127.5 - 1), not {_short(images.dtype)}")
    if not images.numel():
        raise EncoderError(
            f"images must hold at least one image of at least one pixel, not shape {tuple(images.shape)}"
        )
    if images.device.type != "cpu":
        return
    least, greatest = (bound.item() for bound in torch.aminmax(images.detach()))
    # NaN fails every comparison, and infinity this one.
    if not (least >= -1 - TOLERANCE and greatest <= 1 + TOLERANCE):
        held = "NaN" if bool(images.isnan().any()) else f"values from {least:g} to {greatest:g}"
        raise EncoderError(f"pixels must be finite and in [-1, 1], not {held}")


def at_least_one_step(timesteps: int) -> None:  # decides no number
    """Raise EncoderError unless `timesteps` is a whole number of at least 1."""
    whole_number("timesteps", timesteps, 1, MOST_TIMESTEPS)


def whole_number(name: str, value: Any, least: int, most: int) -> None:  # decides no number
    """Raise EncoderError unless `value` is a whole number (True is none) from `least` to `most`."""
    number: Any = value if isinstance(value, Integral) and not isinstance(value, bool) else math.nan
    if not least <= number <= most:
        raise EncoderError(f"{name} must be a whole number from {least} to {most}, not {value!r}")


def finite_number(name: str, value: Any, above: float, most: float) -> None:  # decides no number
    """Raise EncoderError unless `value` is a number above `above` and at most `most`; NaN is neither."""
    number: Any = value if isinstance(value, Real) and not isinstance(value, bool) else math.nan
    if not above < number <= most:
        raise EncoderError(f"{name} must be a number above {above:g} and at most {most:g}, not {value!r}")


def _short(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
