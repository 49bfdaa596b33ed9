"""The file of weights: what it says, when it is kept, that equal cells give equal bytes, and what is refused."""

import hashlib
import json
from pathlib import Path
from unittest.mock import Mock

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from harness.errors import HarnessError
from harness.records.store import read_record
from harness.runs.run import SMALL, keeps
from harness.schema import Weights
from harness.snn.network import Network
from tests.command import harness
from tests.robust import tiny
from tests.weights.conftest import Kept, make


def test_record_and_file_name_each_other_and_all_that_it_takes_to_run_the_network(kept: Kept) -> None:
    digest = hashlib.sha256(kept.weights.read_bytes()).hexdigest()
    assert read_record(kept.record).weights == Weights("seed-0000.safetensors", digest)
    record = json.loads(kept.record.read_text())
    with safe_open(kept.weights, framework="pt") as opened:
        about = json.loads(opened.metadata()["harness"])
    assert [about[name] for name in ("experiment", "profile", "arm", "seed")] == ["tiny", "smoke", "cyclic-6", 0]
    assert about["fingerprint"] == record["fingerprint"]["digest"]
    assert {name: about[name] for name in ("thresholds", "encoder_state")}.items() <= record.items()
    assert (about["reading"], about["clock"], about["leak"]) == ("equation", "synchronous", 0.9901)
    assert (about["shape"], about["classes"], about["timesteps"]) == ([1, 8, 8], 10, 6)


def test_nothing_is_kept_if_the_user_says_no_and_the_record_is_the_same(kept: Kept, tmp_path: Path) -> None:
    run = make(tmp_path, keep=False)
    assert not run.weights.exists()
    one, other = (json.loads(each.record.read_text()) for each in (kept, run))
    assert {name for name in one if one[name] != other.get(name)} <= {"weights", "digest", "timings"}


def test_small_networks_are_kept_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    network, size = Network(tiny.PROFILE.network, (1, 8, 8), 10, torch.Generator()), 4 * (64 * 24 + 24 * 10)
    assert size < SMALL == 2_000_000
    assert [keeps(wanted, network) for wanted in (None, True, False)] == [True, True, False]
    monkeypatch.setattr("harness.runs.run.SMALL", size)
    assert [keeps(wanted, network) for wanted in (None, True, False)] == [False, True, False]


def test_weights_come_first_and_equal_cells_have_equal_ones(own: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = own.weights.read_bytes()
    own.weights.unlink()
    own.record.unlink()
    monkeypatch.setattr("harness.runs.run.write_record", Mock(side_effect=OSError(28, "No space left on device")))
    with pytest.raises(HarnessError, match="the disk refuses"):
        make(own.results)
    assert (own.weights.read_bytes(), own.record.exists()) == (expected, False)
    monkeypatch.undo()
    make(own.results, keep=False)
    assert not own.weights.exists()  # weights of a replaced record go with it


def test_files_of_another_record_or_program_or_absent_are_refused(own: Kept) -> None:
    own.change(weights=Weights("seed-0000.safetensors", "0" * 64))
    assert "not the weights of the record beside it" in harness("predict", own.weights).err
    save_file({"weights.0": torch.ones(2, 2)}, own.weights)
    assert "another program" in harness("predict", own.weights).err
    own.weights.unlink()
    assert harness("predict", own.weights).code == 2
