"""`--workers 2`: the records of one process, whatever is stopped or killed meanwhile; and where runs may compute."""

import json
import os
import re
import signal
import time
from pathlib import Path
from typing import Any

import filelock
import psutil
import pytest
from typer.testing import CliRunner

from harness import cli
from harness.errors import HarnessError
from harness.machine.files import holder
from harness.records.store import record_paths
from harness.runs.plan import make_plan
from harness.runs.workers import Where
from tests.robust import tiny
from tests.robust.command import main
from tests.robust.conftest import Server, Started, digests, left_over

# A process must be hit in the middle of its work: a moment that another process's scheduling may take away.
interrupted = pytest.mark.flaky(reruns=2)


def start(server: Server, folder: Path, file: str, *more: str) -> Started:
    words = ("run", file, "--results-dir", "results", "--json", "--workers", "2", *more)
    return server.start(*words, cwd=folder, HARNESS_CACHE=str(folder / "cache"), PYTHONPATH=tiny.root())


def until_training(run: Started, folder: Path) -> None:
    """Wait until a worker is in the middle of a cell."""
    end = time.monotonic() + 200
    while not list(folder.rglob(".seed-*.checkpoint.training")):
        assert time.monotonic() < end, run.said()
        time.sleep(0.01)


def workers(run: Started) -> list[psutil.Process]:
    """The processes that compute cells."""
    return [child for child in psutil.Process(run.pid).children() if "--worker-of" in child.cmdline()]


def ended(processes: list[psutil.Process]) -> bool:
    """Whether all of them end within a minute."""
    return not psutil.wait_procs(processes, timeout=60)[1]


def test_the_records_are_those_of_one_process(
    server: Server, tiny_file: str, whole: dict[str, str], tmp_path: Path
) -> None:
    run = start(server, tmp_path, tiny_file)
    assert run.wait() == 0, run.said()
    assert digests(tmp_path / "results") == whole
    assert left_over(tmp_path / "results") == []
    assert run.said().count(" % in ") == 4
    assert len(list((tmp_path / "cache/anns").glob("*.pt"))) == 4  # two seeds of two frames, each trained once


@interrupted
@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (signal.SIGINT, (130, "the same command goes on from there")),
        (signal.SIGTERM, (75, "with a checkpoint: run the same command again to go on")),
    ],
)
def test_a_stopped_run_keeps_checkpoints_and_goes_on(
    number: int, expected: tuple[int, str], server: Server, tiny_file: str, whole: dict[str, str], tmp_path: Path
) -> None:
    run = start(server, tmp_path, tiny_file)
    until_training(run, tmp_path)
    crew = workers(run)
    os.kill(run.pid, number)
    code, words = expected
    assert run.wait() == code, run.said()
    assert words in run.said().splitlines()[-1]
    assert "Traceback" not in run.said()
    assert ended(crew)
    assert start(server, tmp_path, tiny_file).wait() == 0
    assert digests(tmp_path / "results") == whole


@interrupted
def test_another_worker_goes_on_for_one_that_is_killed(
    server: Server, tiny_file: str, whole: dict[str, str], tmp_path: Path
) -> None:
    run = start(server, tmp_path, tiny_file)
    until_training(run, tmp_path)
    owner = next(filter(None, map(holder, tmp_path.rglob(".seed-*.lock"))))
    os.kill(owner.pid, signal.SIGKILL)
    assert run.wait() == 0, run.said()
    assert digests(tmp_path / "results") == whole


@interrupted
def test_workers_end_with_the_run_that_started_them(server: Server, tiny_file: str, tmp_path: Path) -> None:
    run = start(server, tmp_path, tiny_file)
    until_training(run, tmp_path)
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
        "if '--worker-of' in sys.argv:\n"
        "    import harness.training.cell as cell\n"
        "    cell.pretrained = lambda *_: (__import__('time').sleep(2), os.kill(os.getpid(), 9))\n"
    )
    run = start(server, tmp_path, str(tmp_path / "deadly.py"), "--seeds", "1")
    assert run.wait() == 2
    assert re.search(r"error: cyclic-6 seed 0: a worker has ended with exit code -9, twice", run.said())


