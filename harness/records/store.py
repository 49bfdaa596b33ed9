"""The record store: paths of records, atomic writing, and checks on reading.

A record holds the digest of its other fields but the timings, so that an edit is noticed. A digest cannot show that
the values could have been computed: bounded types and `problem_of` refuse impossible ones.
"""

import base64
import binascii
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from harness.config import CellConfig, canonical_json
from harness.errors import HarnessError
from harness.machine.files import content_digest, read_regular, write_atomically
from harness.records.fingerprint import recipe_digest
from harness.schema import SCHEMA_VERSION, Evaluated, Record

Sealed = TypeVar("Sealed", bound=msgspec.Struct)
Read = TypeVar("Read")
RightBits = Mapping[int, npt.NDArray[np.bool_]]

LARGEST_JSON = 2**26  # bytes; of 100 timesteps, with the bits of 10,000 images at five of them, a record has 20 KiB


def digest_of(record: Record) -> str:
    """SHA-256 of a record without its digest and timings."""
    bare = msgspec.structs.replace(record, digest="", timings={}, schema_version=SCHEMA_VERSION)
    return content_digest(canonical_json(bare))


def seal(value: Sealed) -> Sealed:
    """`value` with the SHA-256 of all its other fields as its `digest`."""
    bare = msgspec.structs.replace(value, digest="")
    return msgspec.structs.replace(bare, digest=content_digest(canonical_json(bare)))


def write_json(path: Path, value: Any) -> Path:
    """Write `value` atomically as JSON with sorted keys, one per line, and return the path."""
    write_atomically(path, msgspec.json.format(canonical_json(value), indent=1) + b"\n")
    return path


def read_json(path: Path, kind: type[Read]) -> Read:
    """Decode a JSON file of at most LARGEST_JSON bytes. Raises ValueError for every fault."""
    try:
        return msgspec.json.decode(read_regular(path, LARGEST_JSON), type=kind)
    except (OSError, RecursionError) as error:  # errors of decoding are ValueErrors
        raise ValueError(str(error)) from None


def record_path(results: Path, config: CellConfig) -> Path:
    """The path of a cell's record: `<results>/<experiment>/<profile>/<arm>/seed-0003.json`."""
    return results / f"{config.experiment}/{config.profile}/{config.arm}/seed-{config.seed:04d}.json"


def seed_of(record: Path) -> int | None:
    """The seed in a record's file name; None if `record_path` makes no such name."""
    number = record.stem.removeprefix("seed-")
    seed = int(number) if number.isascii() and number.isdecimal() and len(number) < 11 else None
    return seed if seed is not None and record.name == f"seed-{seed:04d}.json" else None


def lock_path(record: Path) -> Path:
    """The path of a cell's lock: `.seed-0003.lock` beside `seed-0003.json`."""
    return record.with_name(f".{record.stem}.lock")


def checkpoints_beside(record: Path) -> list[Path]:
    """The checkpoints of an unfinished cell, one per stage: `.seed-0003.33dfc99b.checkpoint.training`."""
    return sorted(record.parent.glob(f".{record.stem}.*.checkpoint*"))


def write_record(results: Path, record: Record, path: Path | None = None) -> Path:
    """Write a record atomically and return its path. `path`: where it answers for an equal cell under another name.

    Raises OSError when the disk refuses, ValueError for a record that would not read back (NaN among its numbers).
    """
    path = path or record_path(results, record.config)
    try:
        # Encoded and decoded, because reading turns whole numbers in float fields into floats, and tuples into lists.
        read = msgspec.json.decode(canonical_json(record), type=Record)
        return write_json(path, msgspec.structs.replace(read, digest=digest_of(read), schema_version=SCHEMA_VERSION))
    except (TypeError, OverflowError, msgspec.MsgspecError) as error:
        raise ValueError(f"this cannot be a record: {error}") from error


_AGAIN = "name a record; or, if a run wrote it, delete it and run the cell again"


