"""Runs that are killed, stopped or doubled, with workers and without: what is on disk afterwards.

Kills at any moment and disks that are full: `tools.hostile`.
"""

import os
import re
import signal
import time
from pathlib import Path

import psutil
import pytest

from harness.machine.files import holder
from harness.records.store import record_paths
from tests.runs.conftest import Server, Started, digests, left_over

# A process must be hit in the middle of its work: a moment that another process's scheduling may take away.
pytestmark = [pytest.mark.slow, pytest.mark.flaky(reruns=2)]

TWO = ("--workers", "2")
ADDED = "poisson(rate=0.5)@4"
GRID = ["cyclic-6 seed 0", "cyclic-6 seed 1", "poisson-6 seed 0", "poisson-6 seed 1"]


def trained(*runs: Started) -> list[str]:
    """The cells whose end the runs report."""
    return sorted(cell for run in runs for cell in re.findall(r"^(\S+ seed \d+): [\d.]+ % in", run.said(), re.M))


def workers(run: Started) -> list[psutil.Process]:
    """The processes that compute cells for a run with --workers."""
    return [child for child in psutil.Process(run.pid).children() if "--worker-of" in child.cmdline()]


def ended(processes: list[psutil.Process]) -> bool:
    return not psutil.wait_procs(processes, timeout=60)[1]


# Killed


def test_another_worker_goes_on_for_one_that_is_killed(
    server: Server, tiny_file: str, whole: dict[str, str], tmp_path: Path
) -> None:
    run = server.run(tiny_file, tmp_path, *TWO)
    run.until(tmp_path)
    owner = next(filter(None, map(holder, tmp_path.rglob(".seed-*.lock"))))
    os.kill(owner.pid, signal.SIGKILL)
    run.done()
    assert digests(tmp_path) == whole


def test_workers_end_with_the_run_that_started_them(server: Server, tiny_file: str, tmp_path: Path) -> None:
    run = server.run(tiny_file, tmp_path, *TWO)
    run.until(tmp_path)
    crew = workers(run)
    os.kill(run.pid, signal.SIGKILL)
    assert run.wait() == -signal.SIGKILL
    assert ended(crew)


def test_a_cell_that_kills_its_process_ends_the_run_with_its_name(server: Server, tmp_path: Path) -> None:
    (tmp_path / "deadly.py").write_text(
        "import os, sys\n"
        "from dataclasses import replace\n"
        "from tests.robust.tiny import EXPERIMENT as TINY\n"
        "EXPERIMENT = replace(TINY, name='deadly', arms=TINY.arms[:1])\n"
        "import harness.runs.workers as workers\n"
        "workers.MOST_LOST = 0\n"
        "if '--worker-of' in sys.argv:\n"
        "    import harness.training.cell as cell\n"
        "    cell.pretrained = lambda *_: os.kill(os.getpid(), 9)\n"
    )
    run = server.run(str(tmp_path / "deadly.py"), tmp_path, *TWO, "--seeds", "1")
    assert run.wait() == 2
    assert "error: cyclic-6 seed 0: workers end without a record (exit code -9)" in run.said()


# Stopped


@pytest.mark.parametrize(
    ("number", "more", "code", "words"),
    [
        (signal.SIGINT, (), 130, "the same command goes on from there"),
        (signal.SIGTERM, TWO, 75, "with a checkpoint: run the same command again to go on"),
    ],
)
def test_a_stopped_run_says_how_to_go_on_and_does(
    number: int,
    more: tuple[str, ...],
    code: int,
    words: str,
    server: Server,
    tiny_file: str,
    whole: dict[str, str],
    tmp_path: Path,
) -> None:
    run = server.run(tiny_file, tmp_path, *more)
    run.until(tmp_path)
    crew = workers(run)
    assert len(crew) == (2 if more else 0)
    os.kill(run.pid, number)
    assert run.wait() == code, run.said()
    assert words in run.said().splitlines()[-1]
    assert "Traceback" not in run.said()
    assert ".training" in [Path(name).suffix for name in left_over(tmp_path)]
    assert ended(crew)
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


def test_time_counts_from_the_first_cell_on_so_that_a_run_gets_further(
    server: Server, tiny_file: str, whole: dict[str, str], tmp_path: Path
) -> None:
    run = server.run(tiny_file, tmp_path, *TWO, "--for", "0.2s")
    assert run.wait() == 75, run.said()
    begun = [path for path in tmp_path.rglob("*") if "checkpoint" in path.name]
    assert ("with a checkpoint" in run.said().splitlines()[-1]) == bool(begun)
    assert begun or record_paths(tmp_path / "results") or list(tmp_path.rglob("*.pt"))
    server.run(tiny_file, tmp_path).done()
    assert digests(tmp_path) == whole


# Beside each other


@pytest.mark.parametrize(
    ("runs", "added"),
    [([()] * 2, []), ([(*TWO, "--encoder", ADDED)], [f"{ADDED} seed 0", f"{ADDED} seed 1"])],
    ids=["two runs", "two workers, which know the arm that is added"],
)
def test_two_at_once_train_each_cell_once(
    runs: list[tuple[str, ...]],
    added: list[str],
    server: Server,
    tiny_file: str,
    whole: dict[str, str],
    tmp_path: Path,
) -> None:
    started = [server.run(tiny_file, tmp_path, *words) for words in runs]
    for run in started:
        run.done()
    assert trained(*started) == sorted(GRID + added)
    assert whole.items() <= digests(tmp_path).items()
    assert len(digests(tmp_path)) == len(whole) + len(added)
    assert left_over(tmp_path) == []
    assert len(list((tmp_path / "cache/anns").glob("*.pt"))) == 4  # two seeds of two frames, each trained once


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
    third = server.run(tiny_file, tmp_path, *TWO, "--arm", "cyclic-6", "--seeds", "1", "--for", "0.2s")
    assert third.wait() == 75, third.said()  # all its cells are held by others
    os.kill(first.pid, signal.SIGKILL)
    assert first.wait() == -signal.SIGKILL
    second.done()
    assert f"running elsewhere (process {first.pid} on" in second.said()
    assert digests(tmp_path) == whole
    assert left_over(tmp_path) == []
