"""Cells that are the same computation under another name: it is trained once, and has a record under each name.

`mnist-encoders` and `mnist-784-100-10`, say, both have DCT at 16 timesteps with the same recipe and seeds.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from harness.config import CellConfig
from harness.errors import HarnessError
from harness.records.admission import nonsense
from harness.records.certificates import Certificate, chain
from harness.records.store import read_record, record_path
from harness.schema import Fingerprint, Record

TRAINED_AS = "trained as"  # of a record's environment: the name under which the cell was trained


def twin(
    config: CellConfig,
    fingerprint: Fingerprint,
    results: Path,
    environment: Mapping[str, str],
    certificates: Sequence[Certificate] = (),
) -> Record | None:
    """The record of a cell, taken from a finished one in `results` of the same recipe, data, device and environment.

    Its code is that of `fingerprint`, or `certificates` lead from it there; the record goes on naming its own code.
    None where there is none.
    """
    own = record_path(results, config)
    for path, record in readable(results, own.name):
        if path != own and serves(record, fingerprint, environment, certificates):
            first = record.environment.get(TRAINED_AS, "/".join(path.parts[-4:-1]))
            named = {**record.environment, TRAINED_AS: first}
            return msgspec.structs.replace(record, config=config, environment=named)
    return None


def readable(results: Path, name: str) -> Iterator[tuple[Path, Record]]:
    """The readable records of one seed, whose files are called `name`: a folder may hold thousands of others."""
    for path in sorted(results.glob(f"*/*/*/{name}")):
        try:
            yield path, read_record(path)
        except HarnessError:
            continue


def serves(
    record: Record, fingerprint: Fingerprint, environment: Mapping[str, str], certificates: Sequence[Certificate]
) -> bool:
    """Whether a record makes sense and says what a cell with this fingerprint would give in this environment."""
    own = record.fingerprint
    alike = (own.recipe, own.data, own.device) == (fingerprint.recipe, fingerprint.data, fingerprint.device)
    if record.status != "done" or not alike:
        return False
    around = {name: value for name, value in record.environment.items() if name != TRAINED_AS}
    certified = chain(certificates, own, record.config, fingerprint.numerics) is not None
    return around == environment and certified and not nonsense(record)
