"""Running a grid: one cell after another, a record each, whatever happens to its neighbours.

A cell's lock is held while it runs; what another run holds is left to the end and then waited for.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from encoders.base import EncoderError
from harness.data.types import DataSet
from harness.errors import CellFailure, HarnessError, Stopped
from harness.machine.files import Owner, hold
from harness.machine.process import finishing
from harness.plugins.guard import guarded
from harness.records.certificates import known_certificates
from harness.records.freshness import freshness
from harness.records.store import checkpoints_beside, lock_path, write_record
from harness.records.twins import twin
from harness.runs.begun import checkpoint_of
from harness.runs.cost import Meter
from harness.runs.keeping import drop_unnamed, keeps, of_twin, weights_of, with_weights
from harness.runs.plan import PlannedCell, stamp_of
from harness.runs.sealing import circumstances, failed, sealed
from harness.schema import Record
from harness.training.cell import Setting, run_cell
from harness.training.checkpoint import Checkpoint

POLL_SECONDS = 2.0


class Finished(NamedTuple):
    """A cell that has its record now. here: this run wrote it, and not another one meanwhile.

    reported: seconds of its cost that its progress has told of.
    """

    cell: PlannedCell
    record: Record
    here: bool = True
    reported: float = 0.0


def _ignore(_: object) -> None:
    """Say nothing."""


@dataclass(frozen=True)
class Grid:
    """What the cells of a run share.

    timesteps: by arm, those whose bits a record keeps beside the last one. keep_weights: see `keeping.keeps`.
    starting: called before a cell is computed; say: called with a line for the user.
    """

    data: DataSet
    results: Path
    setting: Setting
    timesteps: Mapping[str, Sequence[int]] = field(default_factory=dict)
    keep_weights: bool | None = False
    starting: Callable[[PlannedCell], None] = _ignore
    say: Callable[[str], None] = _ignore


def run_grid(cells: Sequence[PlannedCell], grid: Grid) -> Iterator[Finished]:
    """Run `cells` in order and yield each as its record is there. A failure is a record, not an exception.

    Cells that another run holds come last: their records are waited for, and they are taken over if it ends.
    Raises HarnessError when the disk refuses, and Stopped where the setting's watch ends the run; everything that was
    written before stays as it is.
    """
    elsewhere: deque[PlannedCell] = deque()
    for cell in cells:
        result = attempt(cell, grid)
        if isinstance(result, Finished):
            yield result
        else:
            grid.say(f"{name_of(cell)}: running elsewhere ({result})")
            elsewhere.append(cell)
    if elsewhere:
        grid.say(f"waiting for cells of other runs: {len(elsewhere)}; Ctrl-C ends the waiting, not them")
    while elsewhere:
        cell = elsewhere.popleft()
        result = attempt(cell, grid)
        if isinstance(result, Finished):
            yield result
        else:
            elsewhere.append(cell)
            grid.setting.watch.pause("waiting")
            time.sleep(POLL_SECONDS)


def name_of(cell: PlannedCell) -> str:
    """A cell as it is called on the screen."""
    return f"{cell.config.arm} seed {cell.config.seed}"


def attempt(cell: PlannedCell, grid: Grid) -> Finished | Owner:
    """Run one cell, unless another run holds it, or has written its record since it was planned.

    The grid's watch is told the seconds of the cell's cost.
    """
    meter = Meter(cell.cost, grid.setting.watch.progress)
    watch = replace(grid.setting.watch, progress=meter.progress)
    try:
        with hold(lock_path(cell.path)) as owner:
            if owner is not None:
                return owner
            if stamp_of(cell.path) != cell.stamp:  # somebody has written it since
                found = freshness(cell.path, cell.config, data=grid.data.digest)
                if found.record is not None and found.state in ("done", "failed"):
                    _tidy(cell)
                    return Finished(cell, found.record, here=False)
            grid.setting.watch.pause(name_of(cell))
            grid.starting(cell)
            around = circumstances(cell.config, grid.setting)
            record = twin(cell.config, cell.fingerprint, grid.results, around, known_certificates(grid.results))
            if record is not None:
                record = of_twin(record, grid.results, grid.keep_weights)
            if record is None:
                checkpoint = _checkpoint(cell, grid)
                setting = replace(grid.setting, checkpoint=checkpoint, watch=watch)
                record = compute(cell, replace(grid, setting=setting))
            with finishing():
                record = _written(cell, record, grid)
                drop_unnamed(record, cell.path)
                _tidy(cell)
            return Finished(cell, record, reported=meter.reported)
    except OSError as error:
        raise HarnessError(
            f"{name_of(cell)}: the disk refuses: {error.strerror or error} ({error.filename or grid.results})",
            "records already written are intact; make room or choose another --results-dir, and run the same command",
        ) from error


def _checkpoint(cell: PlannedCell, grid: Grid) -> Checkpoint:
    found = checkpoint_of(cell, grid.setting)
    begun = checkpoints_beside(cell.path)
    if begun and found.path and not any(path.name.startswith(found.path.name) for path in begun):
        grid.say(f"{name_of(cell)}: begun with other versions, threads or device; starts again, so that one set holds")
    return found


def _tidy(cell: PlannedCell) -> None:
    """Remove what a finished cell and killed runs left beside its record: checkpoints, half-written files, its lock.

    Whoever still holds the removed lock finds the record when it looks again.
    """
    for path in cell.path.parent.glob(f".*{cell.path.stem}.*"):
        path.unlink(missing_ok=True)


def sweep(cells: Sequence[PlannedCell]) -> None:
    """Remove what runs killed just after writing a record left beside it. `cells` have their records already.

    A cell that another run holds is left to it.
    """
    for cell in cells:
        if any(cell.path.parent.glob(f".*{cell.path.stem}.*")):
            with hold(lock_path(cell.path)) as owner:
                if owner is None:
                    _tidy(cell)


def compute(cell: PlannedCell, grid: Grid) -> Record:
    """The record of a cell, a failed one for whatever goes wrong with it. Raises OSError when the disk refuses."""
    config, fingerprint, setting = cell.config, cell.fingerprint, grid.setting
    try:
        if cell.fault is not None:
            raise cell.fault
        trained = run_cell(config, grid.data, guarded(config.encoder), setting)
        record = sealed(config, fingerprint, setting, trained, grid.timesteps.get(config.arm, ()))
        if not keeps(grid.keep_weights, trained.spiking.network):
            return record
        return with_weights(record, cell.path, weights_of(config, fingerprint, trained, grid.data))
    except (CellFailure, EncoderError) as error:
        return failed(config, fingerprint, setting, str(error))
    except (OSError, HarnessError, Stopped):  # the disk, or the end of the time: the encoder's own come as CellFailure
        raise
    except Exception as error:  # a fault of ours or of the machine: out of memory is a RuntimeError in torch
        return failed(config, fingerprint, setting, f"{type(error).__name__}: {error}")


def _written(cell: PlannedCell, record: Record, grid: Grid) -> Record:
    try:
        write_record(grid.results, record)
    except ValueError as error:
        record = failed(cell.config, cell.fingerprint, grid.setting, str(error))
        write_record(grid.results, record)
    return record
