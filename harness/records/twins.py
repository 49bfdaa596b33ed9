"""Cells that are the same computation under another name: it is trained once, and has a record under each name.

`mnist-encoders` and `mnist-784-100-10`, say, both have DCT at 16 timesteps with the same recipe and seeds.
"""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from harness.errors import HarnessError
from harness.records.store import read_record, record_paths
from harness.runs.plan import PlannedCell
from harness.schema import Record

TRAINED_AS = "trained as"  # of a record's environment: the name under which the cell was trained


def twin(cell: PlannedCell, results: Path, environment: Mapping[str, str]) -> Record | None:
    """The record of `cell`, taken from a finished cell in `results` that differs from it in its names alone.

    Both would come out equal, since they share recipe, seed, data, code and `environment`. None where there is none.
    """
    for path in record_paths(results):
        if path.name != cell.path.name or path == cell.path:
            continue  # another seed, or what stands in the cell's own place
        try:
            record = read_record(path)
        except HarnessError:
            continue
        if record.status == "done" and _same(record, cell, environment):
            first = record.environment.get(TRAINED_AS, "/".join(path.parts[-4:-1]))
            return msgspec.structs.replace(
                record,
                config=cell.config,
                fingerprint=cell.fingerprint,
                environment={**record.environment, TRAINED_AS: first},
            )
    return None


def _same(record: Record, cell: PlannedCell, environment: Mapping[str, str]) -> bool:
    computed_in = {name: value for name, value in record.environment.items() if name != TRAINED_AS}
    return record.fingerprint.digest == cell.fingerprint.digest and computed_in == environment
