"""Frames: every record is seen, and what cannot be used is named with the reason; which images were right."""

import base64
import dataclasses
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from harness.analysis.curves import Cells, accuracy_of, balanced_at, difference_of
from harness.analysis.frame import CELLS, CURVES, Key
from harness.config import EncoderSpec
from harness.records.fingerprint import whole_digest
from harness.records.store import answers_in, read_record, write_record
from harness.schema import LayerActivity
from tests.analysis.judging import MNIST, Write, load
from tests.fingerprints import of_other_code, of_other_recipe


def test_a_done_record_becomes_a_curve_and_a_cell(tmp_path: Path, write: Write) -> None:
    path = write(MNIST, "paper", "cyclic-2", 3, [5000, 8660], best=8700)
    loaded = load(tmp_path)
    assert loaded.curves["correct"].tolist() == [5000, 8660]
    assert loaded.curves["timestep"].tolist() == [1, 2]
    cell = loaded.cells.iloc[0]
    assert (cell["arm"], cell["seed"], cell["status"], cell["path"]) == ("cyclic-2", 3, "done", str(path))
    assert (cell["accuracy"], cell["best_accuracy"], cell["seconds"]) == pytest.approx((86.6, 87.0, 2.5))
    assert cell["optimism"] == pytest.approx(0.4)
    assert (cell["correct"], cell["total"], cell["timesteps"], cell["reason"]) == (8660, 10_000, 2, "")
    assert cell["fingerprint"] == read_record(path).fingerprint.digest
    assert cell[["macs", "accumulates", "encoder_operations"]].isna().all()
    assert loaded.problems == ()


def test_operations_of_a_cell_are_those_of_its_layers(tmp_path: Path, write: Write) -> None:
    record = read_record(write(MNIST, "paper", "cyclic-2", 0, 8670))
    layers = [
        LayerActivity("linear1", 1000, 40.0, multiplies=False, neurons=10, spikes=6.0),
        LayerActivity("linear2", 100, 7.0, multiplies=False, neurons=10, spikes=None),
    ]
    write_record(tmp_path, msgspec.structs.replace(record, layers=layers, encoder_operations=5.0, digest=""))
    assert load(tmp_path).cells[["macs", "accumulates", "encoder_operations"]].to_numpy().tolist() == [[1100, 47, 5]]


def test_a_failed_record_is_a_cell_with_its_reason_and_no_curve(tmp_path: Path, write: Write) -> None:
    write(MNIST, "paper", "cyclic-2", 0, failure="out of memory")
    loaded = load(tmp_path)
    assert loaded.curves.empty
    assert loaded.cells[["status", "reason"]].to_numpy().tolist() == [["failed", "out of memory"]]


def test_seeds_that_all_answer_alike_are_remarked_upon(tmp_path: Path, write: Write) -> None:
    for seed in range(5):
        write(MNIST, "paper", "cyclic-2", seed, [5000, 8660])
        write(MNIST, "paper", "cyclic-5", seed, [5000, 8000, 8100, 8200, 8300 + seed])
    (remark,) = load(tmp_path).problems
    assert remark.startswith(f"{tmp_path / MNIST}/paper/cyclic-2: 5 seeds with identical counts at every timestep")


@pytest.mark.parametrize("folder", ["", "none"])
def test_an_empty_or_absent_folder_gives_empty_frames(tmp_path: Path, folder: str) -> None:
    loaded = load(tmp_path / folder)
    assert (list(loaded.curves), list(loaded.cells)) == (list(CURVES), list(CELLS))
    assert (len(loaded.curves), len(loaded.cells), loaded.problems) == (0, 0, ())


