"""A cell that computes nothing costs milliseconds here and on Ray, and the start of Python on Slurm.

HARNESS_EMPTY_CELLS="10000 10000 200" sets the number of cells here, on Ray and on Slurm; docs/speed.md has the result.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.executors.cluster import Cluster
from tests.robust import tiny

HERE, RAY, SLURM = (int(number) for number in os.environ.get("HARNESS_EMPTY_CELLS", "1000 1000 8").split())

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc"),
]


def measured(on: str, number: int, folder: Path, **more: str) -> float:
    """Seconds a cell. The driver's memory is below 1 GB whatever their number."""
    environment = {
        **os.environ,
        "PYTHONPATH": tiny.root(),
        "HARNESS_CACHE": str(folder / "cache"),
        "OMP_NUM_THREADS": "1",
        "RAY_USAGE_STATS_ENABLED": "0",
        **more,
    }
    program = [sys.executable, "-m", "tests.executors.empty_cells", on, str(number)]
    done = subprocess.run(program, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    seconds = float(found["seconds"]) / number
    print(f"{on}, {number} cells: {1000 * seconds:.1f} ms a cell, {found['mib']:.0f} MiB in the driver")
    assert found["cells"] == number
    assert found["mib"] < 1024
    return seconds


def test_processes_here(tmp_path: Path) -> None:
    assert measured("here", HERE, tmp_path) < 0.1


@pytest.mark.usefixtures("ray_installed")
def test_ray(tmp_path: Path) -> None:
    assert measured("ray", RAY, tmp_path) < 0.3


def test_slurm(slurm: Cluster, tmp_path: Path) -> None:
    assert measured("slurm", SLURM, tmp_path, **slurm.environment) < 60
