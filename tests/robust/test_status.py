"""`harness status`: every state that a cell can be in, and what changed."""

import json
import os
import platform
import shutil
from collections import Counter
from dataclasses import replace
from functools import partial
from pathlib import Path

import msgspec

from harness.machine.files import hold, write_progress
from harness.papers import catalogue
from harness.records.store import lock_path, write_record
from harness.runs.status import status
from tests.analysis import conftest
from tests.command import harness
from tests.fingerprints import of_other_code

NAME = "quickstart"
record = partial(conftest.record, NAME, "lite")


def state(results: Path, arm: str, seed: int) -> tuple[str, str]:
    (cell,) = [cell for cell in status(results, catalogue(), NAME) if (cell.arm, cell.seed) == (arm, seed)]
    return cell.status, cell.reason


def printed(results: Path, *words: str) -> str:
    return harness("status", "--results-dir", results, *words).out


def test_records_of_an_experiment_from_a_file_are_shown(tmp_path: Path) -> None:
    own = record("cyclic-16", 1)
    write_record(tmp_path, msgspec.structs.replace(own, config=replace(own.config, experiment="mine")))
    (cell,) = status(tmp_path, catalogue())
    assert (cell.experiment, cell.arm, cell.seed, cell.status) == ("mine", "cyclic-16", 1, "done")
    assert status(tmp_path, catalogue(), "mine") == (cell,)
    Path(cell.record).write_text("{")
    (cell,) = status(tmp_path, catalogue())
    assert (cell.status, cell.seed) == ("stale", 1)


def test_a_copied_record_is_not_counted_again(tmp_path: Path) -> None:
    write_record(tmp_path, record("cyclic-16", 0))
    shutil.copytree(tmp_path / NAME, tmp_path / "backup")
    (copy,) = [cell for cell in status(tmp_path, catalogue()) if cell.experiment == "backup"]
    assert (copy.status, copy.reason) == ("stale", "a copy of quickstart/lite/cyclic-16/seed-0000.json")
    assert state(tmp_path, "cyclic-16", 0)[0] == "done"


def test_done_and_missing_are_counted(tmp_path: Path) -> None:
    assert {cell.status for cell in status(tmp_path, catalogue(), NAME)} == {"missing"}
    assert status(tmp_path, catalogue()) == ()
    write_record(tmp_path, record("cyclic-16", 1))
    counts = Counter((cell.profile, cell.arm, cell.status) for cell in status(tmp_path, catalogue()))
    assert counts == {
        ("lite", "cyclic-16", "done"): 1,
        ("lite", "cyclic-16", "missing"): 2,
        ("lite", "poisson-16", "missing"): 3,
        ("lite", "direct-16", "missing"): 3,
    }
    assert "quickstart/lite/cyclic-16: 1 done, 2 missing" in printed(tmp_path)


def test_other_code_is_stale_where_no_module_can_be_named(tmp_path: Path) -> None:
    """A module's own statements, and which functions it refers to, count in the whole fingerprint alone."""
    old = record("poisson-16", 0)
    other = of_other_code(old, {**old.fingerprint.modules, "encoders.dct": "0" * 16}).fingerprint
    same_modules = msgspec.structs.replace(other, modules=old.fingerprint.modules)
    write_record(tmp_path, msgspec.structs.replace(old, fingerprint=same_modules))
    assert state(tmp_path, "poisson-16", 0) == ("stale", "changed since: code")


def test_a_cell_that_somebody_runs_is_running_and_one_that_was_stopped_is_begun(tmp_path: Path) -> None:
    place = tmp_path / NAME / "lite" / "cyclic-16" / "seed-0002.json"
    with hold(lock_path(place)):
        who = f"process {os.getpid()} on {platform.node()}"
        assert state(tmp_path, "cyclic-16", 2) == ("running", who)
        write_progress(lock_path(place), "SNN epoch 2/4", 12.0)
        assert state(tmp_path, "cyclic-16", 2) == ("running", f"{who}, SNN epoch 2/4")
    place.with_name(".seed-0002.0a0a0a0a.checkpoint.training").touch()
    assert state(tmp_path, "cyclic-16", 2) == ("missing", "begun: its finished epochs are kept")


def test_records_beside_the_plan_are_shown(tmp_path: Path) -> None:
    write_record(tmp_path, record("cyclic-16", 7))
    write_record(tmp_path, record("phase", 0))
    for name in ("no-such-arm/seed-0000.json", "cyclic-16/seed-xyz.json"):
        path = tmp_path / NAME / "lite" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("{}")
    assert state(tmp_path, "cyclic-16", 7) == state(tmp_path, "phase", 0) == ("done", "")
    assert state(tmp_path, "no-such-arm", 0)[0] == "stale"
    assert "not a readable record" in state(tmp_path, "cyclic-16", -1)[1]


def test_the_command_prints_a_table_or_one_document(tmp_path: Path) -> None:
    write_record(tmp_path, record("cyclic-16", 0, failure="out of memory"))
    assert "cyclic-16 seed 0: failed: out of memory" in printed(tmp_path)
    (cells,) = json.loads(printed(tmp_path, "--json")).values()
    assert cells[0] == {
        "experiment": NAME, "profile": "lite", "arm": "cyclic-16", "seed": 0, "status": "failed",
        "reason": "out of memory", "record": str(tmp_path / NAME / "lite/cyclic-16/seed-0000.json"),
    }  # fmt: skip