def test_records_of_earlier_code_are_stale_and_counted_by_folder(tmp_path: Path, write: Write) -> None:
    for seed in (0, 1):
        record = read_record(write(MNIST, "paper", "cyclic-2", seed, 8670))
        modules = record.fingerprint.modules | {"harness.snn.neuron": "0" * 16, "harness.gone": "1" * 16}
        path = write_record(tmp_path, of_other_code(record, modules))
    loaded = load(tmp_path)
    assert loaded.cells["status"].tolist() == ["stale", "stale"]
    assert loaded.curves.empty
    assert loaded.cells["accuracy"].isna().all()
    assert loaded.problems == (f"{path.parent}: 2 stale: changed since: harness.gone, harness.snn.neuron",)


def test_records_of_other_data_than_the_rest_are_stale(tmp_path: Path, write: Write) -> None:
    *_, last = (write(MNIST, "paper", "cyclic-2", seed, 8670) for seed in range(3))
    record = read_record(last)
    mark = record.fingerprint
    other = msgspec.structs.replace(mark, data="f" * 64, digest=whole_digest(mark.recipe, "f" * 64, mark.numerics))
    write_record(tmp_path, msgspec.structs.replace(record, fingerprint=other, digest=""))
    loaded = load(tmp_path)
    assert loaded.cells["status"].tolist() == ["done", "done", "stale"]
    assert set(loaded.curves["seed"]) == {0, 1}
    assert "1 stale: computed on other data than most of its profile (000000000000)" in loaded.problems[0]


@pytest.mark.parametrize(
    ("changes", "states", "words"),
    [
        ({"snn": {"epochs": 3}}, ["stale"], "1 stale: changed since: recipe (snn)"),
        ({"arm": "cyclic-3"}, ["done", "stale"], "unknown arm of mnist-784-100-10 'cyclic-3'"),  # no such arm
        # An arm that is called after its encoder was added by --encoder.
        ({"arm": "burst", "encoder": EncoderSpec("burst")}, ["done", "stale"], "changed since: recipe (timesteps), "),
    ],
)
def test_a_record_of_another_configuration_or_of_no_arm_is_stale(
    tmp_path: Path, write: Write, changes: dict[str, Any], states: list[str], words: str
) -> None:
    record = read_record(write(MNIST, "paper", "cyclic-2", 0, 8670))
    if "snn" in changes:
        changes = {"snn": replace(record.config.snn, **changes["snn"])}
    write_record(tmp_path, of_other_recipe(record, replace(record.config, **changes)))
    loaded = load(tmp_path)
    assert sorted(loaded.cells["status"]) == states
    assert len(loaded.curves) == 2 * states.count("done")
    assert words in loaded.problems[0]


def test_a_smoke_record_moved_among_paper_records_answers_for_smoke_alone(tmp_path: Path, write: Write) -> None:
    path = write(MNIST, "smoke", "cyclic-2", 0, 100, total=500)
    moved = tmp_path / MNIST / "paper" / "cyclic-2" / "seed-0000.json"
    moved.parent.mkdir(parents=True)
    path.rename(moved)
    loaded = load(tmp_path)
    states = dict(zip(loaded.cells["profile"], loaded.cells["status"], strict=True))
    assert states == {"smoke": "done", "paper": "stale"}
    assert set(loaded.curves["profile"]) == {"smoke"}
    assert "changed since: recipe" in loaded.problems[0]


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\xfe", b"[" * 100_000, b"null"])
def test_what_is_no_record_is_refused_by_name(tmp_path: Path, write: Write, content: bytes) -> None:
    good, bad = (write(MNIST, "paper", "cyclic-2", seed, 8670) for seed in (0, 1))
    bad.write_bytes(content)
    loaded = load(tmp_path)
    assert loaded.cells["path"].tolist() == [str(good)]
    (problem,) = loaded.problems
    assert problem.startswith(f"{bad}: not a readable record")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("1", "tampered: content and digest disagree"),
        (str(2**63), "tampered: content and digest disagree"),
        (str(-(2**80)), "tampered: content and digest disagree"),
        ("1e999", "not a readable record (Number out of range"),
        ("1" + "0" * 5000, "not a readable record (Integer value out of range"),
    ],
)
def test_a_number_written_in_later_is_refused_by_name(tmp_path: Path, write: Write, number: str, words: str) -> None:
    path = write(MNIST, "paper", "cyclic-2", 0, 8670)
    document = json.loads(path.read_text())
    document["encoder_state"] = {"threshold": "here"}
    path.write_text(json.dumps(document).replace('"here"', number))
    (problem,) = load(tmp_path).problems
    assert problem.startswith(f"{path}: {words}")
    assert load(tmp_path).cells.empty


