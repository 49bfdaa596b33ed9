"""Runs that are killed, stopped, doubled, or out of disk: real processes, and what is on disk afterwards.

Four kills by default. Twenty: `HARNESS_KILLS=20 pytest tests/robust/test_processes.py -k killed`.
"""

import os
import random
import re
import signal
import time
from pathlib import Path

import pytest

from tests.robust.conftest import Server, Started, digests, left_over

# A process must be hit in the middle of its work: a moment that another process's scheduling may take away.
pytestmark = pytest.mark.flaky(reruns=2)

GRID = ("run", "tiny", "--results-dir", "results", "--json")
KILLS = int(os.environ.get("HARNESS_KILLS", "4"))


@pytest.fixture(scope="module")
def whole(server: Server, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], float]:
    """The digests of an uninterrupted run, and how long one takes with kernels compiled and cached."""
    server.start(*GRID, cwd=tmp_path_factory.mktemp("first")).wait()
    folder = tmp_path_factory.mktemp("whole")
    start = time.monotonic()
    run = server.start(*GRID, cwd=folder, HARNESS_CACHE=str(folder / "cache"))
    assert run.wait() == 0, run.said()
    return digests(folder / "results"), time.monotonic() - start


@pytest.mark.parametrize("number", range(KILLS))
def test_a_killed_grid_ends_with_the_same_records(
    number: int, server: Server, whole: tuple[dict[str, str], float], tmp_path: Path
) -> None:
    expected, seconds = whole
    cache = str(tmp_path / "cache")
    run = server.start(*GRID, cwd=tmp_path, HARNESS_CACHE=cache)
    time.sleep(random.Random(number).uniform(0, seconds))
    os.kill(run.pid, signal.SIGKILL)
    assert run.wait() in (-signal.SIGKILL, 0)
    digests(tmp_path / "results")
    again = server.start(*GRID, cwd=tmp_path, HARNESS_CACHE=cache)
    assert again.wait() == 0, again.said()
    assert digests(tmp_path / "results") == expected
    assert left_over(tmp_path / "results") == []


def test_two_runs_at_once_train_each_cell_once(
    server: Server, whole: tuple[dict[str, str], float], tmp_path: Path
) -> None:
    runs = [server.start(*GRID, cwd=tmp_path) for _ in range(2)]
    assert [run.wait() for run in runs] == [0, 0], [run.said() for run in runs]
    trained = [line for run in runs for line in re.findall(r"^(\S+ seed \d+): [\d.]+ % in", run.said(), re.M)]
    assert sorted(trained) == ["cyclic-6 seed 0", "cyclic-6 seed 1", "poisson-6 seed 0", "poisson-6 seed 1"]
    assert all("running elsewhere (process" in run.said() for run in runs if "finished by another" in run.said())
    assert digests(tmp_path / "results") == whole[0]
    assert left_over(tmp_path / "results") == []


def test_a_run_that_waits_takes_over_from_one_that_dies(
    server: Server, whole: tuple[dict[str, str], float], tmp_path: Path
) -> None:
    first = server.start(*GRID, cwd=tmp_path)
    until(first, tmp_path, ".seed-*.checkpoint.training")
    os.kill(first.pid, signal.SIGSTOP)
    second = server.start(*GRID, cwd=tmp_path)
    end = time.monotonic() + 300
    while "waiting for cells of other runs" not in second.said():
        assert time.monotonic() < end, second.said()
        time.sleep(0.05)
    os.kill(first.pid, signal.SIGKILL)
    assert first.wait() == -signal.SIGKILL
    assert second.wait() == 0, second.said()
    assert f"running elsewhere (process {first.pid} on" in second.said()
    assert digests(tmp_path / "results") == whole[0]
    assert left_over(tmp_path / "results") == []


def until(run: Started, there: Path, pattern: str, seconds: float = 300) -> None:
    """Wait until a file is there, so that a run is known to be in the middle."""
    end = time.monotonic() + seconds
    while not list(there.rglob(pattern)):
        assert time.monotonic() < end, run.said()
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (signal.SIGINT, (130, "the same command goes on from there")),
        (signal.SIGTERM, (75, "with a checkpoint: run the same command again to go on")),
        (signal.SIGUSR1, (75, "with a checkpoint: run the same command again to go on")),
    ],
)
def test_a_stopped_run_says_how_to_go_on_and_does(
    number: int, expected: tuple[int, str], server: Server, whole: tuple[dict[str, str], float], tmp_path: Path
) -> None:
    run = server.start(*GRID, cwd=tmp_path)
    until(run, tmp_path, ".seed-*.checkpoint.training")
    os.kill(run.pid, number)
    code, words = expected
    assert run.wait() == code
    assert words in run.said().splitlines()[-1]
    assert "Traceback" not in run.said()
    assert ".training" in [Path(name).suffix for name in left_over(tmp_path / "results")]
    again = server.start(*GRID, cwd=tmp_path)
    assert again.wait() == 0
    assert digests(tmp_path / "results") == whole[0]


def test_the_second_signal_ends_it_at_once(server: Server, tmp_path: Path) -> None:
    run = server.start(*GRID, cwd=tmp_path)
    until(run, tmp_path, ".seed-*.lock")
    for _ in range(50):
        os.kill(run.pid, signal.SIGINT)
    start = time.monotonic()
    assert run.wait() == 130
    assert time.monotonic() - start < 60
    assert "Traceback" not in run.said()


@pytest.mark.parametrize("limit", [1_200, 4_000])
def test_a_disk_that_refuses_is_one_line_and_old_records_stay(server: Server, tmp_path: Path, limit: int) -> None:
    """RLIMIT_FSIZE: 1,200 bytes hold a lock and no checkpoint; 4,000 the thresholds and not this network."""
    first = server.start(*GRID, "--arm", "cyclic-6", "--seeds", "1", cwd=tmp_path)
    assert first.wait() == 0
    before = digests(tmp_path / "results")
    run = server.start(*GRID, cwd=tmp_path, limit=limit)
    assert run.wait() == 2, run.said()
    last = run.said().splitlines()[-1]
    assert re.match(r"error: \S+ seed \d: the disk refuses: File too large .* run the same command", last)
    assert "Traceback" not in run.said()
    assert digests(tmp_path / "results") == before
    assert {Path(name).suffix for name in left_over(tmp_path / "results")} <= {".lock", ".balanced"}
    again = server.start(*GRID, cwd=tmp_path)
    assert again.wait() == 0
    assert len(digests(tmp_path / "results")) == 4
