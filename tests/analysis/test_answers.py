"""Which images were right: read from a record's bits, checked against its counts, and used in intervals."""

import base64
from pathlib import Path

import msgspec
import numpy as np
import pytest

from harness.analysis.answers import answers_of
from harness.analysis.outcomes import accuracy_of, balanced_at, difference_of
from harness.analysis.planned_seeds import Cells, Key
from harness.errors import HarnessError
from harness.records.store import read_record, write_record
from harness.schema import Record
from tests.analysis.judging import MNIST, Write, load

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
    found = answers_of(Kept(record, {"2": packed(bits)}))  # type: ignore[arg-type]
    assert found[2].tolist() == [bool(bit) for bit in bits]
    assert answers_of(record) == {}


@pytest.mark.parametrize(
    ("right", "words"),
    [
        ({"2": packed([1] * 6 + [0] * 4)}, "timestep 2 and the counts of the curve disagree"),
        ({"3": packed([1] * 7 + [0] * 3)}, "timestep 3 and the counts of the curve disagree"),
        ({"2": packed([1] * 7)}, "not one bit for each of 10 images"),
        ({"two": packed([1] * 7 + [0] * 3)}, "not one bit for each of 10 images"),
        ({"2": "§"}, "no base64"),
    ],
)
def test_bits_that_cannot_be_right_are_refused(record: Record, right: dict[str, str], words: str) -> None:
    with pytest.raises(HarnessError, match=words):
        answers_of(Kept(record, right))  # type: ignore[arg-type]


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
    assert problem.startswith(f"{path}: refused: unreadable bits of images at timestep 2")