def read_record(path: Path) -> Record:
    """Read and check one record.

    Raises HarnessError if it is unreadable, of another schema, tampered with or impossible. A record answers every
    cell of its recipe; its experiment, profile and arm are those of the first.
    """
    try:
        record = read_json(path, Record)
        digest = digest_of(record)
    except (ValueError, OverflowError) as error:  # OverflowError: a number that JSON may hold and the digest may not
        raise HarnessError(f"{path}: not a readable record ({error})", _AGAIN) from None
    if record.schema_version != SCHEMA_VERSION:
        raise HarnessError(
            f"{path}: record of schema {record.schema_version}, this harness reads {SCHEMA_VERSION}",
            "run the cell again",
        )
    if record.digest != digest:
        raise HarnessError(f"{path}: tampered: content and digest disagree", "restore it or run the cell again")
    if problem := problem_of(record):
        raise HarnessError(f"{path}: refused: {problem}", "delete it and run the cell again")
    return record


def problem_of(record: Record) -> str:
    """Why a record is impossible although each value is within its bounds; empty if it is possible."""
    config = record.config
    if record.fingerprint.recipe != recipe_digest(config):
        return "its fingerprint is of another configuration"
    if (record.status == "failed") != (record.failure is not None):
        return "status and failure contradict each other"
    if record.status == "done" and record.curve is None:
        return "done, but without a curve"
    if not {f"{fraction:g}" for fraction in (config.snn.readings if config.snn else ())}.issuperset(record.on_the_way):
        return "readings on the way that its recipe does not have"
    if record.evaluations.keys() != (set(config.evaluations or ()) if record.status == "done" else set()):
        return "evaluations that its recipe does not have, or not all of them"
    curves = [c for c in (record.curve, record.balanced, record.sample_curve, *record.on_the_way.values()) if c]
    curves += [evaluated.curve for evaluated in record.evaluations.values()]
    if any(len(curve.correct) != config.timesteps for curve in curves):
        return "counts that are not one for each of its timesteps"
    counted = [(correct, curve.total) for curve in curves for correct in curve.correct]
    counted += [(epoch.correct, epoch.total) for epoch in (*record.ann_epochs, *record.epochs)]
    if any(correct > total for correct, total in counted):
        return "counts out of range"
    if (record.encoder_macs or 0) > (record.encoder_operations or 0):
        return "operations out of range"
    try:
        answers_in(record)
        for evaluated in record.evaluations.values():
            answers_in(evaluated)
    except ValueError as error:
        return str(error)
    return ""


def answers_in(tested: Record | Evaluated) -> RightBits:
    """For each timestep (from 1) with bits, [images] whether the answer is right.

    Raises ValueError if bits are unreadable or do not add up to the counts of the curve.
    """
    answers = {}
    for name, text in tested.right.items():
        curve, step = tested.curve, int(name)
        if curve is None or step > len(curve.correct):
            raise ValueError(f"bits of images at timestep {name}, which its curve does not have")
        try:
            packed = np.frombuffer(base64.b64decode(text, validate=True), dtype=np.uint8)
        except binascii.Error:
            raise ValueError(f"bits of images at timestep {name}: no base64") from None
        if packed.size != -(-curve.total // 8):
            raise ValueError(f"bits of images at timestep {name}: not one for each of {curve.total} images")
        bits = np.unpackbits(packed)
        if int(bits.sum()) != curve.correct[step - 1]:  # the last byte's unused bits are 0
            raise ValueError(f"bits of images at timestep {name}: not as many right ones as its curve says")
        answers[step] = bits[: curve.total].astype(np.bool_)
    return answers


def record_paths(folder: Path, levels: int = 3) -> list[Path]:
    """The paths of all records below `folder`, sorted.

    levels: the number of folders between `folder` and its records: 3 for a results folder (experiment, profile, arm),
    1 for a profile's folder, 0 for an arm's. Other files beside records have a dot in their stem and are left out.
    """
    return sorted(path for path in folder.glob("*/" * levels + "seed-*.json") if "." not in path.stem)
