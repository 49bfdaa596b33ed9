"""What the DCT encoder's parameters may be, and which images its blocks fit."""

import math
from typing import TYPE_CHECKING, Any

from torch import Tensor

from encoders.admission import whole_number
from encoders.colours import COLOURS
from encoders.errors import EncoderError

if TYPE_CHECKING:
    from encoders.dct import Dct

# The transform's matrix has block_size⁴ entries.
LARGEST_BLOCK = 32


def check(encoder: "Dct") -> None:
    """Raise EncoderError for the first parameter that is out of range; schedules check their own."""
    whole_number("block_size", encoder.block_size, 2, LARGEST_BLOCK)
    try:
        whole_number("stride", encoder.stride, 1, encoder.block_size)
    except EncoderError as error:
        raise EncoderError(f"{error} (block_size is {encoder.block_size})") from None
    whole_number("batch_size", encoder.batch_size, 1, 10**6)
    if encoder.frequencies is not None:
        whole_number("frequencies", encoder.frequencies, 1, encoder.block_size**2)
    _one_of("colour", encoder.colour, COLOURS)
    _one_of("threshold_scope", encoder.threshold_scope, ("dataset", "batch"))
    _one_of("order", encoder.order, ("zigzag", "energy"))
    _one_of("reset", encoder.reset, ("subtract", "none"))
    _one_of("frames", encoder.frames, ("code", "rgb"))
    if encoder.frames == "rgb" and encoder.colour in ("luma", "chroma"):
        raise EncoderError(f"frames 'rgb' have 3 channels, colour '{encoder.colour}' has fewer: use frames 'code'")
    if not 0 <= encoder.lower_percentile < encoder.upper_percentile <= 100:
        given = f"{encoder.lower_percentile} and {encoder.upper_percentile}"
        raise EncoderError(f"percentiles must satisfy 0 ≤ lower < upper ≤ 100, not {given}")
    _check_fitted(encoder)


def check_fit(encoder: "Dct", images: Tensor) -> None:
    """Raise EncoderError unless whole blocks cover images `[N, C, H, W]`."""
    height, width = images.shape[-2:]
    size, stride = encoder.block_size, encoder.stride
    for length in (height, width):
        if length < size or (length - size) % stride:
            raise EncoderError(f"blocks of {size} at stride {stride} do not fit a {height}×{width} image")


def _check_fitted(encoder: "Dct") -> None:
    if encoder.thresholds is not None and not _straddle(encoder.thresholds):
        raise EncoderError(f"thresholds must be (θ⁻, θ⁺), finite and θ⁻ < 0 < θ⁺, not {encoder.thresholds!r}")
    if encoder.ranking is not None and sorted(encoder.ranking) != list(range(encoder.block_size**2)):
        raise EncoderError(f"ranking must hold each frequency 0 to {encoder.block_size**2 - 1} once")


def _straddle(thresholds: Any) -> bool:
    if not isinstance(thresholds, tuple | list) or len(thresholds) != 2:
        return False
    lower, upper = thresholds
    return bool(-math.inf < lower < 0 < upper < math.inf)


def _one_of(name: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        *first, last = (f"'{word}'" for word in allowed)
        raise EncoderError(f"{name} must be {', '.join(first)} or {last}, not '{value}'")
