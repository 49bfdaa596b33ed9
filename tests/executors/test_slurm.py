"""`--on slurm` on a real Slurm of one node: the records of one process, whatever happens to tasks and node."""

import os
import re
import subprocess
import time
from pathlib import Path

import pytest

from harness.errors import HarnessError
from harness.runs.executors.slurm_options import minutes, options
from tests.executors.cluster import Cluster
from tests.robust.conftest import Server, Started, digests, left_over

# A process must be hit in the middle of its work: a moment that another process's scheduling may take away.
pytestmark = pytest.mark.flaky(reruns=2)

GRID = ("run", "tiny", "--results-dir", "results", "--json", "--on", "slurm", "--slurm", "partition=all")


def start(server: Server, slurm: Cluster, folder: Path, *more: str) -> Started:
    here = {"HARNESS_CACHE": str(folder / "cache"), **slurm.environment}
    return server.start(*GRID, *more, cwd=folder, limit=0, **here)


def training(run: Started, folder: Path) -> str:
    """The task of the first cell, as soon as it is at work."""
    end = time.monotonic() + 120
    while not list(folder.rglob("cyclic-6/.seed-0000.lock")):
        assert time.monotonic() < end, run.said()
        time.sleep(0.001)
    (job, *_) = re.findall(r"as job (\d+)", run.said())
    return f"{job}_0"


def test_the_records_are_those_of_one_process_in_arrays_of_the_cluster_s_size(
    server: Server, slurm: Cluster, whole: dict[str, str], tmp_path: Path
) -> None:
    run = start(server, slurm, tmp_path)
    assert run.wait() == 0, run.said()
    assert re.findall(r"submitted to Slurm: (\d) cells?", run.said()) == ["3", "1"]
    assert digests(tmp_path / "results") == whole
    assert [name for name in left_over(tmp_path / "results") if "seed-" in name] == []


def test_a_cancelled_task_is_submitted_again(
    server: Server, slurm: Cluster, whole: dict[str, str], tmp_path: Path
) -> None:
    run = start(server, slurm, tmp_path)
    slurm.ask("scancel", training(run, tmp_path))
    assert run.wait() == 0, run.said()
    assert "has gone without a record; submitted again" in run.said()
    assert digests(tmp_path / "results") == whole


def test_a_task_whose_time_is_up_goes_back_to_the_queue_and_on_from_its_checkpoint(
    server: Server, slurm: Cluster, whole: dict[str, str], tmp_path: Path
) -> None:
    run = start(server, slurm, tmp_path)
    task = training(run, tmp_path)
    slurm.ask("scancel", "--signal=USR2", task)
    assert run.wait() == 0, run.said()
    logs = "".join(log.read_text() for log in (tmp_path / "results/.slurm").glob(f"{task}_0_log.*"))
    assert "with a checkpoint" in logs
    assert "Requeued job" in logs
    assert "submitted again" not in run.said()
    assert digests(tmp_path / "results") == whole


def test_a_node_that_dies_loses_no_cell(server: Server, slurm: Cluster, whole: dict[str, str], tmp_path: Path) -> None:
    run = start(server, slurm, tmp_path)
    training(run, tmp_path)
    slurm.daemons["slurmd"].kill()
    slurm.daemons["slurmd"].wait()
    time.sleep(2)
    slurm.start("slurmd", "-D")
    assert run.wait() == 0, run.said()
    assert digests(tmp_path / "results") == whole


def test_a_stopped_run_takes_its_tasks_along_and_goes_on(
    server: Server, slurm: Cluster, whole: dict[str, str], tmp_path: Path
) -> None:
    run = start(server, slurm, tmp_path, "--for", "1s")
    assert run.wait() == 75, run.said()
    slurm.until("0", "sh", "-c", "squeue --noheader | wc -l")
    assert start(server, slurm, tmp_path).wait() == 0
    assert digests(tmp_path / "results") == whole


def test_detached_it_returns_at_once_and_the_tasks_do_the_rest(
    server: Server, slurm: Cluster, whole: dict[str, str], tmp_path: Path
) -> None:
    run = start(server, slurm, tmp_path, "--detach")
    assert run.wait() == 0, run.said()
    assert "harness status tells what is done" in run.said()
    assert len(digests(tmp_path / "results")) < len(whole)
    slurm.until("0", "sh", "-c", "squeue --noheader | wc -l", seconds=120)
    assert digests(tmp_path / "results") == whole


def test_slurm_accepts_the_script_of_a_dry_run(server: Server, slurm: Cluster, tmp_path: Path) -> None:
    run = start(server, slurm, tmp_path, "--dry-run", "--slurm", "time=2:00:00")
    assert run.wait() == 0, run.said()
    script = run.said()[run.said().index("#!/bin/bash") :]
    assert "#SBATCH --time=120" in script
    environment = {**os.environ, **slurm.environment}
    subprocess.run(["sbatch", "--test-only"], input=script, text=True, env=environment, check=True, capture_output=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("90", 90), ("90:30", 91), ("4:00:00", 240), ("2-00", 2880), ("1-02:30", 1590), ("0-00:00:10", 1)],
)
def test_times_are_read_as_sbatch_reads_them(text: str, expected: int) -> None:
    assert minutes(text) == expected


@pytest.mark.parametrize("text", ["partition", "=x", "array=0-5", "time=soon", "cpus_per_task=many", "a b=c"])
def test_what_is_no_option_of_sbatch_is_refused(text: str) -> None:
    with pytest.raises(HarnessError):
        options([text])
