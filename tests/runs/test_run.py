"""What a run has to do, and a run beside others or on a disk that refuses, within one process."""

import errno
import fcntl
import json
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import filelock
import msgspec
import pytest
import torch

from harness.catalogue import Arm, Catalogue, Experiment, Profile
from harness.config import AnnRecipe, EncoderSpec, NetworkSpec, SnnRecipe
from harness.errors import CellFailure, HarnessError
from harness.papers import catalogue
from harness.records.store import lock_path, read_record
from harness.runs.plan import PlannedCell, TooLarge, cells_of, configurations, make_plan
from harness.runs.run import Finished, Run, _require_usable, sweep
from harness.runs.status import status
from harness.runs.workers import _exit_code, require_possible
from harness.snn.kernels import Kernel
from harness.training.cell import Setting, run_cell
from harness.training.checkpoint import Watch
from tests.cells import CPU, tiny_data
from tests.command import harness
from tests.robust import tiny

ARMS = tuple(Arm(name, EncoderSpec("dct"), 2, name) for name in ("first", "second", "third"))
LITE = Profile(
    "lite", NetworkSpec("tiny", hidden=(4,)), AnnRecipe(1, 32, 0.1, 1), SnnRecipe(1, 32), train_images=100, seeds=2
)
SHORT = replace(LITE, name="short", seeds=1, seeds_by_arm={"second": 3})
EXPERIMENT = Experiment("invented", "Invented", "§0", "digits", ARMS, (LITE, SHORT))
KNOWN = Catalogue((), (EXPERIMENT,))

# The plan


def test_the_plan_goes_seed_by_seed_and_status_lists_the_same(tmp_path: Path) -> None:
    for name, profile in ((None, "lite"), ("short", "short")):  # short is run only when it is asked for
        plan = make_plan(KNOWN, "invented", profile=name, device="cpu", results=tmp_path, estimated=False)
        assert plan.profile.name == profile
    planned = [(config.arm, config.seed) for config in configurations(EXPERIMENT, SHORT, ARMS)]
    assert planned == [("first", 0), ("second", 0), ("third", 0), ("second", 1), ("second", 2)]
    known = Catalogue((), (replace(EXPERIMENT, profiles=(SHORT,)),))
    cells = status(tmp_path, known, "invented")
    assert sorted((cell.arm, cell.seed) for cell in cells) == sorted(planned)


@pytest.mark.parametrize(("kernel", "device"), [("numba", "cuda"), ("events", "cuda"), ("triton", "cpu")])
def test_a_kernel_of_another_device_is_refused(tmp_path: Path, kernel: Kernel, device: str) -> None:
    with pytest.raises(HarnessError, match=f"the {kernel} kernel"):
        make_plan(KNOWN, "invented", device=device, kernel=kernel, results=tmp_path, elsewhere=True)


def test_a_worker_tries_no_cell_again_that_has_failed_since_the_run_began(tmp_path: Path) -> None:
    known = Catalogue((), (replace(EXPERIMENT, arms=ARMS[:1]),))
    began = time.time_ns()
    options = {"profile": "lite", "seeds": 1, "results": tmp_path, "retry_failed": True, "estimated": False}
    plan = make_plan(known, "invented", **options)  # type: ignore[arg-type]
    (cell,) = plan.todo
    (done,) = Run(plan.data, tmp_path, plan.setting).run([replace(cell, fault=CellFailure("no spike"))])
    assert done.record.status == "failed"
    assert len(make_plan(known, "invented", **options).todo) == 1  # type: ignore[arg-type]
    assert make_plan(known, "invented", began=began, **options).todo == ()  # type: ignore[arg-type]


def test_the_fullest_profile_is_one_that_fits_the_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def estimated(cells: list[PlannedCell], *_: object) -> list[PlannedCell]:
        tried.append(cells[0].config.profile)
        if len(tried) < 2:
            raise TooLarge("too large", "smaller")
        return cells

    monkeypatch.setattr("harness.runs.plan.estimate", estimated)
    known = Catalogue((), (replace(EXPERIMENT, profiles=(LITE, replace(LITE, name="paper"))),))
    assert make_plan(known, "invented", results=tmp_path).profile.name == "lite"
    assert tried == ["paper", "lite"]
    tried.clear()
    with pytest.raises(TooLarge):
        make_plan(known, "invented", profile="paper", results=tmp_path)


# Where it may compute


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


def test_a_long_run_of_small_networks_takes_a_process_a_core(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def at_once(**options: Any) -> int:
        return make_plan(catalogue(), "quickstart", device="cpu", results=tmp_path, estimated=False, **options).at_once

    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 4)
    assert at_once() == 1  # it takes no time
    monkeypatch.setattr("harness.runs.plan.SPREAD_SECONDS", -1)
    assert [at_once(), at_once(seeds=1), at_once(workers=1), at_once(elsewhere=True)] == [4, 3, 1, 1]
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert at_once() == 1  # the user has shared out the cores


