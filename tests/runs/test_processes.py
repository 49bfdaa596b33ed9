"""Runs that are stopped or doubled: real processes, and what is on disk afterwards. Kills, disks: `tools.hostile`."""

import os
import re
import signal
import time
from pathlib import Path

import pytest

from tests.runs.conftest import Server, digests, left_over

# A process must be hit in the middle of its work: a moment that another process's scheduling may take away.
pytestmark = [pytest.mark.slow, pytest.mark.flaky(reruns=2)]


def test_two_runs_at_once_train_each_cell_once(
    server: Server, tiny_file: str, whole: dict[str, str], tmp_path: Path
) -> None:
    runs = [server.run(tiny_file, tmp_path) for _ in range(2)]
    for run in runs:
        run.done()
    trained = [line for run in runs for line in re.findall(r"^(\S+ seed \d+): [\d.]+ % in", run.said(), re.M)]
    assert sorted(trained) == ["cyclic-6 seed 0", "cyclic-6 seed 1", "poisson-6 seed 0", "poisson-6 seed 1"]
    assert digests(tmp_path) == whole
    assert left_over(tmp_path) == []


def test_a_run_that_waits_takes_over_from_one_that_dies(
    server: Server, tiny_file: str, whole: dict[str, str], tmp_path: Path
) -> None:
    first = server.run(tiny_file, tmp_path)
    first.until(tmp_path)
    os.kill(first.pid, signal.SIGSTOP)
    second = server.run(tiny_file, tmp_path)
    end = time.monotonic() + 300
    while "waiting for cells of other runs" not in second.said():
        assert time.monotonic() < end, second.said()
        time.sleep(0.05)
    os.kill(first.pid, signal.SIGKILL)
    assert first.wait() == -signal.SIGKILL
    second.done()
    assert f"running elsewhere (process {first.pid} on" in second.said()
    assert digests(tmp_path) == whole
    assert left_over(tmp_path) == []


@pytest.mark.parametrize(
    ("number", "code", "words"),
    [
        (signal.SIGINT, 130, "the same command goes on from there"),
        (signal.SIGTERM, 75, "with a checkpoint: run the same command again to go on"),
    ],
)
def test_a_stopped_run_says_how_to_go_on_and_does(
    number: int, code: int, words: str, server: Server, tiny_file: str, whole: dict[str, str], tmp_path: Path
) -> None:
    run = server.run(tiny_file, tmp_path)
    run.until(tmp_path)
    os.kill(run.pid, number)
    assert run.wait() == code
    assert words in run.said().splitlines()[-1]
    assert "Traceback" not in run.said()
    assert ".training" in [Path(name).suffix for name in left_over(tmp_path)]
    server.run(tiny_file, tmp_path).done()
    assert digests(tmp_path) == whole


def test_the_second_signal_ends_it_at_once(server: Server, tiny_file: str, tmp_path: Path) -> None:
    run = server.run(tiny_file, tmp_path)
    run.until(tmp_path, ".seed-*.lock")
    for _ in range(50):
        os.kill(run.pid, signal.SIGINT)
    start = time.monotonic()
    assert run.wait() == 130
    assert time.monotonic() - start < 60
    assert "Traceback" not in run.said()
