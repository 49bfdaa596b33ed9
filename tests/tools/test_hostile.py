"""Hostile input and faults: a sample of every class holds, and all of it in `pytest -m slow`."""

import pytest

from tests.command import python
from tools.hostile import ROOT


@pytest.mark.slow
def test_what_is_tried_holds(pytestconfig: pytest.Config) -> None:
    full = ["--full"] if pytestconfig.getoption("markexpr") == "slow" else []
    python("-m", "tools.hostile", *full, cwd=ROOT)
