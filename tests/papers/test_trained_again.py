"""The findings say which cells were trained again, what came of each, and which experiments have none."""

from pathlib import Path

from harness.records.retrainings import IDENTICAL, Retraining, Verdict, retraining_of, write_retraining
from harness.records.store import read_record, record_paths
from tests.analysis.conftest import Write
from tests.analysis.judging import INTERLEAVED, MNIST, write_arm
from tests.papers.conftest import briefs, sentences


def train_again(folder: Path, cell: str, verdict: Verdict, *notes: str) -> None:
    (path,) = (path for path in record_paths(folder) if path.relative_to(folder).with_suffix("").as_posix() == cell)
    differing, largest = ([], 0) if verdict == IDENTICAL else (["curve"], 7)
    write_retraining(
        path, Retraining(read_record(path).digest, "0" * 64, verdict, differing, largest, 10.2, list(notes))
    )


def test_an_answer_that_contradicts_itself_counts_for_nothing(write: Write) -> None:
    path = write(MNIST, "paper", "cyclic-2", 0, 9000)
    write_retraining(path, Retraining(read_record(path).digest, "0" * 64, IDENTICAL, ["curve"], 900, 10.2, []))
    assert retraining_of(path, read_record(path)) is None


def test_nothing_is_said_where_nothing_was_trained_again(tmp_path: Path, write: Write) -> None:
    write_arm(write, MNIST, "paper", "cyclic-2", (9000,))
    assert not [text for text in sentences(tmp_path) if "trained again" in text]


def test_every_verdict_has_its_cells_and_the_rest_is_named(tmp_path: Path, write: Write) -> None:
    write_arm(write, MNIST, "paper", "cyclic-2", (9000, 9001))
    write_arm(write, INTERLEAVED, "lite", "cyclic-16x3", (9000, 8700))
    write_arm(write, "cifar10-encoders", "lite", "dct", (9000,))
    train_again(tmp_path, "ablation-interleaved/lite/cyclic-16x3/seed-0001", "within tolerance")
    (one,) = (text for text in sentences(tmp_path) if "trained again" in text)
    assert one.startswith("1 cell of 1 of the 3 experiments with records was trained again")
    train_again(tmp_path, "mnist-784-100-10/paper/cyclic-2/seed-0000", "identical bit for bit")
    (two,) = (text for text in sentences(tmp_path) if "trained again" in text)
    # 300 images at p = 0.885: z of 5 % in 48 timesteps is 3.279, and 3.279 · √(2 · 10,000 · 0.885 · 0.115) = 147.9
    assert two == (
        "2 cells of 2 of the 3 experiments with records were trained again, from the seed on (`harness verify`): "
        "1 identical bit for bit, 1 within tolerance:"
        " | identical bit for bit: mnist-784-100-10 (paper profile, cyclic-2, seed 0)"
        " | within tolerance: ablation-interleaved (lite profile, cyclic-16x3, seed 1), 7 images apart where the noise "
        "of a test allows 10; its 2 recorded seeds are 300 apart where that noise allows 148"
        " | no cell yet of cifar10-encoders"
    )
    assert [text for text in briefs(tmp_path) if "trained again" in text] == [
        "2 cells of 2 of the 3 experiments with records were trained again, from the seed on (`harness verify`): "
        "1 identical bit for bit, 1 within tolerance."
    ]


def test_all_experiments_are_called_all(tmp_path: Path, write: Write) -> None:
    write_arm(write, MNIST, "paper", "cyclic-2", (9000,))
    write_arm(write, "cifar10-encoders", "lite", "dct", (9000,))
    train_again(tmp_path, "mnist-784-100-10/paper/cyclic-2/seed-0000", "identical bit for bit")
    train_again(tmp_path, "cifar10-encoders/lite/dct/seed-0000", "identical bit for bit")
    (text,) = (text for text in sentences(tmp_path) if "trained again" in text)
    assert text.startswith("2 cells of all 2 experiments with records were trained again")


def test_another_processor_is_said_once_and_with_the_cell(tmp_path: Path, write: Write) -> None:
    write_arm(write, MNIST, "paper", "cyclic-2", (9000,))
    train_again(tmp_path, "mnist-784-100-10/paper/cyclic-2/seed-0000", "different", "device: A in the record, B here")
    (text,) = (text for text in sentences(tmp_path) if "trained again" in text)
    assert text == (
        "1 cell of 1 of the 1 experiments with records was trained again, from the seed on (`harness verify`): "
        "1 different; what is not identical ran on another processor than its record:"
        " | different: mnist-784-100-10 (paper profile, cyclic-2, seed 0), 7 images apart where the noise of a test "
        "allows 10; device: A in the record, B here"
    )
