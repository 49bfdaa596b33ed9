"""Cells that compute nothing run through every executor, and the driver's memory does not grow with them.

HARNESS_EMPTY_CELLS="10000 10000 200" sets the number of cells here, on Ray and on Slurm, and `-s` shows what each took.
Times are not tested: other tests run beside these.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.executors.cluster import Cluster
from tests.robust import tiny

HERE, RAY, SLURM = (int(number) for number in os.environ.get("HARNESS_EMPTY_CELLS", "1000 100 6").split())

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc"),
]


def run(on: str, number: int, folder: Path, **more: str) -> None:
    """All cells have their records, and the driver needs less than 1 GB."""
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
    print(
        f"{on}, {number} cells: {1000 * found['seconds'] / number:.1f} ms a cell, {found['mib']:.0f} MiB in the driver"
    )
    assert found["cells"] == number
    assert found["mib"] < 1024


def test_processes_here(tmp_path: Path) -> None:
    run("here", HERE, tmp_path)


@pytest.mark.usefixtures("ray_installed")
def test_ray(tmp_path: Path) -> None:
    run("ray", RAY, tmp_path)


def test_slurm(slurm: Cluster, tmp_path: Path) -> None:
    run("slurm", SLURM, tmp_path, **slurm.environment)
