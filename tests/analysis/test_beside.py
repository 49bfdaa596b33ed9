"""What stands beside a verdict: controls with the same one, the nearest reading, claims on the same records."""

from pathlib import Path

import pytest
from msgspec import structs

from harness.analysis.verdicts import judge, judged
from harness.records.store import read_record, write_record
from tests.analysis.judging import CATALOGUE, CLAIMS, FREQUENCIES, MNIST, NEAR, VGG9, Write, judge_one, load, write_arm

READINGS = "sensitivity-readings"
INTERMITTENT = "ablation-intermittent"


def test_controls_that_get_the_same_verdict_are_named(tmp_path: Path, write: Write) -> None:
    write_arm(write, MNIST, "paper", "cyclic-16", NEAR)
    write_arm(write, MNIST, "paper", "direct-16", NEAR)
    write_arm(write, MNIST, "paper", "poisson-16", (9400, 9401, 9402, 9403, 9404))
    found = judge_one(tmp_path, "mnist-t16")
    assert (found.verdict, found.same, found.other) == ("reproduced", ("direct-16",), ("poisson-16",))


def test_controls_of_another_experiment_on_the_same_network_count(tmp_path: Path, write: Write) -> None:
    write_arm(write, MNIST, "paper", "cyclic-16", NEAR)
    write_arm(write, "mnist-encoders", "paper", "phase", NEAR)
    assert judge_one(tmp_path, "mnist-t16").same == ("phase of mnist-encoders",)


def test_the_same_computation_under_two_names_is_one_control(tmp_path: Path, write: Write) -> None:
    write_arm(write, MNIST, "paper", "cyclic-16", NEAR)
    write_arm(write, MNIST, "paper", "direct-16", NEAR)
    write_arm(write, "mnist-encoders", "paper", "direct", NEAR)
    assert judge_one(tmp_path, "mnist-t16").same == ("direct-16",)


def test_a_control_without_all_its_planned_seeds_does_not_count(tmp_path: Path, write: Write) -> None:
    write_arm(write, MNIST, "paper", "cyclic-16", NEAR)
    write_arm(write, MNIST, "paper", "direct-16", NEAR[:4])
    found = judge_one(tmp_path, "mnist-t16")
    assert (found.verdict, found.same, found.other) == ("reproduced", (), ())


def test_another_code_is_no_reading_of_the_paper(tmp_path: Path, write: Write) -> None:
    write_arm(write, VGG9, "paper", "cyclic-48", (8800, 8801, 8802, 8803, 8804))
    write_arm(write, "cifar10-encoders", "paper", "direct", (8990, 8991, 8992, 8993, 8994))
    found = judge_one(tmp_path, "interleaved-cyclic-16-accuracy")
    assert (found.verdict, found.reading) == ("lower", "")


def test_a_missed_number_names_the_nearest_reading(tmp_path: Path, write: Write) -> None:
    write_arm(write, MNIST, "paper", "cyclic-2", (9400, 9401, 9402, 9403, 9404))
    write_arm(write, READINGS, "paper", "released-2", (8400, 8420))
    write_arm(write, READINGS, "paper", "default-2", (9400, 9401))
    found = judge_one(tmp_path, "mnist-t2")
    assert (found.verdict, found.reading) == (
        "higher",
        f"Of the readings in {READINGS}, released-2 comes nearest to 86.7: 84.10.",
    )


def test_claims_on_the_same_records_are_one_piece_of_evidence(tmp_path: Path, write: Write) -> None:
    write_arm(write, MNIST, "paper", "cyclic-16", NEAR)
    again = structs.replace(CLAIMS["mnist-t16"], id="again")
    found = judge(load(tmp_path), CATALOGUE, [CLAIMS["mnist-t16"], again])
    assert [j.twins for j in found] == [("again",), ("mnist-t16",)]
    assert judged(found) == 1


def test_unfinished_claims_of_one_arm_are_no_twins(tmp_path: Path, write: Write) -> None:
    """Both have only their first arm: their records do not tell them apart."""
    write_arm(write, FREQUENCIES, "lite", "latency48-16", (6900, 6960, 6860, 6900, 6920))
    names = ("frequencies-no-benefit-4", "frequencies-no-benefit-8")
    found = judge(load(tmp_path), CATALOGUE, [CLAIMS[name] for name in names])
    assert [(j.verdict, j.twins) for j in found] == [("incomplete", ()), ("incomplete", ())]


def test_another_number_on_the_same_records_is_another_claim(tmp_path: Path, write: Write) -> None:
    write_arm(write, MNIST, "paper", "cyclic-16", NEAR)
    other = structs.replace(CLAIMS["mnist-t16"], id="other", value="98.2")
    found = judge(load(tmp_path), CATALOGUE, [CLAIMS["mnist-t16"], other])
    assert [j.twins for j in found] == [(), ()]
    assert judged(found) == 2


def test_a_number_printed_twice_is_judged_by_the_records_of_either_experiment(tmp_path: Path, write: Write) -> None:
    write_arm(write, INTERMITTENT, "paper", "cyclic-16x3", (8990, 8992, 8994, 8996, 8998))
    (found,) = judge(load(tmp_path), CATALOGUE, [CLAIMS["interleaved-cyclic-16-accuracy"]])
    assert (found.experiment, found.arm, found.seeds_done) == (INTERMITTENT, "cyclic-16x3", 5)
    assert found.verdict == "reproduced"
    assert found.mean == pytest.approx(89.94)


def test_accuracy_straight_after_balancing_stands_beside_the_final_one(tmp_path: Path, write: Write) -> None:
    for seed, final in enumerate(NEAR):
        record = read_record(write(MNIST, "paper", "cyclic-16", seed, final))
        assert record.curve is not None
        before = structs.replace(record.curve, correct=[9000 + seed] * 16)
        write_record(tmp_path, structs.replace(record, balanced=before, digest=""))
    assert judge_one(tmp_path, "mnist-t16").balanced == pytest.approx(90.02)
