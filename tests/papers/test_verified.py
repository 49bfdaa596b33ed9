"""The findings say which cells were computed a second time and what came of it."""

from pathlib import Path

from harness.records.store import read_record, record_paths
from harness.records.verifications import IDENTICAL, Source, Verification, Word, write_verification
from tests.analysis.conftest import Write
from tests.analysis.judging import INTERLEAVED, MNIST, write_arm
from tests.papers.conftest import briefs, sentences


def verified(folder: Path, cell: str, verdict: Word, source: Source = "training") -> None:
    (path,) = (path for path in record_paths(folder) if path.relative_to(folder).with_suffix("").as_posix() == cell)
    record = read_record(path)
    assert record.curve is not None
    fields, largest = ([], 0) if verdict == IDENTICAL else (["ann_epochs"], 7)
    found = Verification(record.digest, source, {}, None, "", verdict, largest, 10.2, fields, record.curve, {})
    write_verification(path, found)


def said(folder: Path) -> list[str]:
    return [text for text in sentences(folder) if "computed a second time" in text]


def test_nothing_is_said_where_nothing_was_verified(tmp_path: Path, write: Write) -> None:
    write_arm(write, MNIST, "paper", "cyclic-2", (9000,))
    assert said(tmp_path) == []


def test_every_source_has_its_counts_and_what_is_not_identical_is_named(tmp_path: Path, write: Write) -> None:
    write_arm(write, MNIST, "paper", "cyclic-2", (9000, 9001))
    write_arm(write, INTERLEAVED, "lite", "cyclic-16x3", (9000, 8700))
    write_arm(write, "cifar10-encoders", "lite", "dct", (9000,))
    verified(tmp_path, "ablation-interleaved/lite/cyclic-16x3/seed-0001", "within tolerance")
    assert said(tmp_path)[0].startswith("1 cell of 1 of the 3 experiments with records was computed a second time")
    verified(tmp_path, "mnist-784-100-10/paper/cyclic-2/seed-0000", IDENTICAL)
    verified(tmp_path, "mnist-784-100-10/paper/cyclic-2/seed-0000", "different", "snntorch")
    text = (
        "2 cells of 2 of the 3 experiments with records were computed a second time (`harness verify`): "
        "from training 1 identical, 1 within tolerance; from snntorch 1 different"
    )
    assert said(tmp_path) == [
        f"{text}: | within tolerance from training: ablation-interleaved (lite profile, cyclic-16x3, seed 1)"
        " | different from snntorch: mnist-784-100-10 (paper profile, cyclic-2, seed 0)"
    ]
    assert [brief for brief in briefs(tmp_path) if "computed a second time" in brief] == [f"{text}."]


def test_all_experiments_are_called_all(tmp_path: Path, write: Write) -> None:
    write_arm(write, MNIST, "paper", "cyclic-2", (9000,))
    write_arm(write, "cifar10-encoders", "lite", "dct", (9000,))
    verified(tmp_path, "mnist-784-100-10/paper/cyclic-2/seed-0000", IDENTICAL)
    verified(tmp_path, "cifar10-encoders/lite/dct/seed-0000", IDENTICAL)
    assert said(tmp_path) == [
        "2 cells of all 2 experiments with records were computed a second time (`harness verify`): "
        "from training 2 identical."
    ]
