"""A grid beside other runs, and when the disk refuses: within one process, where a moment must be hit exactly."""

import errno
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import filelock
import msgspec
import pytest
import torch

from harness.data import load
from harness.data.types import DataSet
from harness.errors import HarnessError
from harness.records.store import lock_path, read_record
from harness.runs.plan import PlannedCell, cells_of, configurations
from harness.runs.run import Finished, Run, sweep
from harness.training.cell import Setting, run_cell
from tests.robust import tiny

SETTING = Setting(torch.device("cpu"))


@pytest.fixture(scope="module")
def data() -> DataSet:
    return load("digits", train_images=200, test_images=100)


def planned(data: DataSet, results: Path) -> list[PlannedCell]:
    return cells_of(configurations(tiny.EXPERIMENT, tiny.PROFILE, tiny.EXPERIMENT.arms[:1], 1), data, results)


def run(data: DataSet, results: Path, starting: Callable[[PlannedCell], None]) -> tuple[list[Finished], list[str]]:
    said: list[str] = []
    done = list(Run(data, results, SETTING, starting=starting, say=said.append).run(planned(data, results)))
    return done, said


def nothing(_: PlannedCell) -> None:
    """Let it start."""


def test_what_another_run_has_finished_since_is_not_trained(data: DataSet, tmp_path: Path) -> None:
    cells = planned(data, tmp_path)
    first = list(Run(data, tmp_path, SETTING).run(cells))
    started: list[PlannedCell] = []
    second = list(Run(data, tmp_path, SETTING, starting=started.append).run(cells))
    assert ([done.here for done in first], [done.here for done in second]) == ([True], [False])
    assert started == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EROFS])
def test_a_disk_error_is_one_line_with_what_to_do(
    data: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, "The disk says no")

    monkeypatch.setattr("harness.records.store.write_atomically", refuse)
    with pytest.raises(HarnessError, match=r"cyclic-6 seed 0: the disk refuses: The disk says no .* same command"):
        run(data, tmp_path, nothing)
    (cell,) = planned(data, tmp_path)
    assert cell.state == "missing"
    assert len(list(cell.path.parent.glob(".*.checkpoint.training"))) == 1  # kept: the next run goes on from it


def test_a_checkpoint_of_other_versions_is_not_mixed_in(data: DataSet, tmp_path: Path) -> None:
    (cell,) = planned(data, tmp_path)
    cell.path.parent.mkdir(parents=True)
    cell.path.with_name(".seed-0000.ffffffff.checkpoint.training").write_bytes(b"another torch's")
    (done,), said = run(data, tmp_path, nothing)
    assert done.record.status == "done"
    assert said == [
        "cyclic-6 seed 0: begun with other versions, threads or device; starts again, so that one set holds"
    ]
    assert not list(cell.path.parent.glob(".*.checkpoint*"))


def test_results_that_no_record_can_hold_are_a_failure(
    data: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: object) -> object:
        trained = run_cell(*arguments)  # type: ignore[arg-type]
        return replace(trained, result=msgspec.structs.replace(trained.result, thresholds=[float("nan")]))

    monkeypatch.setattr("harness.runs.run.run_cell", broken)
    (done,), _ = run(data, tmp_path, nothing)
    assert done.record.failure is not None
    assert "this cannot be a record" in done.record.failure.reason
    assert read_record(done.cell.path).status == "failed"


def test_what_a_run_killed_after_its_record_left_is_swept(data: DataSet, tmp_path: Path) -> None:
    ((done, *_), _) = run(data, tmp_path, nothing)
    path = done.cell.path
    lock_path(path).write_bytes(b"a lock of a process that is gone")
    path.with_name(f".{path.stem}.0a1b2c3d.checkpoint.training").touch()
    sweep([done.cell])
    assert [left.name for left in path.parent.iterdir()] == [path.name]


def test_what_a_living_run_needs_is_not_swept(data: DataSet, tmp_path: Path) -> None:
    ((done, *_), _) = run(data, tmp_path, nothing)
    checkpoint = done.cell.path.with_name(f".{done.cell.path.stem}.0a1b2c3d.checkpoint.training")
    with filelock.FileLock(lock_path(done.cell.path)):
        checkpoint.touch()
        sweep([done.cell])
        assert checkpoint.exists()
