"""Which test images a record answered rightly: one bit an image, at the timesteps that the record keeps."""

import base64
import binascii
from collections.abc import Mapping
from typing import Literal

import numpy as np
import numpy.typing as npt

from harness.schema import Record

Answers = Mapping[int, npt.NDArray[np.bool_]]
Fault = Literal["name", "timestep", "encoding", "length", "count"]


class WrongBits(ValueError):
    """The bits at `timestep`, as the record names it, cannot be right.

    `fault`: "name", no number; "timestep", none of the curve's; "encoding", no base64; "length", not one bit an image;
    "count", another number of right images than in the curve.
    """

    def __init__(self, timestep: str, fault: Fault) -> None:
        super().__init__(f"bits of images at timestep {timestep[:20]}: wrong {fault}")
        self.timestep, self.fault = timestep, fault


def answers_in(record: Record) -> Answers:
    """By timestep (from 1), [images] whether each is right; empty for a record without bits.

    Raises WrongBits where bits are unreadable or do not add up to the counts of the record's curve.
    """
    return dict(_bits(record, name, text) for name, text in record.right.items())


def _bits(record: Record, name: str, text: str) -> tuple[int, npt.NDArray[np.bool_]]:
    if not name.isdecimal():
        raise WrongBits(name, "name")
    curve, step = record.curve, int(name)
    if curve is None or not 1 <= step <= len(curve.correct):
        raise WrongBits(name, "timestep")
    try:
        packed = np.frombuffer(base64.b64decode(text, validate=True), dtype=np.uint8)
    except (binascii.Error, ValueError):
        raise WrongBits(name, "encoding") from None
    if packed.size != -(-curve.total // 8):
        raise WrongBits(name, "length")
    bits = np.unpackbits(packed)
    if int(bits.sum()) != curve.correct[step - 1]:  # the last byte's unused bits are 0
        raise WrongBits(name, "count")
    return step, bits[: curve.total].astype(np.bool_)
