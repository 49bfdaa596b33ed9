"""The committed report is what the committed records give, and no record there is of another configuration."""

import subprocess
from pathlib import Path

import pytest

from harness.analysis.frame import load
from harness.papers import catalogue
from harness.report import Folders, check

ROOT = Path(__file__).parent.parent
EVIDENCE = ROOT / "results" / "evidence"


def test_the_committed_report_is_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert check(Folders(Path("results/evidence"), Path("reports"), readme=Path("README.md")), catalogue()) == []


def test_git_keeps_no_page_and_no_copy_of_a_figure() -> None:
    done = subprocess.run(["git", "ls-files", "reports"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a clone")
    assert {Path(name).suffix for name in done.stdout.split()} == {".csv", ".md", ".svg", ".tex"}


def test_every_committed_record_is_fresh() -> None:
    loaded = load(EVIDENCE, catalogue())
    assert not [problem for problem in loaded.problems if "refused" in problem or "tampered" in problem]
    assert set(loaded.cells["status"]) == {"done"}
