"""Which of the planned cells cost nothing, because a finished record of the same computation is there to be copied."""

from collections.abc import Sequence
from pathlib import Path

from harness.records.certificates import known_certificates
from harness.records.twins import readable, serves
from harness.records.weights import weights_path
from harness.runs.plan import PlannedCell
from harness.runs.sealing import circumstances
from harness.training.cell import Setting


def copies(cells: Sequence[PlannedCell], results: Path, setting: Setting, with_weights: bool = False) -> frozenset[str]:
    """The fingerprints' digests of those of `cells` that have a twin among the finished records in `results`.

    with_weights: a twin counts whose file of weights is there.
    """
    wanted: dict[tuple[str, str], PlannedCell] = {(c.path.name, c.fingerprint.recipe): c for c in cells}
    own, certificates, found = {cell.path for cell in cells}, known_certificates(results), set()
    for name in {cell.path.name for cell in cells}:
        for path, record in readable(results, name):
            cell = wanted.get((name, record.fingerprint.recipe)) if path not in own else None
            if with_weights and not weights_path(path).is_file():
                continue
            if cell and serves(record, cell.fingerprint, circumstances(cell.config, setting), certificates):
                found.add(cell.fingerprint.digest)
    return frozenset(found)
