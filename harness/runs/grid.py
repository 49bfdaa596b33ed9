"""Running a grid: one cell after another, a record each, whatever happens to its neighbours.

A cell is claimed before it is run; what another run holds is left to the end and then waited for.
"""

import hashlib
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from encoders.base import EncoderError
from harness.config import canonical_json
from harness.data.types import DataSet
from harness.errors import CellFailure, HarnessError
from harness.machine.environment import environment
from harness.machine.signals import finishing
from harness.plugins.guard import guarded
from harness.records.freshness import state_of
from harness.records.locks import Owner, claim, claim_path
from harness.records.store import read_record, write_record
from harness.records.twins import twin
from harness.runs.plan import PlannedCell, stamp_of
from harness.schema import Failure, Record
from harness.training.cell import Setting, run_cell

POLL_SECONDS = 2.0


class Finished(NamedTuple):
    """A cell that has its record now. here: this run wrote it, and not another one meanwhile."""

    cell: PlannedCell
    record: Record
    here: bool = True


def _nobody(_: str) -> None:
    """Say nothing."""


def run_grid(
    cells: Sequence[PlannedCell],
    data: DataSet,
    results: Path,
    setting: Setting,
    starting: Callable[[PlannedCell], None],
    say: Callable[[str], None] = _nobody,
) -> Iterator[Finished]:
    """Run `cells` in order and yield each as its record is there. A failure is a record, not an exception.

    Cells that another run holds come last: their records are waited for, and they are taken over if it dies.
    Raises HarnessError when the disk refuses; everything that was written before stays as it is.
    """
    attempt = partial(_attempt, data=data, results=results, setting=setting, starting=starting, say=say)
    elsewhere: deque[PlannedCell] = deque()
    for cell in cells:
        result = attempt(cell)
        if isinstance(result, Finished):
            yield result
        else:
            say(f"{name_of(cell)}: running elsewhere ({result})")
            elsewhere.append(cell)
    if elsewhere:
        say(f"waiting for cells of other runs: {len(elsewhere)}; Ctrl-C ends the waiting, not them")
    while elsewhere:
        cell = elsewhere.popleft()
        result = attempt(cell)
        if isinstance(result, Finished):
            yield result
        else:
            elsewhere.append(cell)
            time.sleep(POLL_SECONDS)


def name_of(cell: PlannedCell) -> str:
    """A cell as it is called on the screen."""
    return f"{cell.config.arm} seed {cell.config.seed}"


def _attempt(
    cell: PlannedCell,
    data: DataSet,
    results: Path,
    setting: Setting,
    starting: Callable[[PlannedCell], None],
    say: Callable[[str], None],
) -> Finished | Owner:
    """Run one cell, unless it has a living owner, or got its record from another run since it was planned."""
    try:
        ours = claim(results, cell.path)
        if isinstance(ours, Owner):
            return ours
        with ours:
            if stamp_of(cell.path) != cell.stamp and state_of(cell.path, cell.fingerprint)[0] in ("done", "failed"):
                return Finished(cell, read_record(cell.path), here=False)
            starting(cell)
            record = twin(cell, results, _environment(cell, setting))
            if record is None:
                checkpoint = _checkpoint(cell, setting, say)
                record = compute(cell, data, replace(setting, checkpoint=checkpoint))
            if not ours.kept():
                say(f"{name_of(cell)}: taken over by another run while this machine slept")
                return ours.owner
            with finishing():
                record = _written(results, cell, record, setting)
                _tidy(cell)
            return Finished(cell, record)
    except OSError as error:
        raise HarnessError(
            f"{name_of(cell)}: the disk refuses: {error.strerror or error} ({error.filename or results})",
            "records already written are intact; make room or choose another --results-dir, and run the same command",
        ) from error


def _checkpoint(cell: PlannedCell, setting: Setting, say: Callable[[str], None]) -> Path:
    """The file of the unfinished cell. Its name holds the environment, since a record states a single one."""
    mark = hashlib.sha256(canonical_json(_environment(cell, setting))).hexdigest()[:8]
    path = cell.path.with_name(f".{cell.path.stem}.{mark}.checkpoint")
    if not path.exists() and list(cell.path.parent.glob(f".{cell.path.stem}.*.checkpoint")):
        say(f"{name_of(cell)}: begun with other versions, threads or device; starts again, so that one set holds")
    return path


def _tidy(cell: PlannedCell) -> None:
    """Remove what a finished cell and killed runs left beside its record: checkpoints and half-written files."""
    for path in cell.path.parent.glob(f".*{cell.path.stem}.*"):
        if path != claim_path(cell.path):
            path.unlink(missing_ok=True)


def sweep(cells: Sequence[PlannedCell], results: Path) -> None:
    """Remove what runs killed just after writing a record left beside it. `cells` have their records already.

    A cell whose run is alive is left to it. Raises HarnessError where the folder cannot be locked.
    """
    for cell in cells:
        if any(cell.path.parent.glob(f".*{cell.path.stem}.*")):
            ours = claim(results, cell.path)
            if not isinstance(ours, Owner):
                with ours:
                    _tidy(cell)


def compute(cell: PlannedCell, data: DataSet, setting: Setting) -> Record:
    """The record of a cell, a failed one for whatever goes wrong with it. Raises OSError when the disk refuses."""
    config = cell.config
    try:
        if cell.fault is not None:
            raise cell.fault
        return run_cell(config, data, guarded(config.encoder), cell.fingerprint, setting)
    except (CellFailure, EncoderError) as error:
        return _failed(cell, setting, str(error))
    except (OSError, HarnessError):  # the disk: the encoder's own come as CellFailure
        raise
    except Exception as error:  # a fault of ours or of the machine: out of memory is a RuntimeError in torch
        return _failed(cell, setting, f"{type(error).__name__}: {error}")


def _written(results: Path, cell: PlannedCell, record: Record, setting: Setting) -> Record:
    try:
        write_record(results, record)
    except ValueError as error:
        record = _failed(cell, setting, str(error))
        write_record(results, record)
    return record


def _environment(cell: PlannedCell, setting: Setting) -> dict[str, str]:
    return environment(setting.device, cell.config.precision, setting.kernel)


def _failed(cell: PlannedCell, setting: Setting, reason: str) -> Record:
    return Record(
        config=cell.config,
        fingerprint=cell.fingerprint,
        status="failed",
        environment=_environment(cell, setting),
        timings={},
        failure=Failure(reason.splitlines()[0] if reason.strip() else "no reason given", traceback.format_exc()),
    )
