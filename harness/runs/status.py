"""What stands in a results folder: cells that are done, stale (and why), failed, running, missing.

Looks and never trains, and loads neither torch nor images. A record is held against the digest of the data that it
names itself; only `harness run`, which has the images, can say whether today's files still have it.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from harness.catalogue import Catalogue, Experiment, Profile
from harness.config import CellConfig
from harness.errors import HarnessError
from harness.machine.console import counted
from harness.machine.files import holder
from harness.records.freshness import Records, current_config
from harness.records.store import checkpoints_beside, lock_path, read_record, record_path, record_paths, seed_of

CellState = Literal["done", "stale", "failed", "running", "missing"]
STATES: tuple[CellState, ...] = get_args(CellState)


@dataclass(frozen=True)
class CellStatus:
    """One cell. reason: what has changed, why it failed, who runs it, or what is left of it.

    record: the path of the record that answers it, or would; data: the digest of the data that this one names.
    """

    experiment: str
    profile: str
    arm: str
    seed: int
    status: CellState
    reason: str
    record: str
    data: str = ""


@dataclass(frozen=True)
class Status:
    """`cells` in the order of the experiments."""

    cells: tuple[CellStatus, ...]

    @property
    def data(self) -> dict[str, dict[str, int]]:
        """By experiment and profile, how many cells' records name which digest of the data."""
        found: dict[str, Counter[str]] = {}
        for cell in self.cells:
            if cell.data:
                found.setdefault(f"{cell.experiment}/{cell.profile}", Counter())[cell.data] += 1
        return {place: dict(digests) for place, digests in found.items()}

    def counts(self) -> dict[tuple[str, str, str], Counter[str]]:
        """How many cells of each (experiment, profile, arm) are in each state."""
        counts: dict[tuple[str, str, str], Counter[str]] = {}
        for cell in self.cells:
            counts.setdefault((cell.experiment, cell.profile, cell.arm), Counter())[cell.status] += 1
        return counts

    def document(self) -> dict[str, Any]:
        """For `--json`."""
        arms = [
            {"experiment": experiment, "profile": profile, "arm": arm, **{state: count[state] for state in STATES}}
            for (experiment, profile, arm), count in self.counts().items()
        ]
        return {"cells": [asdict(cell) for cell in self.cells], "arms": arms, "data": self.data}


def status(
    results: Path, catalogue: Catalogue, experiment: str | None = None, within: Collection[str] | None = None
) -> Status:
    """The state of every planned cell of each profile that was begun, and of every record beside them.

    `within`: the experiments to look at, None for all.
    Raises HarnessError for an unknown experiment. One that is named and was never run is all missing.
    """
    folders = {path.name for path in results.glob("*") if path.is_dir()}
    unknown = [name for name in sorted(folders - {*catalogue.names()}) if record_paths(results / name, levels=2)]
    chosen = experiment if experiment in unknown else catalogue.experiment(experiment).name if experiment else None
    cells: list[CellStatus] = []
    records = Records(results)
    for name in [chosen] if chosen else [*catalogue.names(), *unknown]:
        if within is not None and name not in within:
            continue
        if name in unknown:
            cells += [_further(records, catalogue, path) for path in record_paths(results / name, levels=2)]
            continue
        found = catalogue.experiment(name)
        begun = [profile for profile in found.profiles if records.begun(found, profile)]
        for profile in begun or (found.profiles if chosen else ()):
            cells += _profile(records, catalogue, found, profile)
    return Status(tuple(cells))


def _profile(records: Records, catalogue: Catalogue, experiment: Experiment, profile: Profile) -> list[CellStatus]:
    """Planned cells and records of further seeds, arm by arm, then those of arms that `--encoder` added."""
    planned = list(experiment.cells(profile))
    places = {record_path(records.results, config) for config in planned}
    there = record_paths(records.results / experiment.name / profile.name, levels=1)
    further = [path for path in there if path not in places]
    rows = [_cell(records, config) for config in planned] + [_further(records, catalogue, path) for path in further]
    place = {arm.name: number for number, arm in enumerate(experiment.arms)}
    return sorted(rows, key=lambda row: place.get(row.arm, len(place)))


def _further(records: Records, catalogue: Catalogue, path: Path) -> CellStatus:
    """The cell of a record that is not planned; of an experiment that no paper has, as the record itself says."""
    try:
        config = current_config(path, catalogue) or read_record(path).config
    except HarnessError as error:
        experiment, profile, arm = path.parts[-4:-1]
        seed = seed_of(path)
        return CellStatus(experiment, profile, arm, -1 if seed is None else seed, "stale", error.message, str(path))
    return _cell(records, config)


def _cell(records: Records, config: CellConfig) -> CellStatus:
    path = record_path(records.results, config)
    owner = holder(lock_path(path))
    state: CellState = "running"
    data = ""
    if owner is not None:
        reason = ", ".join(filter(None, (str(owner), owner.stage)))
    else:
        found = records.answer(config)
        state, reason, path = found.state, found.reason, found.path
        data = found.record.fingerprint.data if found.record else ""
        if state == "done" and found.certified:
            reason = f"fresh by certificate {', '.join(found.certified)}"
        elif state == "missing" and checkpoints_beside(path):
            reason = "begun: its finished epochs are kept"
    return CellStatus(config.experiment, config.profile, config.arm, config.seed, state, reason, str(path), data)


def lines(found: Status) -> Sequence[str]:
    """The totals, a line for each arm and each cell that is not simply done, and one on the data of each profile."""
    totals = Counter(cell.status for cell in found.cells)
    said = [", ".join(f"{totals[state]:,} {state}" for state in STATES if totals[state])]
    for key, count in found.counts().items():
        if count["done"] < count.total():
            said.append(f"{'/'.join(key)}: " + ", ".join(f"{count[state]} {state}" for state in STATES if count[state]))
    said += [
        f"{cell.experiment}/{cell.profile}/{cell.arm} seed {cell.seed}: {cell.status}: {cell.reason}"
        for cell in found.cells
        if cell.reason and cell.status != "done"
    ]
    certified = Counter(cell.reason for cell in found.cells if cell.reason and cell.status == "done")
    said += [
        f"{counted(count, 'record')} {'is' if count == 1 else 'are'} {reason}" for reason, count in certified.items()
    ]
    for place, digests in found.data.items():
        if len(digests) > 1:
            parts = ", ".join(f"{count} of {digest[:12]}" for digest, count in digests.items())
            said.append(f"{place}: records of different data: {parts}; harness run tells which are stale")
    return said
