"""`harness merge`: records that were computed elsewhere, put beside one's own.

A record is taken over byte for byte, so its digest still shows that nothing was changed. The folder that each came from
is kept in `merged.json`; the processor that computed it stands in the record.
"""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from harness.errors import HarnessError
from harness.machine.console import counted
from harness.machine.files import content_digest, holder, write_atomically
from harness.records.admission import nonsense
from harness.records.store import lock_path, read_record, record_path, record_paths
from harness.runs.verify import compare
from harness.schema import Record

LEDGER = "merged.json"


class Origin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a record came from: the folder as it was named, and the record's digest."""

    folder: str
    digest: str


@dataclass(frozen=True)
class Taken:
    """A record to be taken over."""

    folder: Path
    source: Path
    target: Path
    record: Record


@dataclass
class Merge:
    """What a merge does: records to take over, how many are here already, and what rules it out."""

    results: Path
    taken: dict[Path, Taken] = field(default_factory=dict)
    equal: int = 0
    refused: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """What was found, for people."""
        if self.refused:
            yield from self.refused
            yield f"nothing was merged: {len(self.refused)} refused"
            return
        yield f"{counted(len(self.taken), 'record')} taken over, {self.equal} here already with equal results"
        yield from (f"{count} from {folder}, computed on {machine}" for (folder, machine), count in self.who().items())

    def who(self) -> Counter[tuple[str, str]]:
        """How many records each folder and processor gave."""
        return Counter((str(one.folder), machine_of(one.record)) for one in self.taken.values())

    def write(self) -> None:
        """Write the records and where they came from. All or none: OSError leaves the folder as it was."""
        written: list[Path] = []
        try:
            for one in self.taken.values():
                for source, target in _files(one):
                    write_atomically(target, source.read_bytes())
                    written.append(target)
            if self.taken:
                self._keep_origins()
        except BaseException:
            for path in written:
                path.unlink(missing_ok=True)
            raise

    def _keep_origins(self) -> None:
        origins = read_origins(self.results)
        for target, one in self.taken.items():
            origins[target.relative_to(self.results).as_posix()] = Origin(_text(one.folder), one.record.digest)
        write_atomically(self.results / LEDGER, msgspec.json.format(msgspec.json.encode(origins, order="sorted")))


def _text(path: Path) -> str:
    """A path as text: its name may hold bytes that are none."""
    return os.fsencode(path).decode(errors="backslashreplace")


def planned(folders: Sequence[Path], results: Path) -> Merge:
    """What merging `folders` into `results` would do; writes nothing.

    Raises HarnessError for a folder that is not there or holds no record.
    """
    merge = Merge(results)
    for folder in folders:
        paths = record_paths(folder)
        if not paths:
            raise HarnessError(f"no records in {folder}", "name a results folder, such as results/local")
        for path in paths:
            try:
                _plan(merge, folder, path)
            except HarnessError as error:
                merge.refused.append(error.message)
    return merge


def _plan(merge: Merge, folder: Path, path: Path) -> None:
    record = _sound(path)
    target = record_path(merge.results, record.config)
    known = merge.taken.get(target)
    there = known.source if known else target
    if known is None and (owner := holder(lock_path(target))) is not None:
        raise HarnessError(f"{path}: {owner} is computing this cell here")
    if known is None and not target.exists():
        merge.taken[target] = Taken(folder, path, target, record)
        return
    found = compare(str(path), _sound(there), record)
    if found.differing:
        differing = ", ".join(found.differing)
        raise HarnessError(
            f"{path} ({machine_of(record)}): other results than {there} "
            f"({machine_of(_sound(there))}): {differing} differ"
        )
    merge.equal += 1


def _sound(path: Path) -> Record:
    """The record at `path`, with its weights if it names any. Raises HarnessError for one that is not as written."""
    record = read_record(path.resolve())
    if reason := nonsense(record):
        raise HarnessError(f"{path}: refused: {reason}")
    weights = _weights(path, record)
    if record.weights and weights and content_digest(weights.read_bytes()) != record.weights.sha256:
        raise HarnessError(f"{weights}: not the weights that its record names")
    return record


def _weights(path: Path, record: Record) -> Path | None:
    """The file of a record's weights; None where it has none, or they were not sent along."""
    if record.weights is None or Path(record.weights.file).name != record.weights.file:
        return None
    weights = path.with_name(record.weights.file)
    return weights if weights.is_file() else None


def _files(one: Taken) -> Iterator[tuple[Path, Path]]:
    """What is copied and where to, the record last: where it is, its weights are too."""
    if (weights := _weights(one.source, one.record)) is not None:
        yield weights, one.target.with_name(weights.name)
    yield one.source, one.target


def machine_of(record: Record) -> str:
    """The processor or accelerator that computed a record."""
    known = record.machine.accelerator or record.machine.processor if record.machine else ""
    return known or record.environment.get("device", "an unknown machine")


def read_origins(results: Path) -> dict[str, Origin]:
    """By record, relative to `results`: where it came from. Records computed here are not among them."""
    try:
        return msgspec.json.decode((results / LEDGER).read_bytes(), type=dict[str, Origin])
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise HarnessError(f"{results / LEDGER}: not readable ({error})", "restore or delete it") from None
