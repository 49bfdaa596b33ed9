"""The state of the cells of a results folder: done, stale (and why), failed, running, missing.

Nothing is trained, and neither torch nor images are loaded. A record is compared with the data digest in itself; only
`harness run`, which has the images, can compare it with today's files.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal, get_args

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
    """The state of one cell. reason: the changes, the failure, the process that runs it, or that it has a checkpoint.

    record: the path of the record that answers it, or of the missing one.
    """

    experiment: str
    profile: str
    arm: str
    seed: int
    status: CellState
    reason: str
    record: str


def status(
    results: Path, catalogue: Catalogue, experiment: str | None = None, within: Collection[str] | None = None
) -> tuple[CellStatus, ...]:
    """The state of every cell asked for at each profile that was begun, and of every further record.

    `within`: the experiments to look at, None for all. All cells of a named experiment that was never run are missing.
    Raises HarnessError for an unknown experiment.
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
        entry = catalogue.experiment(name)
        begun = [profile for profile in entry.profiles if records.has_started(entry, profile)]
        for profile in begun or (entry.profiles if chosen else ()):
            cells += _profile(records, catalogue, entry, profile)
    return tuple(cells)


def _profile(records: Records, catalogue: Catalogue, experiment: Experiment, profile: Profile) -> list[CellStatus]:
    """The cells asked for and records of further seeds, arm by arm, those of arms that `--encoder` added last."""
    asked = records.asked(experiment, profile)
    places = {record_path(records.results, config) for config in asked}
    paths = record_paths(records.results / experiment.name / profile.name, levels=1)
    further = [path for path in paths if path not in places]
    rows = [_cell(records, config) for config in asked] + [_further(records, catalogue, path) for path in further]
    place = {arm.name: number for number, arm in enumerate(experiment.arms)}
    return sorted(rows, key=lambda row: (place.get(row.arm, len(place)), row.arm))


def _further(records: Records, catalogue: Catalogue, path: Path) -> CellStatus:
    """The state of a record that is not planned; compared with itself if its experiment is in no paper."""
    experiment, profile, arm = path.parts[-4:-1]
    seed = seed_of(path)
    itself = partial(CellStatus, experiment, profile, arm, -1 if seed is None else seed, "stale", record=str(path))
    try:
        config = current_config(path, catalogue) or read_record(path).config
    except HarnessError as error:
        return itself(reason=error.message)
    if (named := record_path(records.results, config)) != path:
        words = "a copy of" if named.is_file() else "by its content it belongs at"
        return itself(reason=f"{words} {named.relative_to(records.results)}")
    return _cell(records, config)


def _cell(records: Records, config: CellConfig) -> CellStatus:
    path = record_path(records.results, config)
    owner = holder(lock_path(path))
    state: CellState = "running"
    if owner is not None:
        reason = ", ".join(filter(None, (str(owner), owner.stage)))
    else:
        freshness = records.answer(config)
        state, reason, path = freshness.state, freshness.reason, freshness.path
        if state == "done" and freshness.certified:
            reason = f"fresh by certificate {', '.join(freshness.certified)}"
        elif state == "missing" and checkpoints_beside(path):
            reason = "begun: its finished epochs are kept"
    return CellStatus(config.experiment, config.profile, config.arm, config.seed, state, reason, str(path))


def lines(cells: Sequence[CellStatus]) -> Sequence[str]:
    """The totals, and a line for each unfinished arm and cell."""
    totals, arms = Counter(cell.status for cell in cells), dict[tuple[str, str, str], Counter[str]]()
    for cell in cells:
        arms.setdefault((cell.experiment, cell.profile, cell.arm), Counter())[cell.status] += 1
    texts = [", ".join(f"{totals[state]:,} {state}" for state in STATES if totals[state])]
    for key, count in arms.items():
        if count["done"] < count.total():
            texts.append(
                f"{'/'.join(key)}: " + ", ".join(f"{count[state]} {state}" for state in STATES if count[state])
            )
    texts += [
        f"{cell.experiment}/{cell.profile}/{cell.arm} seed {cell.seed}: {cell.status}: {cell.reason}"
        for cell in cells
        if cell.reason and cell.status != "done"
    ]
    certified = Counter(cell.reason for cell in cells if cell.reason and cell.status == "done")
    texts += [
        f"{counted(count, 'record')} {'is' if count == 1 else 'are'} {reason}" for reason, count in certified.items()
    ]
    return texts
