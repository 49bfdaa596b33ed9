"""`--workers 2`: the records of one process, whatever is stopped or killed meanwhile."""

import os
import signal
import time
from pathlib import Path

import psutil
import pytest

from tests.robust.conftest import Server, Started, digests, left_over

# A process must be hit in the middle of its work: a moment that another process's scheduling may take away.
pytestmark = pytest.mark.flaky(reruns=2)

GRID = ("run", "tiny", "--results-dir", "results", "--json", "--workers", "2")


def start(server: Server, folder: Path) -> Started:
    return server.start(*GRID, cwd=folder, HARNESS_CACHE=str(folder / "cache"))


def until_training(run: Started, folder: Path) -> None:
    """Wait until a worker is in the middle of a cell."""
    end = time.monotonic() + 200
    while not list(folder.rglob(".seed-*.checkpoint.training")):
        assert time.monotonic() < end, run.said()
        time.sleep(0.01)


def workers(run: Started) -> list[psutil.Process]:
    """The processes that compute cells."""
    return [child for child in psutil.Process(run.pid).children() if "spawn_main" in " ".join(child.cmdline())]


def ended(processes: list[psutil.Process]) -> bool:
    """Whether all of them end within a minute."""
    return not psutil.wait_procs(processes, timeout=60)[1]


def test_the_records_are_those_of_one_process(server: Server, whole: dict[str, str], tmp_path: Path) -> None:
    run = start(server, tmp_path)
    assert run.wait() == 0, run.said()
    assert digests(tmp_path / "results") == whole
    assert left_over(tmp_path / "results") == []
    assert run.said().count(" % in ") == 4


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (signal.SIGINT, (130, "the same command goes on from there")),
        (signal.SIGTERM, (75, "with a checkpoint: run the same command again to go on")),
    ],
)
def test_a_stopped_run_keeps_checkpoints_and_goes_on(
    number: int, expected: tuple[int, str], server: Server, whole: dict[str, str], tmp_path: Path
) -> None:
    run = start(server, tmp_path)
    until_training(run, tmp_path)
    crew = workers(run)
    os.kill(run.pid, number)
    code, words = expected
    assert run.wait() == code
    assert words in run.said().splitlines()[-1]
    assert "Traceback" not in run.said()
    assert ended(crew)
    assert start(server, tmp_path).wait() == 0
    assert digests(tmp_path / "results") == whole


def test_another_worker_goes_on_for_one_that_is_killed(server: Server, whole: dict[str, str], tmp_path: Path) -> None:
    run = start(server, tmp_path)
    until_training(run, tmp_path)
    workers(run)[0].kill()
    assert run.wait() == 0, run.said()
    assert "a worker has ended with exit code -9; another goes on with it" in run.said()
    assert digests(tmp_path / "results") == whole


def test_workers_end_with_whoever_hired_them(server: Server, tmp_path: Path) -> None:
    run = start(server, tmp_path)
    until_training(run, tmp_path)
    crew = workers(run)
    os.kill(run.pid, signal.SIGKILL)
    assert run.wait() == -signal.SIGKILL
    assert len(crew) == 2
    assert ended(crew)
