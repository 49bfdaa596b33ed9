"""The seeds of an arm: records that lie in one folder and differ in nothing but their seed."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from harness.errors import HarnessError
from harness.records.admission import nonsense
from harness.records.store import read_record, record_paths
from harness.schema import Counts, Record


def finished_seeds(path: Path, record: Record) -> Iterator[tuple[Record, Counts]]:
    """The finished records beside the one at `path` whose configuration is its own but for the seed, with their curves.

    It is one of them if it is finished. Passed over is what does not read, makes no sense or is of other data.
    """
    for beside in record_paths(path.parent, levels=0):
        try:
            other = read_record(beside.resolve())
        except HarnessError:
            continue
        if other.status != "done" or nonsense(other) or other.fingerprint.data != record.fingerprint.data:
            continue
        if other.curve is not None and replace(other.config, seed=record.config.seed) == record.config:
            yield other, other.curve
