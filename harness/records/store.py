"""The record store: where records lie, how they are written once and atomically, and what is refused on reading.

A record carries its own digest (timings apart), so an edited one is noticed.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from harness.config import CellConfig, canonical_json
from harness.errors import HarnessError
from harness.machine.files import write_atomically
from harness.schema import SCHEMA_VERSION, Counts, Epoch, Failure, Fingerprint, LayerActivity, Record

__all__ = [
    "SCHEMA_VERSION",
    "Counts",
    "Epoch",
    "Failure",
    "Fingerprint",
    "LayerActivity",
    "Record",
    "checkpoints_beside",
    "companion_paths",
    "digest_of",
    "read_record",
    "record_path",
    "record_paths",
    "write_record",
]


def digest_of(record: Record) -> str:
    """SHA-256 of a record without its digest and timings."""
    bare = msgspec.structs.replace(record, digest="", timings={}, schema_version=SCHEMA_VERSION)
    return hashlib.sha256(canonical_json(bare)).hexdigest()


def record_path(results: Path, config: CellConfig) -> Path:
    """Where a cell's record lies: `<results>/<experiment>/<profile>/<arm>/seed-0003.json`."""
    return results / config.experiment / config.profile / config.arm / f"seed-{config.seed:04d}.json"


def lock_path(record: Path) -> Path:
    """Where the lock of the cell with that record lies: `.seed-0003.lock` for `seed-0003.json`."""
    return record.with_name(f".{record.stem}.lock")


def checkpoints_beside(record: Path) -> list[Path]:
    """The files of the unfinished cell with that record, one a stage: `.seed-0003.33dfc99b.checkpoint.training`."""
    return sorted(record.parent.glob(f".{record.stem}.*.checkpoint*"))


def write_record(results: Path, record: Record) -> Path:
    """Write a record atomically and return its path.

    Raises OSError when the disk refuses, ValueError for a record that would not read back (NaN among its numbers).
    """
    path = record_path(results, record.config)
    try:
        sealed = msgspec.structs.replace(record, digest=digest_of(record), schema_version=SCHEMA_VERSION)
        content = msgspec.json.format(canonical_json(sealed), indent=1) + b"\n"
        again = msgspec.json.decode(content, type=Record)
    except (TypeError, OverflowError, msgspec.MsgspecError) as error:
        raise ValueError(f"this cannot be a record: {error}") from error
    if digest_of(again) != sealed.digest:
        raise ValueError("this cannot be a record: it reads back as another")
    write_atomically(path, content)
    return path


def read_record(path: Path) -> Record:
    """Read and check one record.

    Raises HarnessError naming the file when it is unreadable, of another schema, or tampered with. The names of
    experiment, profile and arm in it tell who asked first; it answers every cell of its recipe.
    """
    try:
        if not path.is_file():  # a pipe would keep us waiting for ever
            raise OSError("no such file" if not path.exists() else "not a file")
        record = msgspec.json.decode(path.read_bytes(), type=Record)
        digest = digest_of(record)
    except (OSError, ValueError, OverflowError, RecursionError) as error:
        # Errors of decoding are ValueErrors; OverflowError is a number that JSON may hold and the digest may not.
        raise HarnessError(f"{path}: not a readable record ({error})", "delete it and run the cell again") from None
    if record.schema_version != SCHEMA_VERSION:
        raise HarnessError(
            f"{path}: record of schema {record.schema_version}, this harness reads {SCHEMA_VERSION}",
            "run the cell again",
        )
    if record.digest != digest:
        raise HarnessError(f"{path}: tampered: content and digest disagree", "restore it or run the cell again")
    return record


def record_paths(folder: Path, levels: int = 3) -> list[Path]:
    """Every file that lies where a record would, in a stable order.

    levels: how many folders lie between `folder` and its records: 3 under a results folder (experiment, profile, arm),
    1 under a profile's folder, 0 in an arm's. What lies beside records has a dot in its stem and is left out.
    """
    return sorted(path for path in folder.glob("*/" * levels + "seed-*.json") if "." not in path.stem)


def companion_paths(results: Path) -> Iterator[Path]:
    """What lies beside records: their weights and verifications (`seed-0003.verified-snntorch.json`)."""
    for pattern in ("seed-*.safetensors", "seed-*.verified-*.json"):
        yield from results.glob(f"*/*/*/{pattern}")