def test_a_record_that_makes_no_sense_is_refused(tmp_path: Path, write: Write) -> None:
    path = write(MNIST, "paper", "cyclic-2", 0, [1, 10_001])
    (problem,) = load(tmp_path).problems
    assert problem == f"{path}: refused: counts out of range"


def test_other_files_are_named_and_hidden_ones_are_not(tmp_path: Path, write: Write) -> None:
    path = write(MNIST, "paper", "cyclic-2", 0, 8670)
    (path.parent / "notes.txt").write_text("mine")
    (tmp_path / ".gitkeep").write_text("")
    (tmp_path / "bench").mkdir()
    (tmp_path / "bench" / "bench.json").write_text("{}")  # what `python -m bench` leaves beside the records
    assert [problem.split(": ")[0] for problem in load(tmp_path).problems] == [str(path.parent / "notes.txt")]


def test_frames_need_no_torch() -> None:
    program = "import sys, harness.analysis.frame, harness.analysis.judges; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


A: list[Key] = [(MNIST, "paper", "cyclic-16", seed) for seed in range(3)]
B: list[Key] = [(MNIST, "paper", "direct-16", seed) for seed in range(3)]


def test_bits_are_read_in_the_order_of_the_images(write: Write) -> None:
    record, bits = read_record(write(MNIST, "paper", "cyclic-2", 0, [5, 7], total=10)), [1, 0, 1, 1, 1, 0, 1, 0, 1, 1]
    right = {"2": base64.b64encode(np.packbits(bits).tobytes()).decode()}
    assert answers_in(msgspec.structs.replace(record, right=right))[2].tolist() == [bool(bit) for bit in bits]
    assert answers_in(record) == {}


def cells(tables: dict[Key, np.ndarray]) -> Cells:
    """Done cells of one timestep, with their answers."""
    accuracy = {key: np.array([100.0 * bits.mean()]) for key, bits in tables.items()}
    return Cells(accuracy=accuracy, balanced=accuracy, answers={key: {1: bits} for key, bits in tables.items()})


def test_a_difference_is_paired_by_image_where_both_arms_keep_their_answers() -> None:
    draws = np.random.default_rng(0)
    tables = {key: draws.random(50) < 0.7 for key in (*A, *B)}
    outcomes = difference_of(cells(tables), A, B, 1)
    assert outcomes.images == 50
    by_hand = [100 * (tables[a].mean() - tables[b].mean()) for a, b in zip(A, B, strict=True)]
    assert outcomes.per_seed == pytest.approx(by_hand)


def test_one_record_without_answers_leaves_the_seeds_alone() -> None:
    held = cells({key: np.arange(20) < 10 for key in A})
    without = dataclasses.replace(held, answers={key: held.answers[key] for key in A[1:]})
    assert accuracy_of(held, A, 1).images == 20
    assert accuracy_of(without, A, 1).images is None
    assert accuracy_of(without, A, 1).per_seed.tolist() == [50.0, 50.0, 50.0]


def test_before_fine_tuning_needs_every_seed() -> None:
    held = cells({key: np.arange(20) < 10 for key in A})
    assert balanced_at(held, A, 1) == 50.0
    assert balanced_at(dataclasses.replace(held, balanced={A[0]: held.balanced[A[0]]}), A, 1) is None
