"""`--on slurm` on a real Slurm of one node: the records of one process, whatever happens to tasks and node."""

import os
import re
import subprocess
import time
from pathlib import Path

import pytest

from tests.robust import tiny
from tests.robust.conftest import Server, Started, digests, left_over
from tests.runs.cluster import Cluster

# A process must be hit in the middle of its work: a moment that another process's scheduling may take away.
pytestmark = pytest.mark.flaky(reruns=2)


def start(server: Server, slurm: Cluster, folder: Path, file: str, *more: str) -> Started:
    here = {"HARNESS_CACHE": str(folder / "cache"), "PYTHONPATH": tiny.root(), **slurm.environment}
    words = ("run", file, "--results-dir", "results", "--json", "--on", "slurm", "--slurm", "partition=all")
    return server.start(*words, *more, cwd=folder, limit=0, **here)


def training(run: Started, folder: Path) -> str:
    """The first task, as soon as it is at work."""
    end = time.monotonic() + 120
    while not list(folder.rglob("cyclic-6/.seed-0000.*.checkpoint.training")):
        assert time.monotonic() < end, run.said()
        time.sleep(0.001)
    (job, *_) = re.findall(r"as job (\d+)", run.said())
    return f"{job}_0"


def logs(folder: Path) -> str:
    return "".join(log.read_text() for log in (folder / "results/.slurm").glob("*.log"))


def test_the_records_are_those_of_one_process_in_an_array_of_the_cluster_s_size(
    server: Server, slurm: Cluster, tiny_file: str, whole: dict[str, str], tmp_path: Path
) -> None:
    run = start(server, slurm, tmp_path, tiny_file)
    assert run.wait() == 0, run.said() + logs(tmp_path)
    assert "submitted to Slurm: 3 tasks" in run.said()
    assert digests(tmp_path / "results") == whole
    assert [name for name in left_over(tmp_path / "results") if "seed-" in name] == []


def test_a_cancelled_task_loses_no_cell(
    server: Server, slurm: Cluster, tiny_file: str, whole: dict[str, str], tmp_path: Path
) -> None:
    run = start(server, slurm, tmp_path, tiny_file, "--workers", "1")
    slurm.ask("scancel", training(run, tmp_path))
    assert run.wait() == 0, run.said() + logs(tmp_path)
    assert run.said().count("submitted to Slurm: 1 task ") == 2
    assert digests(tmp_path / "results") == whole


def test_a_task_whose_time_is_up_goes_back_to_the_queue_and_on_from_its_checkpoint(
    server: Server, slurm: Cluster, tiny_file: str, whole: dict[str, str], tmp_path: Path
) -> None:
    run = start(server, slurm, tmp_path, tiny_file, "--workers", "1")
    slurm.ask("scancel", "--batch", "--signal=USR1", training(run, tmp_path))
    assert run.wait() == 0, run.said() + logs(tmp_path)
    assert "with a checkpoint" in logs(tmp_path)
    assert run.said().count("submitted to Slurm") == 1
    assert digests(tmp_path / "results") == whole


def test_a_node_that_dies_loses_no_cell(
    server: Server, slurm: Cluster, tiny_file: str, whole: dict[str, str], tmp_path: Path
) -> None:
    run = start(server, slurm, tmp_path, tiny_file)
    training(run, tmp_path)
    slurm.daemons["slurmd"].kill()
    slurm.daemons["slurmd"].wait()
    time.sleep(2)
    slurm.start("slurmd", "-D")
    assert run.wait() == 0, run.said() + logs(tmp_path)
    assert digests(tmp_path / "results") == whole


def test_a_stopped_run_takes_its_tasks_along_and_goes_on(
    server: Server, slurm: Cluster, tiny_file: str, whole: dict[str, str], tmp_path: Path
) -> None:
    run = start(server, slurm, tmp_path, tiny_file)
    training(run, tmp_path)
    os.kill(run.pid, 15)
    assert run.wait() == 75, run.said()
    assert "with a checkpoint" in run.said().splitlines()[-1]
    slurm.until("0", "sh", "-c", "squeue --noheader | wc -l")
    assert start(server, slurm, tmp_path, tiny_file).wait() == 0
    assert digests(tmp_path / "results") == whole


def test_detached_it_returns_at_once_and_the_tasks_do_the_rest(
    server: Server, slurm: Cluster, tiny_file: str, whole: dict[str, str], tmp_path: Path
) -> None:
    run = start(server, slurm, tmp_path, tiny_file, "--detach")
    assert run.wait() == 0, run.said()
    assert "harness status tells what is done" in run.said()
    assert len(digests(tmp_path / "results")) < len(whole)
    slurm.until("0", "sh", "-c", "squeue --noheader | wc -l", seconds=120)
    assert digests(tmp_path / "results") == whole, logs(tmp_path)


def test_slurm_accepts_the_script_of_a_dry_run(server: Server, slurm: Cluster, tiny_file: str, tmp_path: Path) -> None:
    run = start(server, slurm, tmp_path, tiny_file, "--dry-run", "--slurm", "time=2:00:00")
    assert run.wait() == 0, run.said()
    script = run.said()[run.said().index("#!/bin/bash") :]
    environment = {**os.environ, **slurm.environment}
    subprocess.run(["sbatch", "--test-only"], input=script, text=True, env=environment, check=True, capture_output=True)
