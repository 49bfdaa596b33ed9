"""The committed report is what the committed records give."""

import csv
import io
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.analysis.energy import FORTY_FIVE_NM
from harness.papers import catalogue
from harness.report import Folders, check, read
from harness.report.table import csv_text
from harness.report.tables import curves_table, operations_table, profiles_with_records

ROOT = Path(__file__).parent.parent
EVIDENCE = ROOT / "results" / "evidence"


def git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a clone")
    return done.stdout


@pytest.mark.slow
def test_the_committed_report_is_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert check(Folders(Path("results/evidence"), Path("reports"), readme=Path("README.md")), catalogue()) == []


def test_git_keeps_no_page_and_no_copy_of_a_figure() -> None:
    assert {Path(name).suffix for name in git("ls-files", "reports").split()} == {".csv", ".md", ".svg", ".tex"}


def numbers(text: str) -> Iterator[tuple[str, ...]]:
    """Each row: the numbers as they are rounded to, and the texts that say what they are."""
    for row in csv.DictReader(io.StringIO(text)):
        yield tuple(f"{float(cell):g}" if cell.replace(".", "").isdigit() else cell for cell in row.values())


def test_no_number_of_the_last_commit_is_lost() -> None:
    """The form of a table may change; its numbers, row by row, may not."""
    known = catalogue()
    sources = read(EVIDENCE, None, known)
    committed = [name for name in git("ls-tree", "--name-only", "HEAD", "reports/").split() if name.endswith(".csv")]
    assert committed
    for name in committed:
        experiment = known.experiment(Path(name).stem.removesuffix("-operations"))
        profiles = profiles_with_records(experiment.name, sources)
        table = (
            operations_table(experiment, profiles, sources, FORTY_FIVE_NM)
            if name.endswith("-operations.csv")
            else curves_table(experiment, profiles, sources, known.claims)
        )
        assert list(numbers(csv_text(table))) == list(numbers(git("show", f"HEAD:{name}"))), name
