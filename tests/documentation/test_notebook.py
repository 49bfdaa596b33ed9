"""The notebook runs from top to bottom as a student would run it, and is committed without results."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.documentation.pages import DOCS, ROOT

NOTEBOOK = DOCS / "student.ipynb"
SECONDS = 300


def test_it_runs_and_reads_a_verdict(tmp_path: Path) -> None:
    for package in ("nbclient", "ipykernel"):
        pytest.importorskip(package, reason="needs the extra docs")
    shutil.copytree(ROOT / "results/evidence", tmp_path / "results/evidence", ignore=shutil.ignore_patterns(".*"))
    (tmp_path / "docs").mkdir()
    shutil.copy(NOTEBOOK, tmp_path / "docs")
    command = [sys.executable, "-m", "jupyter", "execute", "--output=done.ipynb", str(tmp_path / "docs/student.ipynb")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    cells = json.loads((tmp_path / "docs/done.ipynb").read_text("utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    assert sum("image/png" in output.get("data", {}) for output in outputs) == 3
    assert any("verdict: " in "".join(output.get("text", [])) for output in outputs)
    assert len(list((tmp_path / "results/local-notebook").rglob("seed-*.json"))) == 3


def test_it_is_committed_without_results() -> None:
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in cells if cell["cell_type"] == "code")
