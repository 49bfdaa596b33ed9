"""What an artefact is written from: the records in it, their judgements, and the files of its report."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from harness.catalogue import Catalogue
from harness.errors import HarnessError
from harness.records.store import read_record, record_paths
from harness.report.sources import Source, read
from harness.schema import Record


@dataclass(frozen=True)
class Material:
    """`records`: by file, relative to `folder`. `report`: the folder of the report, as the artefact names it."""

    folder: Path
    records: dict[str, Record]
    report: str
    source: Source
    catalogue: Catalogue


def gathered(folder: Path, records: str, report: str, catalogue: Catalogue) -> Material:
    """The material of an artefact whose records and report lie in `folder` already. A damaged record is left out."""
    found = {}
    for path in record_paths(folder / records):
        try:
            found[path.relative_to(folder).as_posix()] = read_record(path)
        except HarnessError:
            continue
    (source,) = read(folder / records, None, catalogue)
    return Material(folder, found, report, source, catalogue)


def seconds_of(records: Iterable[Record]) -> float:
    """Seconds of computing that the records tell of."""
    return sum(sum(record.timings.values()) for record in records)


def hardware_of(records: Iterable[Record]) -> str:
    """The processors or accelerators that computed the records, with threads and precision."""
    kinds = {
        f"{record.environment.get('device', 'unknown device')}, {record.environment.get('threads', '?')} thread(s), "
        f"{record.environment.get('precision', 'unknown precision')}"
        for record in records
    }
    return "; ".join(sorted(kinds))


def duration(seconds: float) -> str:
    """Seconds in the unit that a reader thinks in."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
