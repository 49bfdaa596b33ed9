"""What the driver of a Ray cluster writes here when a node has a disk of its own."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from harness.data import load
from harness.records.store import read_record, write_record
from harness.records.weights import weights_path
from harness.runs.executors.on_ray import brought
from harness.runs.grid import Grid
from harness.runs.plan import PlannedCell, configurations, plan
from harness.schema import Record
from tests.fingerprints import of_other_code
from tests.robust import tiny
from tests.weights.conftest import SETTING, Kept, make


@pytest.fixture
def node(tmp_path: Path) -> Kept:
    """The folder of a node with the finished cell, its weights beside it."""
    return make(tmp_path / "node")


def home(results: Path) -> tuple[PlannedCell, Grid]:
    data = load("digits", train_images=200, test_images=100)
    (cell,) = plan(configurations(tiny.EXPERIMENT, tiny.PROFILE, tiny.EXPERIMENT.arms[:1], 1), data, results)
    return cell, Grid(data, results, SETTING)


def bare(record: Record) -> Record:
    return msgspec.structs.replace(record, weights=None, digest="")


def test_a_stale_record_at_home_is_replaced_and_names_no_weights_that_stayed(node: Kept, tmp_path: Path) -> None:
    record = read_record(node.record)
    write_record(tmp_path / "home", of_other_code(record, {"other": "code"}))
    cell, grid = home(tmp_path / "home")
    weights_path(cell.path).write_bytes(b"of the stale one")
    assert cell.state == "stale"
    assert bare(brought(record, cell, grid)) == bare(record)
    assert read_record(cell.path).fingerprint == record.fingerprint
    assert read_record(cell.path).weights is None
    assert not weights_path(cell.path).exists()


def test_what_the_node_wrote_on_a_shared_disk_stays_as_it_is(node: Kept) -> None:
    cell, grid = home(node.results)
    before = node.record.read_bytes(), node.weights.read_bytes()
    record = read_record(node.record)
    assert brought(record, replace(cell, stamp=0), grid) == record
    assert (node.record.read_bytes(), node.weights.read_bytes()) == before
