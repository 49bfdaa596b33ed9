"""Orderings on training images (Fig. 1) and against the arm's own ANN, by hand."""

from pathlib import Path

import pytest
from msgspec import structs

from harness.analysis.verdicts import judge
from harness.records.store import read_record, write_record
from harness.report.claim_rows import statement
from harness.schema import Counts, Epoch
from tests.analysis.judging import CATALOGUE, CLAIMS, FREQUENCIES, INTERLEAVED, Write, judge_one, load


def write_known(folder: Path, write: Write, arm: str, test: int, known: int) -> None:
    """Three seeds of a 48-step arm: right test images of 10,000, and right ones of 2,000 training images."""
    for seed in range(3):
        record = read_record(write(FREQUENCIES, "paper", arm, seed, test + seed))
        sample = Counts([0] * 47 + [known + 2 * seed], 2000)
        write_record(folder, structs.replace(record, sample_curve=sample, digest=""))


def test_figure_1_is_judged_by_training_images(tmp_path: Path, write: Write) -> None:
    """On training images all 16 frequencies are 5 points above the first 8, on test images 3 points below."""
    write_known(tmp_path, write, "latency48-16", 8500, 1900)
    write_known(tmp_path, write, "latency48-8", 8800, 1800)
    found = judge_one(tmp_path, "frequencies-no-benefit-8", planned=3)
    assert found.verdict == "holds"
    assert found.mean == pytest.approx(5.0)
    assert found.beside == "On test images the difference is -3.00 points."
    assert statement(CLAIMS["frequencies-no-benefit-8"], CATALOGUE).endswith("at T = 48, on training images")


def test_records_without_training_images_do_not_answer(tmp_path: Path, write: Write) -> None:
    for arm in ("latency48-16", "latency48-8"):
        for seed in range(3):
            record = read_record(write(FREQUENCIES, "paper", arm, seed, 8500))
            write_record(tmp_path, structs.replace(record, sample_curve=None, digest=""))
    found = judge_one(tmp_path, "frequencies-no-benefit-8", planned=3)
    assert (found.verdict, found.mean) == ("incomplete", None)
    assert found.why == "The records do not tell the accuracy on training images."


def write_with_ann(folder: Path, write: Write, finals: tuple[int, ...], anns: tuple[int, ...]) -> None:
    for seed, (final, ann) in enumerate(zip(finals, anns, strict=True)):
        record = read_record(write(INTERLEAVED, "lite", "cyclic-16x3", seed, final))
        epochs = [Epoch(0.5, 1000, 10_000), Epoch(0.4, ann, 10_000)]  # the last epoch counts
        write_record(folder, structs.replace(record, ann_epochs=epochs, digest=""))


@pytest.mark.parametrize(
    ("anns", "word", "mean"),
    [((7010, 7011, 7013), "holds", -0.0133), ((7510, 7509, 7512), "contradicted", -5.0033)],
)
def test_an_arm_is_held_against_its_own_ann(
    tmp_path: Path, write: Write, anns: tuple[int, ...], word: str, mean: float
) -> None:
    write_with_ann(tmp_path, write, (7010, 7010, 7010), anns)
    found = judge_one(tmp_path, "comparable-to-ann-cifar10", planned=3)
    assert (found.verdict, found.versus) == (word, "ann")
    assert found.mean == pytest.approx(mean, abs=1e-3)


def test_a_record_without_its_ann_does_not_answer(tmp_path: Path, write: Write) -> None:
    for seed in range(3):
        write(INTERLEAVED, "lite", "cyclic-16x3", seed, 7000)
    (found,) = judge(load(tmp_path), CATALOGUE, [CLAIMS["comparable-to-ann-cifar10"]], seeds_planned=3)
    assert (found.verdict, found.why) == ("incomplete", "The records do not tell the accuracy of the ANN.")
