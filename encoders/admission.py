"""What may enter an encoder: one check of images, timesteps and ids, the same for all codes."""

import math
from numbers import Integral, Real
from typing import Any

import torch
from torch import Tensor

from encoders.errors import EncoderError

# Pixels are whole 255ths: a value this far outside [-1, 1] is no rounding error of them.
TOLERANCE = 1e-4
MOST_TIMESTEPS = 1_000_000


def admit(images: Tensor, timesteps: int, ids: Tensor | None = None) -> None:  # decides no number
    """Raise EncoderError unless images, timesteps and ids are what `Encoder.encode` asks for."""
    admit_images(images)
    at_least_one_step(timesteps)
    admit_ids(ids, len(images))


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
        raise EncoderError(f"images must hold at least one image of at least one pixel, not shape {_sizes(images)}")
    if images.device.type != "cpu":
        return
    least, greatest = (bound.item() for bound in torch.aminmax(images.detach()))
    # NaN fails every comparison, and infinity this one.
    if not (least >= -1 - TOLERANCE and greatest <= 1 + TOLERANCE):
        raise EncoderError(f"pixels must be finite and in [-1, 1], not {_range(images, least, greatest)}")


def admit_ids(ids: Tensor | None, count: int) -> None:  # decides no number
    """Raise EncoderError unless `ids` is None or an int64 tensor of `count` places."""
    if ids is None:
        return
    if not isinstance(ids, Tensor) or ids.dtype != torch.int64 or ids.shape != (count,):
        given = f"{_short(ids.dtype)} {_sizes(ids)}" if isinstance(ids, Tensor) else f"a {type(ids).__name__}"
        raise EncoderError(f"ids must be an int64 tensor [{count}], one place in the data set an image, not {given}")


def at_least_one_step(timesteps: int) -> None:  # decides no number
    """Raise EncoderError unless `timesteps` is a whole number of at least 1."""
    whole_number("timesteps", timesteps, 1, MOST_TIMESTEPS)


def whole_number(name: str, value: Any, least: int, most: int) -> None:  # decides no number
    """Raise EncoderError unless `value` is a whole number (True is none) from `least` to `most`."""
    number: Any = value if isinstance(value, Integral) and not isinstance(value, bool) else math.nan
    if not least <= number <= most:
        raise EncoderError(f"{name} must be a whole number from {least} to {most}, not {value!r}")


def finite_number(name: str, value: Any, above: float, most: float) -> None:
    """Raise EncoderError unless `value` is a number above `above` and at most `most`; NaN is neither."""
    number: Any = value if isinstance(value, Real) and not isinstance(value, bool) else math.nan
    if not above < number <= most:
        raise EncoderError(f"{name} must be a number above {above:g} and at most {most:g}, not {value!r}")


def _range(images: Tensor, least: float, greatest: float) -> str:
    if bool(images.isnan().any()):
        return "NaN"
    return f"values from {least:g} to {greatest:g}"


def _short(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _sizes(tensor: Tensor) -> str:
    return str(tuple(tensor.shape))
