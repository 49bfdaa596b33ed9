"""What stands in a results folder: cells that are done, stale (and why), failed, running, missing.

Looks and never trains, and loads neither torch nor images. A record is held against the digest of the data that it
names itself; only `harness run`, which has the images, can say whether today's files still have it.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from encoders.errors import EncoderError
from encoders.registry import definition_of
from harness.catalogue import Catalogue, Experiment, Profile
from harness.catalogue.experiment import parse_encoder
from harness.config import CellConfig
from harness.errors import HarnessError
from harness.machine.console import counted
from harness.machine.files import holder
from harness.records.freshness import Records
from harness.records.store import checkpoints_beside, lock_path, read_record, record_path, record_paths

CellState = Literal["done", "stale", "failed", "running", "missing"]
STATES: tuple[CellState, ...] = get_args(CellState)


@dataclass(frozen=True)
class CellStatus:
    """One cell. reason: what has changed, why it failed, who runs it, or what is left of it."""

    experiment: str
    profile: str
    arm: str
    seed: int
    status: CellState
    reason: str
    record: str


@dataclass(frozen=True)
class Status:
    """`cells` in the order of the experiments; `data`: digest → number of records, by experiment and profile."""

    cells: tuple[CellStatus, ...]
    data: dict[str, dict[str, int]]

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


def status(results: Path, catalogue: Catalogue, experiment: str | None = None) -> Status:
    """The state of every planned cell of each profile that was begun, and of every record beside them.

    Raises HarnessError for an unknown experiment. One that is named and was never run is all missing.
    """
    folders = {path.name for path in results.glob("*") if path.is_dir()}
    unknown = [name for name in sorted(folders - {*catalogue.names()}) if record_paths(results / name, levels=2)]
    chosen = experiment if experiment in unknown else catalogue.experiment(experiment).name if experiment else None
    cells: list[CellStatus] = []
    data: dict[str, dict[str, int]] = {}
    records = Records(results)
    for name in [chosen] if chosen else [*catalogue.names(), *unknown]:
        if name in unknown:
            cells += _of_file(records, name)
            continue
        found = catalogue.experiment(name)
        begun = [profile for profile in found.profiles if records.begun(found, profile)]
        for profile in begun or (found.profiles if chosen else ()):
            cells += _profile(records, found, profile)
            digests = _digests(results / name / profile.name)
            data |= {f"{name}/{profile.name}": dict(digests)} if digests else {}
    return Status(tuple(cells), data)


def _of_file(records: Records, experiment: str) -> Iterator[CellStatus]:
    """The records of an experiment that no paper has, as a file of the user's gave it: what it plans is not known."""
    for path in record_paths(records.results / experiment, levels=2):
        try:
            yield _cell(records, read_record(path).config)
        except HarnessError as error:
            profile, arm = path.parts[-3:-1]
            yield CellStatus(experiment, profile, arm, _seed(path), "stale", error.message, str(path))


def _profile(records: Records, experiment: Experiment, profile: Profile) -> Iterator[CellStatus]:
    """Planned cells arm by arm, then records of further seeds and of arms that `--encoder` added."""
    results = records.results
    there = set(record_paths(results / experiment.name / profile.name, levels=1))
    for arm in experiment.arms:
        planned = [experiment.resolve(arm, profile, n) for n in range(experiment.seeds(arm.name, profile.name))]
        more = {path for path in there if path.parent.name == arm.name} - {record_path(results, c) for c in planned}
        configs = planned + [experiment.resolve(arm, profile, seed) for seed in sorted(map(_seed, more)) if seed >= 0]
        yield from (_cell(records, config) for config in configs)
        there -= {record_path(results, config) for config in configs}
    for path in sorted(there):
        yield _other(records, experiment, profile, path)


def _seed(path: Path) -> int:
    number = path.stem.removeprefix("seed-")
    return int(number) if number.isascii() and number.isdigit() and path.stem == f"seed-{int(number):04d}" else -1


def _other(records: Records, experiment: Experiment, profile: Profile, path: Path) -> CellStatus:
    """A record of no planned arm: of an encoder that was added by name, or of an arm that is no more."""
    name = path.parent.name
    try:
        config = read_record(path).config
        definition_of(parse_encoder(name)[0].name)
    except (HarnessError, EncoderError) as error:
        reason = error.message if isinstance(error, HarnessError) else f"no arm of {experiment.name} today"
        return CellStatus(experiment.name, profile.name, name, _seed(path), "stale", reason, str(path))
    seed = _seed(path) if _seed(path) >= 0 else config.seed
    return _cell(records, experiment.resolve(experiment.added_arm(name), profile, seed))


def _cell(records: Records, config: CellConfig) -> CellStatus:
    path = record_path(records.results, config)
    owner = holder(lock_path(path))
    if owner is not None:
        state, reason = "running", ", ".join(filter(None, (str(owner), owner.stage)))
    else:
        found = records.answer(config)
        state, reason, path = found.state, found.reason, found.path
        if found.state == "done" and found.certified:
            reason = f"fresh by certificate {', '.join(found.certified)}"
    if state == "missing" and checkpoints_beside(path):
        reason = "begun: its finished epochs are kept"
    return CellStatus(config.experiment, config.profile, config.arm, config.seed, _named(state), reason, str(path))


def _named(state: str) -> CellState:
    return next(known for known in STATES if known == state)


def _digests(folder: Path) -> Counter[str]:
    digests: Counter[str] = Counter()
    for path in record_paths(folder, levels=1):
        try:
            digests[read_record(path).fingerprint.data] += 1
        except HarnessError:
            continue
    return digests


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
