"""Frames: every record is seen, and what cannot be used is named with the reason; which images were right."""

import base64
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from harness.analysis.curves import Cells, Key, accuracy_of, balanced_at, difference_of
from harness.analysis.frame import CELLS, CURVES
from harness.config import EncoderSpec
from harness.records.fingerprint import whole_digest
from harness.records.store import answers_in, read_record, write_record
from harness.schema import LayerActivity, Record
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


def test_a_cell_has_the_accuracy_of_its_last_timestep(tmp_path: Path, write: Write) -> None:
    write(MNIST, "paper", "cyclic-5", 0, [1000, 9000, 2000, 3000, 8000])
    assert load(tmp_path).cells[["correct", "accuracy"]].to_numpy().tolist() == [[8000, 80.0]]


def test_operations_of_a_cell_are_those_of_its_layers(tmp_path: Path, write: Write) -> None:
    record = read_record(write(MNIST, "paper", "cyclic-2", 0, 8670))
    layers = [
        LayerActivity("linear1", 1000, 40.0, multiplies=False, neurons=10, spikes=6.0),
        LayerActivity("linear2", 100, 7.0, multiplies=False, neurons=10, spikes=None),
    ]
    write_record(tmp_path, msgspec.structs.replace(record, layers=layers, encoder_operations=5.0, digest=""))
    assert load(tmp_path).cells[["macs", "accumulates", "encoder_operations"]].to_numpy().tolist() == [[1100, 47, 5]]


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


def test_a_failed_record_is_a_cell_with_its_reason_and_no_curve(tmp_path: Path, write: Write) -> None:
    write(MNIST, "paper", "cyclic-2", 0, failure="out of memory")
    loaded = load(tmp_path)
    assert loaded.curves.empty
    assert loaded.cells[["status", "reason"]].to_numpy().tolist() == [["failed", "out of memory"]]


@pytest.mark.parametrize("folder", ["", "none"])
def test_an_empty_or_absent_folder_gives_empty_frames(tmp_path: Path, folder: str) -> None:
    loaded = load(tmp_path / folder)
    assert (list(loaded.curves), list(loaded.cells)) == (list(CURVES), list(CELLS))
    assert loaded.curves.empty
    assert loaded.cells.empty
    assert loaded.problems == ()


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


def test_a_tampered_record_is_refused_by_name(tmp_path: Path, write: Write) -> None:
    path = write(MNIST, "paper", "cyclic-2", 0, 8670)
    path.write_text(path.read_text().replace("8670", "8671"))
    assert load(tmp_path).cells.empty
    assert f"{path}: tampered" in load(tmp_path).problems[0]


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\xfe", b"[" * 100_000, b"null"])
def test_what_is_no_record_is_refused_by_name(tmp_path: Path, write: Write, content: bytes) -> None:
    good, bad = (write(MNIST, "paper", "cyclic-2", seed, 8670) for seed in (0, 1))
    bad.write_bytes(content)
    loaded = load(tmp_path)
    assert loaded.cells["path"].tolist() == [str(good)]
    assert len(loaded.problems) == 1
    assert loaded.problems[0].startswith(f"{bad}: not a readable record")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (str(2**63), "tampered: content and digest disagree"),
        (str(-(2**80)), "tampered: content and digest disagree"),
        ("1e999", "not a readable record (Number out of range"),
        ("1" + "0" * 5000, "not a readable record (Integer value out of range"),
    ],
)
def test_a_number_beyond_64_bits_is_refused_by_name(tmp_path: Path, write: Write, number: str, words: str) -> None:
    path = write(MNIST, "paper", "cyclic-2", 0, 8670)
    document = json.loads(path.read_text())
    document["encoder_state"] = {"threshold": "here"}
    path.write_text(json.dumps(document).replace('"here"', number))
    (problem,) = load(tmp_path).problems
    assert problem.startswith(f"{path}: {words}")


@pytest.mark.parametrize(
    ("correct", "words"),
    [([1, 2, 3], "counts that are not one for each"), ([1, 10_001], "counts out of range")],
)
def test_a_record_that_makes_no_sense_is_refused(tmp_path: Path, write: Write, correct: list[int], words: str) -> None:
    path = write(MNIST, "paper", "cyclic-2", 0, correct)
    assert load(tmp_path).curves.empty
    assert str(path) in load(tmp_path).problems[0]
    assert words in load(tmp_path).problems[0]


def test_other_files_are_named_and_hidden_ones_are_not(tmp_path: Path, write: Write) -> None:
    path = write(MNIST, "paper", "cyclic-2", 0, 8670)
    (path.parent / "notes.txt").write_text("mine")
    (tmp_path / ".gitkeep").write_text("")
    (tmp_path / "bench").mkdir()
    (tmp_path / "bench" / "bench.json").write_text("{}")  # what `python -m bench` leaves beside the records
    assert [problem.split(": ")[0] for problem in load(tmp_path).problems] == [str(path.parent / "notes.txt")]


