"""Weights beside records: added to finished cells, named for twins, removed with the record they belong to."""

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import msgspec
import pytest
from rich.console import Console
from safetensors.numpy import load_file

from harness.analysis.frame import load as load_frames
from harness.catalogue import Catalogue
from harness.data import load
from harness.errors import HarnessError, Stopped
from harness.records import weights as file
from harness.records.retrainings import Retraining, retraining_of, write_retraining
from harness.records.store import read_record, record_paths, write_record
from harness.records.weights import read_weights
from harness.runs import grid as grid_module
from harness.runs.adding import Added, add_weights, without_weights
from harness.runs.announcing import announce
from harness.runs.copies import copies
from harness.runs.execution import execute
from harness.runs.grid import Grid, run_grid
from harness.runs.keeping import SMALL, keeps
from harness.runs.plan import PlannedCell, configurations, plan
from harness.runs.request import Request, prepare
from harness.runs.status import status
from harness.schema import Counts
from harness.snn.network import Network
from harness.training.checkpoint import Watch
from tests.robust import tiny
from tests.weights.conftest import SETTING, Kept

DATA = load("digits", train_images=200, test_images=100)


def cells(kept: Kept) -> list[PlannedCell]:
    return plan(configurations(tiny.EXPERIMENT, tiny.PROFILE, tiny.EXPERIMENT.arms[:1], 1), DATA, kept.results)


def strip(own: Kept, **fields: object) -> None:
    """The record as a run without weights leaves it, with other `fields`."""
    record = msgspec.structs.replace(read_record(own.record), weights=None, **fields)
    write_record(own.results, record)
    own.weights.unlink()


def add(own: Kept) -> list[Added]:
    return list(add_weights(without_weights(cells(own)), Grid(DATA, own.results, SETTING)))


def test_a_finished_cell_gets_the_weights_that_it_would_have_had(own: Kept) -> None:
    expected = own.weights.read_bytes(), own.record.read_bytes()
    strip(own)
    assert [done.added for done in add(own)] == [True]
    assert (own.weights.read_bytes(), own.record.read_bytes()) == expected


@pytest.mark.parametrize("answered", [True, False])
def test_a_kept_answer_of_verify_stays_with_a_cell_that_gets_weights(own: Kept, answered: bool) -> None:
    strip(own)
    record = read_record(own.record)
    if answered:
        write_retraining(own.record, Retraining(record.digest, "0" * 64, "identical bit for bit", [], 0, 10.2, []))
    assert [done.added for done in add(own)] == [True]
    found = retraining_of(own.record, read_record(own.record))
    assert (found is not None) == answered
    if found is not None:
        assert (found.verdict, found.differing, found.largest) == ("identical bit for bit", [], 0)
        assert found.numerics == record.fingerprint.numerics


def test_a_second_training_that_is_stopped_leaves_no_checkpoint_and_says_so(own: Kept) -> None:
    strip(own)
    grid = Grid(DATA, own.results, replace(SETTING, watch=Watch(stop=lambda: True)))
    with pytest.raises(Stopped) as stopped:
        list(add_weights(without_weights(cells(own)), grid))
    assert not stopped.value.kept
    assert not [path for path in own.results.rglob(".*") if path.is_file() and path.suffix != ".lock"]


def test_a_twin_without_weights_does_not_serve_where_weights_are_asked_for(own: Kept) -> None:
    strip(own)
    again = replace(tiny.EXPERIMENT, name="tiny-again")
    planned = plan(configurations(again, tiny.PROFILE, again.arms[:1], 1), DATA, own.results)
    assert copies(planned, own.results, SETTING)
    assert not copies(planned, own.results, SETTING, with_weights=True)
    (done,) = run_grid(planned, Grid(DATA, own.results, SETTING, keep_weights=True))
    assert done.record.weights is not None
    assert "trained as" not in done.record.environment


def test_what_comes_out_otherwise_is_named_and_nothing_is_added(own: Kept) -> None:
    curve = read_record(own.record).curve
    assert curve is not None
    strip(own, curve=Counts([1, *curve.correct[1:]], 100))
    before = own.record.read_bytes()
    (done,) = add(own)
    assert not done.added
    assert "differs in curve" in done.reason
    assert (own.record.read_bytes(), own.weights.exists()) == (before, False)


