"""Records: the JSON file that one finished or failed cell leaves behind, and the store they lie in.

A record is written once, atomically, and carries its own digest (timings apart), so an edited one is noticed.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec

from harness.config import CellConfig, canonical_json
from harness.errors import HarnessError

SCHEMA_VERSION = 1


class Counts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`correct[t]` of `total` test images are classified rightly after t + 1 timesteps."""

    correct: list[int]
    total: int


class Epoch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One epoch of training: mean loss, and the final-timestep test result after it."""

    loss: float
    correct: int
    total: int


class LayerActivity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Operations of one weighted layer for one image, measured on the test set (§4, eq. 13).

    `macs`: multiply-accumulates of the ANN; `accumulates`: additions of the SNN over all timesteps, each
    caused by one measured non-zero input; `multiplies`: True where the input is not spikes but graded values;
    `neurons` and `spikes`: of the layer's own output, summed over timesteps (None for the output layer).
    """

    name: str
    macs: int
    accumulates: float
    multiplies: bool
    neurons: int
    spikes: float | None


class Fingerprint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """SHA-256 over the configuration, the data digest and the source of the modules a cell depends on."""

    digest: str
    config: str
    data: str
    modules: dict[str, str]


class Failure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a cell failed: one line, and the traceback for whoever mends it."""

    reason: str
    traceback: str


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything one cell computed. Integer counts, never percentages."""

    config: CellConfig
    fingerprint: Fingerprint
    status: Literal["done", "failed"]
    environment: dict[str, str]
    timings: dict[str, float]
    encoder_state: dict[str, Any] = {}
    encoder_operations: float | None = None
    thresholds: list[float] = []
    ann_epochs: list[Epoch] = []
    balanced: Counts | None = None
    epochs: list[Epoch] = []
    curve: Counts | None = None
    layers: list[LayerActivity] = []
    failure: Failure | None = None
    schema_version: int = SCHEMA_VERSION
    digest: str = ""


def digest_of(record: Record) -> str:
    """SHA-256 of a record without its digest and timings."""
    bare = msgspec.structs.replace(record, digest="", timings={})
    return hashlib.sha256(canonical_json(bare)).hexdigest()


def record_path(results: Path, config: CellConfig) -> Path:
    """Where a cell's record lies: `<results>/<experiment>/<profile>/<arm>/seed-0003.json`."""
    return results / config.experiment / config.profile / config.arm / f"seed-{config.seed:04d}.json"


def write_record(results: Path, record: Record) -> Path:
    """Write a record atomically and return its path. Raises OSError when the disk refuses."""
    path = record_path(results, record.config)
    sealed = msgspec.structs.replace(record, digest=digest_of(record))
    write_atomically(path, msgspec.json.format(canonical_json(sealed), indent=1) + b"\n")
    return path


def write_atomically(path: Path, content: bytes) -> None:
    """Replace `path` by `content` in one step: a reader sees the old file or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def read_record(path: Path) -> Record:
    """Read and check one record.

    Raises HarnessError naming the file when it is unreadable, of another schema, tampered with, or in a
    place that its own configuration does not name (a smoke record moved among paper records, say).
    """
    try:
        record = msgspec.json.decode(path.read_bytes(), type=Record)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise HarnessError(
            f"{path}: not a readable record ({error})", "delete it and run the cell again"
        ) from None
    if record.schema_version != SCHEMA_VERSION:
        raise HarnessError(
            f"{path}: record of schema {record.schema_version}, this harness reads {SCHEMA_VERSION}",
            "run the cell again",
        )
    if record.digest != digest_of(record):
        raise HarnessError(f"{path}: tampered: content and digest disagree", "restore it or run the cell again")
    config = record.config
    expected = Path(config.experiment, config.profile, config.arm, f"seed-{config.seed:04d}.json")
    if path.parts[-4:] != expected.parts:
        raise HarnessError(f"{path}: refused: this is the record of {expected}", "move it back")
    return record


def record_paths(results: Path) -> Iterator[Path]:
    """Every file that lies where a record would, in a stable order."""
    yield from sorted(results.glob("*/*/*/seed-*.json"))
