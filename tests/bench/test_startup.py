"""Start-up is that of real processes: none of them fails unseen."""

import subprocess

import pytest

from harness.bench.plan import Point
from harness.bench.startup import startup


def test_a_first_step_takes_longer_than_a_help_text() -> None:
    found = startup(Point("784-100-10", 2, 2), processes=1)
    assert 0 < found.help_seconds < found.first_step_seconds


def test_a_process_that_fails_is_an_error() -> None:
    with pytest.raises(subprocess.CalledProcessError):
        startup(Point("no such network", 1, 1), processes=1)