@pytest.mark.parametrize("wanted", [True, None, False])
def test_a_run_adds_weights_to_finished_cells_only_when_asked(own: Kept, wanted: bool | None) -> None:
    strip(own)
    request = Request("tiny", "smoke", 1, ("cyclic-6",), device="cpu", results=own.results, keep_weights=wanted)
    console = Console(file=StringIO(), width=200)
    prepared = prepare(request, Catalogue((), (tiny.EXPERIMENT,)))
    announce(prepared, console)
    rows = execute(prepared, request, console)
    assert [row["status"] for row in rows] == ["done"]
    assert own.weights.exists() == (wanted is True)
    said = str(console.file.getvalue())  # type: ignore[attr-defined]
    assert ("weights added" in said) == (wanted is True)
    assert ("1 finished cell without weights" in said) == (wanted is True)
    # It trains an ANN of its own, though the cache may have one.
    costs = [cell.cost for cell in prepared.again.cells]
    assert [bool(cost and cost.ann and cost.seconds > 0) for cost in costs] == ([True] if wanted else [])
    assert not [path for path in own.record.parent.iterdir() if path.name.startswith(".")]


def test_a_cell_with_weights_is_left_alone(own: Kept) -> None:
    assert without_weights(cells(own)) == []


def test_a_cell_whose_weights_were_deleted_gets_them_again(own: Kept) -> None:
    own.weights.unlink()
    assert [done.added for done in add(own)] == [True]
    assert read_weights(own.weights).about.arm == "cyclic-6"


def test_a_twin_has_the_same_weights_under_its_own_name(own: Kept) -> None:
    (cell,) = cells(own)
    config = replace(cell.config, arm="twin")
    path = own.record.parent.parent / "twin" / own.record.name
    twin = replace(cell, config=config, path=path, state="missing", stamp=0)
    list(run_grid([twin], Grid(DATA, own.results, SETTING, keep_weights=None)))
    found = read_weights(path.with_suffix(".safetensors"))
    assert found.about.arm == "twin"
    assert all((load_file(own.weights)[name] == tensor).all() for name, tensor in found.tensors.items())


def test_a_twin_of_a_cell_whose_weights_are_gone_names_none(own: Kept) -> None:
    own.weights.unlink()
    (cell,) = cells(own)
    path = own.record.parent.parent / "twin" / own.record.name
    twin = replace(cell, config=replace(cell.config, arm="twin"), path=path, state="missing", stamp=0)
    list(run_grid([twin], Grid(DATA, own.results, SETTING, keep_weights=None)))
    assert read_record(path).weights is None


def test_weights_of_a_replaced_record_go_with_it(own: Kept) -> None:
    (cell,) = cells(own)
    own.record.unlink()
    list(run_grid([replace(cell, stamp=0)], Grid(DATA, own.results, SETTING, keep_weights=False)))
    assert not own.weights.exists()


def test_the_weights_are_there_before_the_record(own: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    (cell,) = cells(own)
    expected = own.weights.read_bytes()
    own.record.unlink()
    own.weights.unlink()

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(grid_module, "write_record", refuse)
    with pytest.raises(HarnessError, match="the disk refuses"):
        list(run_grid([replace(cell, stamp=0)], Grid(DATA, own.results, SETTING, keep_weights=None)))
    assert (own.weights.read_bytes(), own.record.exists()) == (expected, False)


def test_small_networks_are_kept_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    from torch import Generator

    network = Network(tiny.PROFILE.network, (1, 8, 8), 10, Generator())
    assert 4 * (64 * 24 + 24 * 10) < SMALL == 2_000_000
    assert [keeps(wanted, network) for wanted in (None, True, False)] == [True, True, False]
    monkeypatch.setattr("harness.runs.keeping.SMALL", 4 * (64 * 24 + 24 * 10))
    assert [keeps(wanted, network) for wanted in (None, True, False)] == [False, True, False]


def test_files_beside_records_are_no_records_and_no_problem(own: Kept) -> None:
    own.record.with_name("seed-0000.recheck-snntorch.json").write_text(json.dumps({}))
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