def test_a_record_of_another_configuration_is_stale(tmp_path: Path, write: Write) -> None:
    record = read_record(write(MNIST, "paper", "cyclic-2", 0, 8670))
    config = replace(record.config, snn=replace(record.config.snn, epochs=3))
    path = write_record(tmp_path, of_other_recipe(record, config))
    loaded = load(tmp_path)
    assert loaded.curves.empty
    assert loaded.cells["status"].tolist() == ["stale"]
    assert loaded.problems == (f"{path.parent}: 1 stale: changed since: recipe (snn)",)


def test_a_record_of_an_arm_that_is_no_more_is_stale(tmp_path: Path, write: Write) -> None:
    record = read_record(write(MNIST, "paper", "cyclic-2", 0, 8670))
    config = replace(record.config, arm="cyclic-3")
    write_record(tmp_path, of_other_recipe(record, config))
    assert sorted(load(tmp_path).cells["status"]) == ["done", "stale"]


def test_an_arm_called_after_its_encoder_is_one_that_was_added(tmp_path: Path, write: Write) -> None:
    record = read_record(write(MNIST, "paper", "poisson-16", 0, 9400))
    added = replace(record.config, arm="burst", encoder=EncoderSpec("burst"))
    write_record(tmp_path, of_other_recipe(record, added))
    (problem,) = load(tmp_path).problems
    assert "changed since: recipe (timesteps), " in problem
    assert "encoders.burst" in problem


def test_frames_need_no_torch() -> None:
    program = "import sys, harness.analysis.frame, harness.analysis.judges; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


A: list[Key] = [(MNIST, "paper", "cyclic-16", seed) for seed in range(3)]
B: list[Key] = [(MNIST, "paper", "direct-16", seed) for seed in range(3)]


class Kept:
    """A record that keeps its answers, as the schema of later records has them."""

    def __init__(self, record: Record, right: dict[str, str]) -> None:
        self.curve, self.right = record.curve, right


@pytest.fixture
def record(write: Write) -> Record:
    """Two timesteps of ten images: 5 and 7 right."""
    return read_record(write(MNIST, "paper", "cyclic-2", 0, [5, 7], total=10))


def packed(bits: list[int]) -> str:
    return base64.b64encode(np.packbits(bits).tobytes()).decode()


def test_bits_are_read_in_the_order_of_the_images(record: Record) -> None:
    bits = [1, 0, 1, 1, 1, 0, 1, 0, 1, 1]
    found = answers_in(Kept(record, {"2": packed(bits)}))  # type: ignore[arg-type]
    assert found[2].tolist() == [bool(bit) for bit in bits]
    assert answers_in(record) == {}


def cells(tables: dict[Key, np.ndarray]) -> Cells:
    """Done cells of one timestep, with their answers."""
    accuracy = {key: np.array([100.0 * bits.mean()]) for key, bits in tables.items()}
    nothing: dict[Key, str] = {}
    kept = {key: {1: bits} for key, bits in tables.items()}
    images = {key: bits.size for key, bits in tables.items()}
    return Cells(accuracy, accuracy, kept, images, {}, nothing, nothing, ())


def test_a_difference_is_paired_by_image_where_both_arms_keep_their_answers() -> None:
    draws = np.random.default_rng(0)
    tables = {key: draws.random(50) < 0.7 for key in (*A, *B)}
    found = difference_of(cells(tables), A, B, 1)
    assert found.images == 50
    assert found.per_seed == pytest.approx(
        [100 * (tables[a].mean() - tables[b].mean()) for a, b in zip(A, B, strict=True)]
    )


def test_one_record_without_answers_leaves_the_seeds_alone() -> None:
    tables = {key: np.arange(20) < 10 for key in A}
    held = cells(tables)
    without = Cells(**{**vars(held), "answers": {key: held.answers[key] for key in A[1:]}})
    assert accuracy_of(held, A, 1).images == 20
    assert accuracy_of(without, A, 1).images is None
    assert accuracy_of(without, A, 1).per_seed.tolist() == [50.0, 50.0, 50.0]


def test_before_fine_tuning_needs_every_seed() -> None:
    held = cells({key: np.arange(20) < 10 for key in A})
    assert balanced_at(held, A, 1) == 50.0
    assert balanced_at(Cells(**{**vars(held), "balanced": {A[0]: held.balanced[A[0]]}}), A, 1) is None


def test_a_record_with_wrong_bits_is_refused_by_name(tmp_path: Path, write: Write) -> None:
    path = write(MNIST, "paper", "cyclic-2", 0, 8670)
    write_record(tmp_path, msgspec.structs.replace(read_record(path), right={"2": "?"}))
    (problem,) = load(tmp_path).problems
    assert problem.startswith(f"{path}: refused: bits of images at timestep 2: no base64")
