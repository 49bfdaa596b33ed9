"""What makes committed records stale, tried on a copy of the program: exactly those that use the changed code."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EVIDENCE = ROOT / "results" / "evidence"
Change = Callable[[Path], None]


def states(tree: Path) -> dict[str, str]:
    """The state of every committed record under the code in `tree`, by its path."""
    command = [sys.executable, "-m", "harness", "status", "--results-dir", str(EVIDENCE), "--json"]
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=True)
    cells = json.loads(done.stdout)["cells"]
    return {cell["record"]: cell["status"] for cell in cells if cell["status"] in ("done", "stale")}


@pytest.fixture(scope="module")
def today() -> dict[str, str]:
    return states(ROOT)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for package in ("harness", "encoders"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def replaced(path: Path, before: str, after: str) -> None:
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))


def test_a_word_of_an_error_changes_nothing(copy: Path, today: dict[str, str]) -> None:
    replaced(copy / "harness" / "snn" / "balancing.py", "no threshold: percentile", "threshold missing: percentile")
    assert states(copy) == today


def test_a_module_that_moves_changes_nothing(copy: Path, today: dict[str, str]) -> None:
    (copy / "harness" / "snn" / "balancing.py").rename(copy / "harness" / "snn" / "percentiles.py")
    for path in (copy / "harness").rglob("*.py"):
        path.write_text(path.read_text().replace("harness.snn.balancing", "harness.snn.percentiles"))
    assert states(copy) == today


def test_a_changed_constant_of_the_neuron_makes_every_record_stale(copy: Path) -> None:
    replaced(copy / "harness" / "snn" / "kernels" / "cpu.py", "BLOCK = 1024", "BLOCK = 1023")
    assert set(states(copy).values()) == {"stale"}


def test_a_changed_encoder_makes_its_own_records_stale_and_no_other(copy: Path, today: dict[str, str]) -> None:
    path = copy / "encoders" / "direct.py"
    path.write_text(path.read_text() + "\nFURTHER = 1\n")
    changed = {record for record, state in states(copy).items() if state != today[record]}
    assert changed == {record for record, state in today.items() if "/direct" in record and state == "done"}
