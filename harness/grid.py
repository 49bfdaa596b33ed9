"""Running a grid: one cell after another, a record each, whatever happens to its neighbours."""

import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import encoders
from encoders.base import EncoderError
from harness.cell import Setting, run_cell
from harness.data.types import DataSet
from harness.environment import environment
from harness.errors import CellFailure
from harness.plan import PlannedCell
from harness.records import write_record
from harness.schema import Failure, Record


class Finished(NamedTuple):
    """A cell that has its record now."""

    cell: PlannedCell
    record: Record


def run_grid(
    cells: Sequence[PlannedCell],
    data: DataSet,
    results: Path,
    setting: Setting,
    starting: Callable[[PlannedCell], None],
) -> Iterator[Finished]:
    """Run `cells` in order and yield each as its record is written. A failure is a record, not an exception."""
    for cell in cells:
        starting(cell)
        checkpoint = cell.path.with_name(f".{cell.path.stem}.checkpoint")
        record = _record_of(cell, data, replace(setting, checkpoint=checkpoint))
        write_record(results, record)
        checkpoint.unlink(missing_ok=True)
        yield Finished(cell, record)


def _record_of(cell: PlannedCell, data: DataSet, setting: Setting) -> Record:
    config = cell.config
    try:
        encoder = encoders.create(config.encoder.name, **config.encoder.parameters)
        return run_cell(config, data, encoder, cell.fingerprint, setting)
    except (CellFailure, EncoderError) as error:
        return _failed(cell, setting, str(error))
    except (ArithmeticError, LookupError, MemoryError, RuntimeError, TypeError, ValueError) as error:
        # What arrives here is a fault of an encoder or of the machine (out of memory is a RuntimeError in torch).
        return _failed(cell, setting, f"{type(error).__name__}: {error}")


def _failed(cell: PlannedCell, setting: Setting, reason: str) -> Record:
    return Record(
        config=cell.config,
        fingerprint=cell.fingerprint,
        status="failed",
        environment=environment(setting.device, cell.config.precision, setting.kernel),
        timings={},
        failure=Failure(reason.splitlines()[0] if reason else "no reason given", traceback.format_exc()),
    )
