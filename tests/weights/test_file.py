"""The file of weights: what it says, that equal cells give equal bytes, and that what is changed is refused."""

import hashlib
import json
import pickle
from pathlib import Path

import msgspec
import pytest
import torch
from safetensors import safe_open

from harness.records.store import read_record, write_record
from harness.schema import Weights
from tests.weights.conftest import Call, Kept, make


def said(weights: Path) -> dict[str, object]:
    with safe_open(weights, framework="pt") as file:
        found: dict[str, object] = json.loads(file.metadata()["harness"])
    return found


def test_the_record_names_the_file_and_its_sha256(kept: Kept) -> None:
    digest = hashlib.sha256(kept.weights.read_bytes()).hexdigest()
    assert read_record(kept.record).weights == Weights("seed-0000.safetensors", digest)


def test_the_metadata_name_the_cell_and_all_that_it_takes_to_run_the_network(kept: Kept) -> None:
    record, about = json.loads(kept.record.read_text()), said(kept.weights)
    assert [about[name] for name in ("experiment", "profile", "arm", "seed")] == ["tiny", "smoke", "cyclic-6", 0]
    assert about["fingerprint"] == record["fingerprint"]["digest"]
    assert about["thresholds"] == record["thresholds"]
    assert about["encoder_state"] == record["encoder_state"]
    assert (about["reading"], about["clock"], about["leak"]) == ("equation", "synchronous", 0.9901)
    assert (about["shape"], about["classes"], about["timesteps"]) == ([1, 8, 8], 10, 6)


def test_equal_cells_give_equal_bytes(kept: Kept, tmp_path: Path) -> None:
    assert make(tmp_path).weights.read_bytes() == kept.weights.read_bytes()


def test_nothing_is_kept_where_the_user_says_no(tmp_path: Path) -> None:
    run = make(tmp_path, keep=False)
    assert not run.weights.exists()
    assert read_record(run.record).weights is None


def test_the_record_is_the_same_but_for_its_weights(kept: Kept, tmp_path: Path) -> None:
    one, other = (json.loads(run.record.read_text()) for run in (kept, make(tmp_path, keep=False)))
    assert {name for name in one if one[name] != other.get(name)} <= {"weights", "digest", "timings"}


def spoil_byte(own: Kept, at: int) -> None:
    content = bytearray(own.weights.read_bytes())
    content[at] ^= 1
    own.weights.write_bytes(content)


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("at", [-1, -400, 200])
def test_a_changed_byte_is_refused(own: Kept, call: Call, at: int, alone: bool) -> None:
    if alone:
        own.record.unlink()
    spoil_byte(own, at)
    code, message = call("predict", own.weights)
    assert (code, message.count("\n")) == (2, 0)
    assert str(own.weights) in message


def test_a_file_that_was_cut_short_is_refused(own: Kept, call: Call) -> None:
    own.weights.write_bytes(own.weights.read_bytes()[:-8])
    code, message = call("predict", own.weights)
    assert (code, "cut short" in message) == (2, True)


def test_a_pickle_is_not_opened(own: Kept, call: Call, tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (tmp_path / "exploded",)

    own.weights.write_bytes(pickle.dumps(Bomb()))
    assert call("predict", own.weights)[0] == 2
    torch.save({"weights.0": torch.ones(2)}, own.weights)
    assert "a pickle" in call("predict", own.weights)[1]
    assert not (tmp_path / "exploded").exists()


def test_weights_of_another_record_are_refused(own: Kept, call: Call) -> None:
    record = msgspec.structs.replace(read_record(own.record), weights=Weights("seed-0000.safetensors", "0" * 64))
    write_record(own.results, record)
    code, message = call("predict", own.weights)
    assert (code, "not the weights of the record beside it" in message) == (2, True)


def test_weights_of_another_program_are_refused(own: Kept, call: Call) -> None:
    from safetensors.torch import save_file

    save_file({"weights.0": torch.ones(2, 2)}, own.weights)
    assert "another program" in call("predict", own.weights)[1]


def test_no_file_is_named(kept: Kept, call: Call) -> None:
    assert call("predict", kept.results / "nothing.safetensors")[0] == 2
