"""`harness verify`: train the cell of a record again, from nothing, and say whether the same comes out."""

import os
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from encoders.errors import EncoderError
from harness.analysis.apart import gap, seeds_apart
from harness.config import canonical_json
from harness.data import load
from harness.data.types import DataSet
from harness.errors import HarnessError
from harness.machine.process import computing_with
from harness.records.fingerprint import fingerprint
from harness.records.retrainings import EARLIER_CODE, IDENTICAL, Verdict
from harness.records.seeds import finished_seeds
from harness.records.store import read_record
from harness.records.twins import TRAINED_AS
from harness.runs.cost import Cost
from harness.runs.estimate import cost_of
from harness.runs.grid import Grid, compute
from harness.runs.plan import PlannedCell
from harness.runs.predict import failures_as_errors
from harness.runs.sealing import as_read
from harness.runs.verification import Verification
from harness.schema import Record
from harness.snn.kernels import Kernel
from harness.training.cell import Setting
from harness.training.checkpoint import SILENT, Watch

# What a record holds beside what was computed.
CIRCUMSTANCES = ("fingerprint", "environment", "timings", "digest", "threads", "machine", "weights", "schema_version")
# Results that records did not hold from the beginning.
LATER = ("sample_curve", "right", "on_the_way", "encoder_macs")


@dataclass(frozen=True)
class ToVerify:
    """A record that is to come out again, its data, and what it is expected to cost; None for a failed one."""

    path: Path
    record: Record
    data: DataSet
    cost: Cost | None = None


def find(name: str, results: Path) -> Path:
    """The record called `name`: a path, or EXPERIMENT/PROFILE/ARM/SEED in the folder `results`."""
    if os.path.isfile(name):
        return Path(name)
    parts = name.strip("/").split("/")
    seed = re.fullmatch(r"(?:seed-)?(\d{1,9})(?:\.json)?", parts[-1])
    path = results.joinpath(*parts[:-1], f"seed-{int(seed[1]):04d}.json") if seed and len(parts) == 4 else None
    if path is None or not os.path.isfile(path):
        raise HarnessError(
            f"no record {path or name}",
            "name its file, or EXPERIMENT/PROFILE/ARM/SEED in --results-dir (committed: results/evidence)",
        )
    return path


def to_verify(path: Path, data_dir: Path | None = None) -> ToVerify:
    """The record at `path` and the data it was computed on.

    Raises HarnessError for a record that does not read, and for a data set that is not there or another.
    """
    record = read_record(path.resolve())
    data = recorded_data(record, data_dir)
    if record.status != "done":
        return ToVerify(path, record, data)
    device = recorded_device(record)
    with recorded_threads(record), failures_as_errors():
        cost = cost_of(record.config, data, Setting(device, recorded_kernel(record, device)))
    return ToVerify(path, record, data, cost)


def verify(given: ToVerify, watch: Watch = SILENT) -> Verification:
    """Train the cell again, without cache or checkpoint, and compare.

    What is not identical is set beside the other seeds of the arm: they say how far two trainings of it may be apart.
    """
    before = given.record
    device = recorded_device(before)
    with recorded_threads(before):
        after = _again(given, Setting(device, recorded_kernel(before, device), watch=watch))
    found = compare(str(given.path), before, after)
    if found.verdict == IDENTICAL:
        return found
    said = seeds_apart([curve for _, curve in finished_seeds(given.path, before)])
    return replace(found, notes=(*found.notes, f"the arm's {said}")) if said else found


def recorded_data(record: Record, data_dir: Path | None) -> DataSet:
    """The data set of a record. Raises HarnessError where it is not here, or another."""
    config = record.config
    data = load(config.dataset, data_dir, train_images=config.train_images, test_images=config.test_images)
    if data.digest != record.fingerprint.data:
        raise HarnessError(
            f"the {config.dataset} found here (digest {data.digest[:12]}) is not that of the record "
            f"({record.fingerprint.data[:12]})",
            "name the original files with --data-dir",
        )
    return data


def recorded_threads(record: Record) -> AbstractContextManager[None]:
    """Within, as many threads compute as when the record was made."""
    return _threads(record.environment.get("threads", ""))


def recorded_kernel(record: Record, device: torch.device) -> Kernel:
    """The kernel that the record names; one of another device cannot run here: this one's own then."""
    recorded: Any = record.environment.get("kernel", "auto")
    kernel: Kernel = (
        recorded if recorded == "reference" or (recorded == "triton") == (device.type == "cuda") else "auto"
    )
    return kernel


def recorded_device(record: Record) -> torch.device:
    """The device that the record names, where it is here; else the CPU."""
    named = record.environment.get("device", "")
    here = torch.cuda.is_available() and torch.cuda.get_device_name() == named
    return torch.device("cuda" if here else "cpu")


def _threads(count: str) -> AbstractContextManager[None]:
    """Compute with as many threads as the record did: sums are then added up in the same order."""
    known = count.isdigit() and 1 <= int(count) <= 4 * (os.cpu_count() or 1)
    return computing_with(int(count) if known else torch.get_num_threads())


def _again(given: ToVerify, setting: Setting) -> Record:
    config = given.record.config
    try:
        found = fingerprint(config, given.data.digest, given.record.fingerprint.device)
    except EncoderError as error:
        raise HarnessError(f"{given.path}: {error}", "install the encoder") from None
    kept = {config.arm: [int(t) for t in given.record.right]}
    grid = Grid(given.data, given.path.parent, setting, kept)
    return as_read(compute(PlannedCell(config, found, given.path, "missing"), grid))


def compare(name: str, before: Record, after: Record) -> Verification:
    """Hold a record against what a second training gave."""
    differing = tuple(
        field
        for field in Record.__struct_fields__
        if field not in CIRCUMSTANCES and _has(before, field) and _bytes(before, field) != _bytes(after, field)
    )
    largest, allowed = gap(before.curve, after.curve)
    verdict: Verdict = "different"
    if not differing:
        verdict = IDENTICAL
    elif before.status == after.status == "done" and largest <= allowed:
        verdict = "within tolerance"
    numerics, notes = after.fingerprint.numerics, tuple(_notes(before, after))
    return Verification(name, verdict, differing, largest, allowed, notes, numerics=numerics)


def _has(record: Record, field: str) -> bool:
    """Whether a record has a result that earlier records do not have."""
    return field not in LATER or bool(getattr(record, field))


def _bytes(record: Record, field: str) -> bytes:
    value = getattr(record, field)
    # A traceback names the lines of a file; a failure is the same if its reason is.
    return canonical_json(value.reason if field == "failure" and value is not None else value)


def _notes(before: Record, after: Record) -> Iterator[str]:
    if trained_as := before.environment.get(TRAINED_AS):
        yield f"the cell of the record was trained as {trained_as}"
    for name in sorted((before.environment.keys() | after.environment.keys()) - {TRAINED_AS}):
        old, new = before.environment.get(name), after.environment.get(name)
        if old != new:
            yield f"{name}: {old} in the record, {new} here"
    if before.fingerprint.numerics != after.fingerprint.numerics:
        yield EARLIER_CODE
