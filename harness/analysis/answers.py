"""Which test images a record answered rightly: one bit an image, at the timesteps that the record keeps."""

import base64
import binascii
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from harness.errors import HarnessError
from harness.schema import Record

Answers = Mapping[int, npt.NDArray[np.bool_]]


def answers_of(record: Record) -> Answers:
    """By timestep, [images] whether each is right; empty for a record that keeps counts alone.

    Raises HarnessError where the bits are unreadable, or do not add up to the counts of the record's curve.
    """
    if record.curve is None:
        return {}
    found = {}
    for timestep, text in record.right.items():
        bits = _bits(timestep, text, record.curve.total)
        step = int(timestep)
        if not 1 <= step <= len(record.curve.correct) or int(bits.sum()) != record.curve.correct[step - 1]:
            raise HarnessError(f"the answers at timestep {timestep} and the counts of the curve disagree")
        found[step] = bits
    return found


def _bits(timestep: str, text: str, images: int) -> npt.NDArray[np.bool_]:
    try:
        packed = np.frombuffer(base64.b64decode(text, validate=True), dtype=np.uint8)
    except (binascii.Error, ValueError):
        raise HarnessError(f"the answers at timestep {timestep} are no base64") from None
    if not timestep.isdecimal() or packed.size != -(-images // 8):
        raise HarnessError(f"the answers at timestep {timestep} are not one bit for each of {images} images")
    return np.unpackbits(packed, count=images).astype(np.bool_)