def test_time_counts_from_the_first_cell_on_so_that_a_run_gets_further(
    server: Server, tiny_file: str, whole: dict[str, str], tmp_path: Path
) -> None:
    run = start(server, tmp_path, tiny_file, "--for", "0.2s")
    assert run.wait() == 75, run.said()
    begun = [path for path in tmp_path.rglob("*") if "checkpoint" in path.name]
    assert ("with a checkpoint" in run.said().splitlines()[-1]) == bool(begun)
    assert begun or record_paths(tmp_path / "results") or list(tmp_path.rglob("*.pt"))
    assert start(server, tmp_path, tiny_file).wait() == 0
    assert digests(tmp_path / "results") == whole


@pytest.mark.parametrize(
    ("where", "message"),
    [
        (Where(workers=0), "--workers must be at least 1"),
        (Where(workers=100_000), "at most 256"),
        (Where(on="moon"), "use here, slurm, ray"),
        (Where(detach=True), "add --on slurm"),
        (Where(slurm=("time=5",)), "add --on slurm"),
        (Where("slurm", slurm=("cpus_per_task=0",)), "a whole number from 1, not '0'"),
        *((Where("slurm", slurm=(text,)), "sbatch|is set by") for text in ("partition", "=x", "array=0-5", "a b=c")),
    ],
)
def test_what_cannot_be_is_refused(where: Where, message: str) -> None:
    with pytest.raises(HarnessError, match=message):
        where.checked()


def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.runs.workers.find_spec", lambda _: None)
    with pytest.raises(HarnessError, match=r"pip install 'dct-snn-harness\[ray\]'"):
        Where(on="ray").checked()


def test_without_locks_workers_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise NotImplementedError

    monkeypatch.setattr(filelock.FileLock, "acquire", refuse)
    words = ("run", "quickstart", "--profile", "smoke", "--results-dir", str(tmp_path / "results"), "--workers", "2")
    code, said = main(monkeypatch, *words)
    assert code == 2
    assert "this file system has no locks" in said.splitlines()[-1]


@pytest.mark.parametrize(
    ("options", "environment", "count"),
    [
        ({"task_threads": 4}, None, 1),  # a small network
        ({"task_threads": 4}, "3", 3),
        ({"workers": 2}, "3", 3),
    ],
)
def test_threads_of_workers(
    options: dict[str, Any], environment: str | None, count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from harness.papers import catalogue

    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if environment:
        monkeypatch.setenv("OMP_NUM_THREADS", environment)
    plan = make_plan(catalogue(), "quickstart", profile="smoke", results=tmp_path, estimated=False, **options)
    assert plan.threads.count == count


def test_run_has_at_most_twenty_options_under_headings() -> None:
    text = CliRunner().invoke(cli.app, ["run", "--help"]).stdout
    assert len(re.findall(r"^  --", text, re.M)) <= 20
    assert re.findall(r"^(\w[\w ]*):$", text, re.M) == ["What", "How much", "Where", "How long", "Other"]


def test_a_gpu_of_the_cluster_is_asked_of_slurm_where_this_machine_has_none(tmp_path: Path) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    command = ["run", "quickstart", "--profile", "smoke", "--device", "cuda", "--dry-run"]
    command += ["--results-dir", str(tmp_path)]
    assert isinstance(CliRunner().invoke(cli.app, command).exception, HarnessError)
    said = CliRunner().invoke(cli.app, [*command, "--on", "slurm", "--slurm", "time=2:00:00"]).stdout
    assert "#SBATCH --gpus-per-node=1" in said
    assert "#SBATCH --time=2:00:00" in said
    document = json.loads(CliRunner().invoke(cli.app, [*command, "--on", "slurm", "--json"]).stdout)
    assert document["script"].startswith("#!/bin/bash")
