"""Findings: sentences whose numbers are those of the records, and which follow them."""

from pathlib import Path

from encoders.registry import BUILTIN
from tests.analysis.conftest import Write
from tests.analysis.judging import INTERLEAVED, MNIST, write_arm
from tests.papers.conftest import sentences

NEAR = (9850, 9853, 9856, 9852, 9859)


def test_without_records_nothing_is_found(tmp_path: Path) -> None:
    assert sentences(tmp_path) == ()


def test_codes_trained_at_few_steps_stand_side_by_side(tmp_path: Path, write: Write) -> None:
    for code, less in (("dct", 300), ("direct", 100), ("poisson", 0)):
        for timesteps, final in ((2, 9500), (16, 9900)):
            write_arm(write, "latency-mnist", "paper", f"{code}-{timesteps}", [final - less] * 5)
    write_arm(write, "latency-mnist", "paper", "dct-5", [9700] * 5)  # the others are missing there
    (found,) = [text for text in sentences(tmp_path) if text.startswith("Trained")]
    assert found == (
        "Trained at 2 and 16 steps on MNIST | the DCT code reaches 92.00 and 96.00 % | "
        "direct input reaches 94.00 and 98.00 % | Poisson input reaches 95.00 and 99.00 %"
    )


def test_seeds_beyond_the_plan_say_nothing(tmp_path: Path, write: Write) -> None:
    for place, code in enumerate(BUILTIN):
        write_arm(write, "mnist-encoders", "paper", code, [final - place for final in NEAR])
    before = sentences(tmp_path)
    assert any("Does a code other than DCT" in text for text in before)
    write("mnist-encoders", "paper", "dct", 5, 1000)
    write("mnist-encoders", "paper", "direct", 5, 9000)
    assert sentences(tmp_path) == before


def test_published_numbers_are_sorted_by_what_became_of_them(tmp_path: Path, write: Write) -> None:
    write_arm(write, MNIST, "paper", "cyclic-16", NEAR)
    write_arm(write, MNIST, "paper", "cyclic-2", (9400, 9401, 9402, 9403, 9404))
    (found,) = [text for text in sentences(tmp_path) if text.startswith("Published")]
    assert "higher: 86.7 % (cyclic-2, ours 94.02)" in found
    assert "reproduced: 98.54 % (cyclic-16, ours 98.54)" in found


def test_networks_without_evidence_at_their_own_size_are_named(tmp_path: Path, write: Write) -> None:
    write_arm(write, INTERLEAVED, "lite", "cyclic-16x3", (7000, 7010, 7020))
    assert "no evidence: 784-100-10, VGG11, VGG13, VGG5, VGG9." in sentences(tmp_path)[-2]
    write_arm(write, "cifar10-encoders", "paper", "dct", (9000,))
    assert "VGG5" not in sentences(tmp_path)[-2]
    assert "VGG9" in sentences(tmp_path)[-2]
    write(INTERLEAVED, "short", "cyclic-16x3", 0, failure="stopped")
    assert "VGG9" in sentences(tmp_path)[-2]
    write(INTERLEAVED, "short", "cyclic-8x3", 0, 8000)  # short's network and map are those of the paper
    assert "no evidence: 784-100-10, VGG11, VGG13." in sentences(tmp_path)[-2]


def test_claims_that_wait_are_counted_with_the_work_that_would_judge_them(tmp_path: Path, write: Write) -> None:
    write_arm(write, INTERLEAVED, "lite", "cyclic-16x3", (7000, 7010, 7020, 7015, 7005))
    waits = sentences(tmp_path)[-1]
    assert waits.startswith("Still to be trained, for want of machine time, are the cells that ")
    assert f"{INTERLEAVED} (25 cells, 1.4 PFLOP)" in waits
    assert "the paper profile would judge " in waits
    assert waits.endswith("tinyimagenet-vgg13 (5 cells, 35,693 PFLOP)")
