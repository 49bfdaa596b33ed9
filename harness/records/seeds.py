"""The seeds of an arm: records that lie in one folder and differ in nothing but their seed."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from harness.errors import HarnessError
from harness.records.store import read_record
from harness.schema import Record


def finished_seeds(path: Path, record: Record) -> Iterator[Record]:
    """The finished records in the folder of the record at `path` whose configuration is its own but for the seed.

    It is one of them if it is finished. What does not read as a record is passed over.
    """
    for beside in sorted(path.parent.glob("seed-*.json")):
        try:
            other = read_record(beside.resolve()) if "." not in beside.stem else None
        except HarnessError:
            continue
        if other is None or other.curve is None:
            continue
        if replace(other.config, seed=record.config.seed) == record.config:
            yield other
