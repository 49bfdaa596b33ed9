"""`--on slurm` on a real Slurm of one node: the records of one process, whatever happens to tasks and node."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.robust import tiny
from tests.runs.cluster import Cluster
from tests.runs.conftest import Server, Started, digests, left_over

# A process must be hit in the middle of its work: a moment that another process's scheduling may take away.
pytestmark = [pytest.mark.slow, pytest.mark.flaky(reruns=2)]

Start = Callable[..., Started]


@pytest.fixture
def start(server: Server, slurm: Cluster, tiny_file: str, tmp_path: Path) -> Start:
    def run(*more: str) -> Started:
        environment = {**slurm.environment, "SBATCH_PARTITION": "all"}
        return server.run(tiny_file, tmp_path, "--on", "slurm", *more, limit=0, **environment)

    return run


def training(run: Started, folder: Path) -> str:
    """The first task, as soon as it is at work."""
    run.until(folder, "cyclic-6/.seed-0000.*.checkpoint.training")
    (job, *_) = re.findall(r"as job (\d+)", run.said())
    return f"{job}_0"


def logs(folder: Path) -> str:
    return "".join(log.read_text() for log in (folder / "results/.slurm").glob("*.log"))


def ended(slurm: Cluster) -> None:
    slurm.until("0", "sh", "-c", "squeue --noheader | wc -l", seconds=120)


def test_a_cancelled_task_loses_no_cell(start: Start, slurm: Cluster, whole: dict[str, str], tmp_path: Path) -> None:
    run = start("--workers", "1")
    slurm.ask("scancel", training(run, tmp_path))
    assert run.wait() == 0, run.said() + logs(tmp_path)
    assert run.said().count("submitted to Slurm: 1 task ") == 2
    assert digests(tmp_path) == whole


def test_a_task_whose_time_is_up_goes_back_to_the_queue_and_on_from_its_checkpoint(
    start: Start, slurm: Cluster, whole: dict[str, str], tmp_path: Path
) -> None:
    run = start("--workers", "1")
    slurm.ask("scancel", "--batch", "--signal=USR1", training(run, tmp_path))
    assert run.wait() == 0, run.said() + logs(tmp_path)
    assert "with a checkpoint" in logs(tmp_path)
    assert run.said().count("submitted to Slurm") == 1
    assert digests(tmp_path) == whole


def test_a_node_that_dies_loses_no_cell(start: Start, slurm: Cluster, whole: dict[str, str], tmp_path: Path) -> None:
    run = start()
    training(run, tmp_path)
    slurm.daemons["slurmd"].kill()
    slurm.daemons["slurmd"].wait()
    time.sleep(2)
    slurm.start("slurmd", "-D")
    assert run.wait() == 0, run.said() + logs(tmp_path)
    assert digests(tmp_path) == whole


def test_a_stopped_run_takes_its_tasks_along_and_goes_on(
    start: Start, slurm: Cluster, whole: dict[str, str], tmp_path: Path
) -> None:
    run = start()
    training(run, tmp_path)
    assert "submitted to Slurm: 3 tasks" in run.said()  # the array is as large as the cluster allows
    os.kill(run.pid, signal.SIGTERM)
    assert run.wait() == 75, run.said()
    assert "with a checkpoint" in run.said().splitlines()[-1]
    ended(slurm)
    start().done()
    assert digests(tmp_path) == whole
    assert [name for name in left_over(tmp_path) if "seed-" in name] == []


def test_the_script_of_a_dry_run_is_submitted_and_not_waited_for(
    start: Start, slurm: Cluster, whole: dict[str, str], tmp_path: Path
) -> None:
    run = start("--dry-run")
    run.done()
    (document,) = [line for line in run.said().splitlines() if line.startswith("{")]
    script = json.loads(document)["script"]
    own = {"HARNESS_CACHE": str(tmp_path / "cache"), "PYTHONPATH": tiny.root()}
    environment = {**os.environ, **slurm.environment, **own}
    subprocess.run(["sbatch"], input=script, text=True, env=environment, check=True, capture_output=True, cwd=tmp_path)
    ended(slurm)
    assert digests(tmp_path) == whole, logs(tmp_path)
