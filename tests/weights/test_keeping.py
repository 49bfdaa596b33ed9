"""Weights beside records: removed with the record they belong to."""

import json
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from harness.analysis.frame import load as load_frames
from harness.catalogue import Catalogue
from harness.data import load
from harness.errors import HarnessError
from harness.records import weights as file
from harness.records.store import read_record, record_paths, write_record
from harness.runs.keeping import SMALL, keeps
from harness.runs.plan import PlannedCell, cells_of, configurations
from harness.runs.run import Run
from harness.runs.status import status
from harness.snn.network import Network
from tests.robust import tiny
from tests.weights.conftest import SETTING, Kept

DATA = load("digits", train_images=200, test_images=100)


def cells(kept: Kept) -> list[PlannedCell]:
    return cells_of(configurations(tiny.EXPERIMENT, tiny.PROFILE, tiny.EXPERIMENT.arms[:1], 1), DATA, kept.results)


def strip(own: Kept, **fields: object) -> None:
    """The record as a run without weights leaves it, with other `fields`."""
    record = msgspec.structs.replace(read_record(own.record), weights=None, **fields)
    write_record(own.results, record)
    own.weights.unlink()


def test_weights_of_a_replaced_record_go_with_it(own: Kept) -> None:
    (cell,) = cells(own)
    own.record.unlink()
    list(Run(DATA, own.results, SETTING, keep_weights=False).run([replace(cell, stamp=0)]))
    assert not own.weights.exists()


def test_the_weights_are_there_before_the_record(own: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    (cell,) = cells(own)
    expected = own.weights.read_bytes()
    own.record.unlink()
    own.weights.unlink()

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("harness.runs.run.write_record", refuse)
    with pytest.raises(HarnessError, match="the disk refuses"):
        list(Run(DATA, own.results, SETTING, keep_weights=None).run([replace(cell, stamp=0)]))
    assert (own.weights.read_bytes(), own.record.exists()) == (expected, False)


def test_small_networks_are_kept_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    from torch import Generator

    network = Network(tiny.PROFILE.network, (1, 8, 8), 10, Generator())
    assert 4 * (64 * 24 + 24 * 10) < SMALL == 2_000_000
    assert [keeps(wanted, network) for wanted in (None, True, False)] == [True, True, False]
    monkeypatch.setattr("harness.runs.keeping.SMALL", 4 * (64 * 24 + 24 * 10))
    assert [keeps(wanted, network) for wanted in (None, True, False)] == [False, True, False]


def test_files_beside_records_are_no_records_and_no_problem(own: Kept) -> None:
    own.record.with_name("seed-0000.verified-snntorch.json").write_text(json.dumps({}))
    known = Catalogue((), (tiny.EXPERIMENT,))
    assert record_paths(own.results) == [own.record]
    assert load_frames(own.results, known).problems == ()
    assert {cell.record for cell in status(own.results, known, "tiny").cells if cell.status != "missing"} == {
        str(own.record)
    }


def test_reading_weights_needs_no_torch() -> None:
    import subprocess
    import sys

    code = f"import sys, {file.__name__}; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(tiny.root()))
