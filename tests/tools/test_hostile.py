"""Hostile input and faults: a sample of every class holds, and all of it in `pytest -m slow`."""

import subprocess
import sys

import pytest

from tools.hostile import CLASSES, ROOT


@pytest.mark.slow
def test_what_is_tried_holds(pytestconfig: pytest.Config) -> None:
    full = ["--full"] if pytestconfig.getoption("markexpr") == "slow" else []
    command = [sys.executable, "-m", "tools.hostile", *full]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout


def test_the_page_lists_every_class() -> None:
    rows = [
        line.split("|")[1].strip() for line in (ROOT / "docs/design.md").read_text("utf-8").splitlines() if "|" in line
    ]
    assert {*CLASSES} <= {*rows}