def test_without_locks_workers_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(fcntl, "flock", Mock(side_effect=OSError(errno.ENOSYS, "Function not implemented")))
    done = harness("run", "quickstart", "--profile", "smoke", "--results-dir", tmp_path, "--workers", 2)
    assert (done.code, "this file system has no locks" in done.err.splitlines()[-1]) == (2, True)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_gpu_of_the_cluster_is_asked_of_slurm_if_this_machine_has_none(tmp_path: Path) -> None:
    command = ["run", "quickstart", "--profile", "smoke", "--device", "cuda", "--dry-run", "--results-dir", tmp_path]
    assert harness(*command).code == 2
    said = harness(*command, "--on", "slurm").out
    assert {"#SBATCH --gpus-per-node=1", "#SBATCH --time=60"} <= set(said.splitlines())
    assert json.loads(harness(*command, "--on", "slurm", "--json").out)["script"].startswith("#!/bin/bash")


@pytest.mark.parametrize(("shown", "code"), [("75:0", 75), ("0:9", -9), ("19200", 75), ("", None)])
def test_slurm_says_how_a_task_ended_as_code_and_signal_or_as_wait_does(shown: str, code: int | None) -> None:
    assert _exit_code(shown) == code


# The run


def planned(results: Path) -> list[PlannedCell]:
    return cells_of(configurations(tiny.EXPERIMENT, tiny.PROFILE, tiny.EXPERIMENT.arms[:1], 1), tiny_data(), results)


def run(results: Path, say: Callable[[str], None] = print) -> Finished:
    (done,) = Run(tiny_data(), results, Setting(CPU), say=say).run(planned(results))
    return done


def test_a_cell_that_another_run_has_finished_since_is_not_trained(tmp_path: Path) -> None:
    cells = planned(tmp_path)
    assert run(tmp_path).here
    started: list[str] = []
    (second,) = Run(tiny_data(), tmp_path, Setting(CPU), starting=started.append).run(cells)
    assert (second.here, started) == (False, [])


def test_a_disk_error_is_one_line_and_the_checkpoint_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EIO, "The disk says no")

    monkeypatch.setattr("harness.records.store.write_atomically", refuse)
    with pytest.raises(HarnessError, match=r"cyclic-6 seed 0: the disk refuses: The disk says no .* same command"):
        run(tmp_path)
    (cell,) = planned(tmp_path)
    assert cell.state == "missing"
    assert len(list(cell.path.parent.glob(".*.checkpoint.training"))) == 1


def test_where_memory_was_short_the_next_try_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("harness.runs.run.record_of", Mock(side_effect=torch.OutOfMemoryError("CUDA out of memory")))
        cells = planned(tmp_path)
        failed, _ = run(tmp_path), [*Run(tiny_data(), tmp_path, Setting(CPU)).run(cells)]  # of another worker
    assert failed.record.failure is not None
    assert failed.record.failure.reason == "OutOfMemoryError: CUDA out of memory"
    worked: list[str] = []
    watch = Watch(lambda stage, _: worked.append(stage))
    (done,) = Run(tiny_data(), tmp_path, Setting(CPU, watch=watch)).run(planned(tmp_path))
    assert (done.record.status, any(stage.startswith(("SNN", "balancing")) for stage in worked)) == ("done", False)
    assert [left.name for left in done.cell.path.parent.iterdir()] == [done.cell.path.name]


def test_a_lost_gpu_ends_the_run_and_any_other_fault_only_the_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    lost = Mock(side_effect=RuntimeError("CUDA error: an illegal memory access was encountered"))
    for synchronize in (Mock(), lost):
        monkeypatch.setattr(torch.cuda, "synchronize", synchronize)
        with pytest.raises(HarnessError, match="a cell: no; the GPU is lost") if synchronize is lost else nullcontext():
            _require_usable(torch.device("cuda"), "a cell: no")
        assert synchronize.called
    _require_usable(CPU, "a cell: no")


def test_a_checkpoint_of_other_versions_is_not_mixed_in(tmp_path: Path) -> None:
    (cell,) = planned(tmp_path)
    cell.path.parent.mkdir(parents=True)
    cell.path.with_name(".seed-0000.ffffffff.checkpoint.training").write_bytes(b"another torch's")
    said: list[str] = []
    assert run(tmp_path, said.append).record.status == "done"
    (line,) = said
    assert line.startswith("cyclic-6 seed 0: begun with other versions, threads or device; starts again")
    assert not list(cell.path.parent.glob(".*.checkpoint*"))


def test_results_that_no_record_can_hold_are_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object) -> object:
        trained = run_cell(*arguments)  # type: ignore[arg-type]
        return replace(trained, result=msgspec.structs.replace(trained.result, thresholds=[float("nan")]))

    monkeypatch.setattr("harness.runs.run.run_cell", broken)
    failure = read_record(run(tmp_path).cell.path).failure
    assert failure is not None
    assert "this cannot be a record" in failure.reason


def test_what_a_killed_run_left_is_swept_and_what_a_living_one_needs_is_not(tmp_path: Path) -> None:
    cell = run(tmp_path).cell
    checkpoint = cell.path.with_name(f".{cell.path.stem}.0a1b2c3d.checkpoint.training")
    checkpoint.touch()
    with filelock.FileLock(lock_path(cell.path)):
        sweep([cell])
        assert checkpoint.exists()
    lock_path(cell.path).write_bytes(b"a lock of a process that is gone")
    sweep([cell])
    assert [left.name for left in cell.path.parent.iterdir()] == [cell.path.name]
