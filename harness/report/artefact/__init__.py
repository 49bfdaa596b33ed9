"""A folder for whoever reviews: records, report, claims with their commands, RO-Crate, metadata, checklist and lock.

Nothing in it points outside it. It is written from records alone, and trains nothing.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from harness.analysis.energy import FORTY_FIVE_NM, EnergyModel
from harness.catalogue import Catalogue
from harness.errors import HarnessError
from harness.machine.files import write_atomically
from harness.report.artefact.checklist import checklist
from harness.report.artefact.claims import claims_table, commands
from harness.report.artefact.crate import crate
from harness.report.artefact.lock import lock
from harness.report.artefact.material import Material, gathered
from harness.report.artefact.rescience import document, metadata
from harness.report.render import Folders, render

RECORDS, REPORT = "records", "report"

__all__ = ["write_artefact"]


def write_artefact(
    folder: Path, evidence: Path, catalogue: Catalogue, energy: EnergyModel = FORTY_FIVE_NM
) -> tuple[Path, ...]:
    """Write the artefact of the records below `evidence` into `folder`; the files written.

    Raises HarnessError where there are no records, or where `folder` already holds something.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise HarnessError(f"{folder} is not an empty folder", "name a new one")
    found = sorted(path for path in evidence.rglob("*.json") if not path.name.startswith("."))
    if not found:
        raise HarnessError(f"no records in {evidence}", "`harness run EXPERIMENT --results-dir FOLDER` makes some")
    written = []
    for path in found:
        target = folder / RECORDS / path.relative_to(evidence)
        write_atomically(target, path.read_bytes())
        written.append(target)
    result = render(Folders(folder / RECORDS, folder / REPORT), catalogue, energy=energy)
    written += result.files
    material = gathered(folder, RECORDS, REPORT, catalogue)
    for name, text in _texts(material, datetime.now(UTC).date().isoformat()):
        write_atomically(folder / name, text.encode())
        written.append(folder / name)
    return tuple(written)


def _texts(material: Material, day: str) -> Iterator[tuple[str, str]]:
    rows = commands(material)
    yield "claims.md", claims_table(rows)
    yield "checklist.md", checklist(material)
    yield "environment.lock", lock(material)
    yield "metadata.yaml", metadata(material, day)
    yield "article.tex", document(material, rows)
    # Last, since it lists what else is there.
    yield "ro-crate-metadata.json", crate(material, day)
