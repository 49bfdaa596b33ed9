"""What is computed from images without any training, or read from kept weights: beside the records, one file each."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from harness.config import ProfileName, canonical_json
from harness.errors import HarnessError
from harness.machine.files import write_atomically

FOLDER = "measurements"


class Measurement(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`value` of `quantity` in `unit`, over `images` images of a data set with that digest; `how` in a sentence.

    Where trained networks were read: the `profile` and `arm` of their records, and the SHA-256 of their `weights`.
    """

    quantity: str
    value: float
    unit: str
    dataset: str
    data: str
    images: int
    how: str
    profile: ProfileName | None = None
    arm: str = ""
    weights: tuple[str, ...] = ()


def write_measurement(results: Path, measurement: Measurement) -> Path:
    """Write a measurement below a results folder and return its path."""
    path = results / FOLDER / f"{measurement.quantity}.json"
    write_atomically(path, msgspec.json.format(canonical_json(measurement), indent=1) + b"\n")
    return path


def read_measurements(results: Path) -> tuple[Mapping[str, Measurement], tuple[str, ...]]:
    """Measurements by quantity, and what is wrong with files that are none. Never raises on a bad one."""
    found, problems = {}, []
    for path in sorted((results / FOLDER).glob("*.json")):
        try:
            found[path.stem] = _read(path)
        except HarnessError as error:
            problems.append(str(error))
    return found, tuple(problems)


def _read(path: Path) -> Measurement:
    try:
        measurement = msgspec.json.decode(path.read_bytes(), type=Measurement)
    except (OSError, ValueError, RecursionError) as error:
        raise HarnessError(f"{path}: not a readable measurement ({error})", "restore it or measure again") from None
    if measurement.quantity != path.stem:
        raise HarnessError(f"{path}: refused: this is the measurement of {measurement.quantity}", "move it back")
    return measurement
