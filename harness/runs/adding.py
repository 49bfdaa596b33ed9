"""Adding weights to finished cells: each is trained again, held against its record, and kept where they are equal."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from harness.errors import CellFailure, Stopped
from harness.machine.files import hold
from harness.machine.process import finishing
from harness.plugins.guard import guarded
from harness.records.retrainings import IDENTICAL, retraining_of
from harness.records.store import lock_path, read_record, write_record
from harness.records.weights import weights_path
from harness.runs.cost import Meter
from harness.runs.grid import Grid
from harness.runs.keeping import weights_of, with_weights
from harness.runs.plan import PlannedCell
from harness.runs.sealing import as_read, sealed
from harness.runs.verification import keep
from harness.runs.verify import compare, recorded_device, recorded_kernel, recorded_threads
from harness.schema import Fingerprint, Record
from harness.training.cell import Setting, Trained, run_cell
from harness.training.checkpoint import Watch


class Added(NamedTuple):
    """Whether the weights of a finished cell are there now; `reason` says why they are not.

    reported: seconds of the cell's expected ones that were reported as done.
    """

    cell: PlannedCell
    added: bool
    reason: str = ""
    reported: float = 0.0


def without_weights(cells: Sequence[PlannedCell]) -> list[PlannedCell]:
    """The finished ones of `cells` whose weights are not there."""
    return [cell for cell in cells if cell.state == "done" and not _there(cell)]


def add_weights(cells: Sequence[PlannedCell], grid: Grid) -> Iterator[Added]:
    """Train finished cells again, add the weights of those that come out as their record says, and yield each.

    A cell that another run holds is left to it. Raises OSError when the disk refuses, and Stopped where the setting's
    watch ends the run.
    """
    for cell in cells:
        with hold(lock_path(cell.path)) as owner:
            if owner is None:
                grid.starting(cell)
                meter = Meter(cell.cost, grid.setting.watch.progress)
                watch = replace(grid.setting.watch, progress=meter.progress)
                try:
                    result = _add(cell, grid, watch)._replace(reported=meter.reported)
                except Stopped as stopped:  # a second training has no checkpoint
                    raise Stopped(str(stopped), kept=False) from None
                lock_path(cell.path).unlink(missing_ok=True)
            else:
                result = Added(cell, False, f"running elsewhere ({owner}): no weights added")
        yield result


def _add(cell: PlannedCell, grid: Grid, watch: Watch) -> Added:
    before = read_record(cell.path)
    try:
        trained, after = _again(before, cell.fingerprint, grid, watch)
    except CellFailure as failure:
        return Added(cell, False, f"trained again it fails: {failure}; nothing added")
    result = compare(str(cell.path), before, after)
    if result.verdict != IDENTICAL:
        notes = "; ".join(result.notes)
        reason = f"trained again it differs in {', '.join(result.differing)} (largest gap {result.largest} images)"
        return Added(cell, False, f"{reason}; nothing added" + (f" [{notes}]" if notes else ""))
    content = weights_of(before.config, before.fingerprint, trained, grid.data)
    answered = retraining_of(cell.path, before) is not None
    with finishing():
        write_record(grid.results, with_weights(before, cell.path, content))
        if answered:
            # A kept answer of `harness verify` names the record without weights; this training answers the same.
            keep(cell.path, read_record(cell.path), result)
    return Added(cell, True)


def _again(before: Record, today: Fingerprint, grid: Grid, watch: Watch) -> tuple[Trained, Record]:
    device = recorded_device(before)
    setting = Setting(device, recorded_kernel(before, device), watch=watch)
    with recorded_threads(before):
        trained = run_cell(before.config, grid.data, guarded(before.config.encoder), setting)
        made = sealed(before.config, today, setting, trained, [int(t) for t in before.right])
    return trained, as_read(made)


def _there(cell: PlannedCell) -> bool:
    return read_record(cell.path).weights is not None and weights_path(cell.path).is_file()
