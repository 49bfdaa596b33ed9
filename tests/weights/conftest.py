"""A tiny cell that was run with its weights kept, made once."""

import shutil
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from harness.records.store import read_record, write_record
from harness.runs.plan import cells_of, configurations
from harness.runs.run import Run
from harness.training.cell import Setting
from tests.cells import CPU, tiny_data
from tests.robust import tiny

SETTING = Setting(CPU)


class Kept(NamedTuple):
    """A results folder with the finished cell of tiny/smoke/cyclic-6, seed 0."""

    results: Path
    record: Path
    weights: Path

    def change(self, **fields: object) -> None:
        write_record(self.results, msgspec.structs.replace(read_record(self.record), **fields))

    def strip(self, **fields: object) -> None:
        """The record as a run without weights leaves it, with other `fields`."""
        self.change(weights=None, **fields)
        self.weights.unlink()


def make(results: Path, keep: bool | None = None) -> Kept:
    cells = cells_of(configurations(tiny.EXPERIMENT, tiny.PROFILE, tiny.EXPERIMENT.arms[:1], 1), tiny_data(), results)
    list(Run(tiny_data(), results, SETTING, keep_weights=keep).run(cells))
    record = results / "tiny/smoke/cyclic-6/seed-0000.json"
    return Kept(results, record, record.with_suffix(".safetensors"))


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    return make(tmp_path_factory.mktemp("kept"))


@pytest.fixture
def own(kept: Kept, tmp_path: Path) -> Kept:
    shutil.copytree(kept.results, tmp_path / "own")
    record = tmp_path / "own" / kept.record.relative_to(kept.results)
    return Kept(tmp_path / "own", record, record.with_suffix(".safetensors"))
