"""Runs that are killed, stopped, doubled, or out of disk: real processes, and what is on disk afterwards.

Three kills by default. Twenty: `HARNESS_KILLS=20 pytest tests/runs/test_processes.py -k killed`.
"""

import os
import random
import re
import signal
import time
from pathlib import Path

import pytest

from tests.runs.conftest import Server, digests, left_over

# A process must be hit in the middle of its work: a moment that another process's scheduling may take away.
pytestmark = [pytest.mark.slow, pytest.mark.flaky(reruns=2)]

KILLS = int(os.environ.get("HARNESS_KILLS", "3"))


@pytest.fixture(scope="module")
def seconds(server: Server, tiny_file: str, whole: object, tmp_path_factory: pytest.TempPathFactory) -> float:
    """How long the grid takes once its kernels are compiled."""
    assert whole
    start = time.monotonic()
    server.run(tiny_file, tmp_path_factory.mktemp("timed")).done()
    return time.monotonic() - start


@pytest.mark.parametrize("number", range(KILLS))
def test_a_killed_grid_ends_with_the_same_records(
    number: int, server: Server, tiny_file: str, whole: dict[str, str], seconds: float, tmp_path: Path
) -> None:
    run = server.run(tiny_file, tmp_path)
    time.sleep(random.Random(number).uniform(0, seconds))
    os.kill(run.pid, signal.SIGKILL)
    assert run.wait() in (-signal.SIGKILL, 0)
    digests(tmp_path)  # what is there can be read
    server.run(tiny_file, tmp_path).done()
    assert digests(tmp_path) == whole
    assert left_over(tmp_path) == []


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


@pytest.mark.parametrize("limit", [1_200, 4_000])
def test_a_disk_that_refuses_is_one_line_and_old_records_stay(
    server: Server, tiny_file: str, whole: dict[str, str], tmp_path: Path, limit: int
) -> None:
    """RLIMIT_FSIZE: 1,200 bytes hold a lock and no checkpoint; 4,000 the thresholds and not this network."""
    server.run(tiny_file, tmp_path, "--arm", "cyclic-6", "--seeds", "1").done()
    before = digests(tmp_path)
    run = server.run(tiny_file, tmp_path, limit=limit)
    assert run.wait() == 2, run.said()
    last = run.said().splitlines()[-1]
    assert re.match(r"error: \S+ seed \d: the disk refuses: File too large .* run the same command", last)
    assert "Traceback" not in run.said()
    assert digests(tmp_path) == before
    assert {Path(name).suffix for name in left_over(tmp_path)} <= {".lock", ".balanced"}
    server.run(tiny_file, tmp_path).done()
    assert digests(tmp_path) == whole
