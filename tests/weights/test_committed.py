"""The committed networks of Table 1: anyone gets their records' counts without training."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from harness.records.store import read_record
from tests.cells import computed_alike

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "results/evidence/mnist-784-100-10/paper"
ARMS = ("cyclic-16", "cyclic-5", "cyclic-2", "direct-16")
IMAGES, SECONDS = 2, 20  # what rounding may move on another processor; what a clone may take


DATA = os.environ.get("HARNESS_DATA")


def seconds_of_children() -> float:
    """Processor time of the programs that this one has waited for."""
    used = os.times()
    return used.children_user + used.children_system


@pytest.mark.skipif(DATA is None, reason="MNIST is not at hand: name its folder in HARNESS_DATA")
@pytest.mark.parametrize("arm", ARMS)
def test_a_clone_gives_the_counts_of_the_record(arm: str) -> None:
    path = FOLDER / arm / "seed-0000.json"
    recorded = read_record(path)
    assert recorded.curve is not None
    start = seconds_of_children()
    command = [sys.executable, "-m", "harness", "predict", str(path.with_suffix(".safetensors")), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert seconds_of_children() - start < SECONDS
    found = json.loads(done.stdout)
    assert found["total"] == recorded.curve.total
    gap = np.abs(np.subtract(found["correct"], recorded.curve.correct)).max()
    assert gap <= (0 if computed_alike(recorded) else IMAGES)
