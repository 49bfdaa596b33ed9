"""`--workers 2`: the records of one process, whatever is stopped or killed meanwhile; and where runs may compute."""

import json
import os
import signal
from pathlib import Path

import filelock
import psutil
import pytest
import torch
from typer.testing import CliRunner

from harness import cli
from harness.errors import HarnessError
from harness.machine.files import holder
from harness.records.store import record_paths
from harness.runs.workers import require_possible
from tests.robust.command import main
from tests.runs.conftest import Server, Started, digests, left_over

TWO = ("--workers", "2")
# A process must be hit in the middle of its work: a moment that another process's scheduling may take away.
interrupted = pytest.mark.flaky(reruns=2)


def workers(run: Started) -> list[psutil.Process]:
    """The processes that compute cells."""
    return [child for child in psutil.Process(run.pid).children() if "--worker-of" in child.cmdline()]


def ended(processes: list[psutil.Process]) -> bool:
    """Whether all of them end within a minute."""
    return not psutil.wait_procs(processes, timeout=60)[1]


@pytest.mark.slow
def test_the_records_are_those_of_one_process(
    server: Server, tiny_file: str, whole: dict[str, str], tmp_path: Path
) -> None:
    run = server.run(tiny_file, tmp_path, *TWO)
    run.done()
    assert digests(tmp_path) == whole
    assert left_over(tmp_path) == []
    assert run.said().count(" % in ") == 4
    assert len(list((tmp_path / "cache/anns").glob("*.pt"))) == 4  # two seeds of two frames, each trained once


@pytest.mark.slow
@interrupted
def test_a_stopped_run_keeps_checkpoints_and_goes_on(
    server: Server, tiny_file: str, whole: dict[str, str], tmp_path: Path
) -> None:
    run = server.run(tiny_file, tmp_path, *TWO)
    run.until(tmp_path)
    crew = workers(run)
    os.kill(run.pid, signal.SIGTERM)
    assert run.wait() == 75, run.said()
    assert "with a checkpoint: run the same command again to go on" in run.said().splitlines()[-1]
    assert "Traceback" not in run.said()
    assert ended(crew)
    server.run(tiny_file, tmp_path).done()
    assert digests(tmp_path) == whole


@pytest.mark.slow
@interrupted
def test_another_worker_goes_on_for_one_that_is_killed(
    server: Server, tiny_file: str, whole: dict[str, str], tmp_path: Path
) -> None:
    run = server.run(tiny_file, tmp_path, *TWO)
    run.until(tmp_path)
    owner = next(filter(None, map(holder, tmp_path.rglob(".seed-*.lock"))))
    os.kill(owner.pid, signal.SIGKILL)
    run.done()
    assert digests(tmp_path) == whole


@pytest.mark.slow
@interrupted
def test_workers_end_with_the_run_that_started_them(server: Server, tiny_file: str, tmp_path: Path) -> None:
    run = server.run(tiny_file, tmp_path, *TWO)
    run.until(tmp_path)
    crew = workers(run)
    os.kill(run.pid, signal.SIGKILL)
    assert run.wait() == -signal.SIGKILL
    assert ended(crew)


@pytest.mark.slow
def test_a_cell_that_kills_its_process_ends_the_run_with_its_name(server: Server, tmp_path: Path) -> None:
    (tmp_path / "deadly.py").write_text(
        "import os, sys\n"
        "from dataclasses import replace\n"
        "from tests.robust.tiny import EXPERIMENT as TINY\n"
        "EXPERIMENT = replace(TINY, name='deadly', arms=TINY.arms[:1])\n"
        "if '--worker-of' in sys.argv:\n"
        "    import harness.training.cell as cell\n"
        "    cell.pretrained = lambda *_: (__import__('time').sleep(2), os.kill(os.getpid(), 9))\n"
    )
    run = server.run(str(tmp_path / "deadly.py"), tmp_path, *TWO, "--seeds", "1")
    assert run.wait() == 2
    assert "error: cyclic-6 seed 0: workers end without a record (exit code -9)" in run.said()


@pytest.mark.slow
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


@pytest.mark.parametrize(
    ("on", "workers", "message"),
    [
        ("here", 0, "--workers must be at least 1"),
        ("here", 100_000, "at most 256"),
        ("moon", None, "use here, slurm, ray"),
        ("ray", None, "pip install ray"),
    ],
)
def test_what_cannot_be_is_refused(on: str, workers: int | None, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.runs.workers.find_spec", lambda _: None)  # no Ray
    with pytest.raises(HarnessError, match=message):
        require_possible(on, workers)


def test_without_locks_workers_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise NotImplementedError

    monkeypatch.setattr(filelock.FileLock, "acquire", refuse)
    code, said = main(monkeypatch, "run", "quickstart", "--profile", "smoke", "--results-dir", str(tmp_path), *TWO)
    assert (code, "this file system has no locks" in said.splitlines()[-1]) == (2, True)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_gpu_of_the_cluster_is_asked_of_slurm_if_this_machine_has_none(tmp_path: Path) -> None:
    command = ["run", "quickstart", "--profile", "smoke", "--device", "cuda", "--dry-run"]
    command += ["--results-dir", str(tmp_path)]
    assert isinstance(CliRunner().invoke(cli.app, command).exception, HarnessError)
    said = CliRunner().invoke(cli.app, [*command, "--on", "slurm"]).stdout
    assert {"#SBATCH --gpus-per-node=1", "#SBATCH --time=60"} <= set(said.splitlines())
    document = json.loads(CliRunner().invoke(cli.app, [*command, "--on", "slurm", "--json"]).stdout)
    assert document["script"].startswith("#!/bin/bash")
