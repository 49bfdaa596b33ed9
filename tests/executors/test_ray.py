"""`--on ray` on a real cluster of two nodes: the records of one process, also when a node dies."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.robust import tiny
from tests.robust.conftest import digests

# A process must be hit in the middle of its work: a moment that another process's scheduling may take away.
pytestmark = [pytest.mark.flaky(reruns=2), pytest.mark.usefixtures("ray_installed")]


def run(folder: Path, *words: str) -> str:
    """What the program of `ray_cluster.py` says on its error stream."""
    environment = {
        **os.environ,
        "PYTHONPATH": tiny.root(),
        "HARNESS_CACHE": str(folder / "cache"),
        "OMP_NUM_THREADS": "1",
        "RAY_USAGE_STATS_ENABLED": "0",
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.executors.ray_cluster", *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stderr


def test_the_records_are_those_of_one_process(whole: dict[str, str], tmp_path: Path) -> None:
    run(tmp_path)
    assert digests(tmp_path / "results") == whole


def test_a_node_that_dies_loses_no_cell(whole: dict[str, str], tmp_path: Path) -> None:
    assert "killed a node" in run(tmp_path, "kill")
    assert digests(tmp_path / "results") == whole
