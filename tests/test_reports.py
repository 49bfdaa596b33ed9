"""The committed report is what the committed records give, and no record there is of another configuration."""

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


def test_every_committed_record_can_be_used() -> None:
    loaded = load(EVIDENCE, catalogue())
    assert set(loaded.cells["status"]) == {"done"}
    assert not [problem for problem in loaded.problems if "refused" in problem or "tampered" in problem]
