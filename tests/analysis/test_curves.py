"""Curves in one number, and which records count: planned and further seeds, and what is said of those not done."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from harness.analysis.curves import steps_label, steps_to_reach
from harness.analysis.frame import optimism, percent
from harness.analysis.judges import deviations_of, judge, judged
from harness.catalogue import Catalogue
from harness.records.store import read_record, write_record
from tests.analysis.judging import (
    CATALOGUE,
    CLAIMS,
    INTERLEAVED,
    MNIST,
    NEAR,
    VGG9,
    Write,
    judge_one,
    load,
    of_5000,
    write_arm,
)
from tests.fingerprints import of_other_recipe


@pytest.mark.parametrize(
    ("accuracy", "target", "expected"),
    [
        ([10, 50, 90, 91], 90, 3),
        ([90, 91, 92], 90, 1),
        ([90, 89, 90], 90, 3),  # reached, lost, reached again
        ([90, 91, 89], 90, None),  # lost in the end: censored
        ([10, 20], 90, None),
        ([95], 90, 1),
    ],
)
def test_steps_to_reach(accuracy: list[float], target: float, expected: int | None) -> None:
    assert steps_to_reach(accuracy, target) == expected


def test_a_censored_run_is_shown_as_more() -> None:
    assert steps_label(None, 48) == "> 48"
    assert steps_label(41, 48) == "41"


def test_an_accuracy_that_equals_a_printed_target_reaches_it() -> None:
    for correct in range(10_001):
        assert steps_to_reach(percent([correct], 10_000), float(f"{correct // 100}.{correct % 100:02d}")) == 1


def test_optimism_is_the_best_epoch_above_the_last() -> None:
    assert optimism([90.0, 91.5, 91.0]) == 0.5
    assert optimism([90.0, 91.0]) == 0.0
    assert math.isnan(optimism([]))


def test_a_deleted_seed_makes_it_incomplete(tmp_path: Path, write: Write) -> None:
    write_arm(write, MNIST, "paper", "cyclic-16", NEAR)
    (tmp_path / MNIST / "paper" / "cyclic-16" / "seed-0002.json").unlink()
    found = judge_one(tmp_path, "mnist-t16")
    assert (found.verdict, found.seeds_done, found.seeds_planned) == ("incomplete", 4, 5)
    assert found.detail == "cyclic-16 seed 2: missing"
    assert found.mean == pytest.approx((98.50 + 98.53 + 98.52 + 98.59) / 4)


def test_a_failed_record_makes_it_incomplete_and_is_quoted(tmp_path: Path, write: Write) -> None:
    write_arm(write, MNIST, "paper", "cyclic-16", NEAR)
    write(MNIST, "paper", "cyclic-16", 4, failure="CUDA out of memory")
    found = judge_one(tmp_path, "mnist-t16")
    assert (found.verdict, found.seeds_done, found.seeds_planned) == ("incomplete", 4, 5)
    assert found.detail == "cyclic-16 seed 4: failed: CUDA out of memory"


def test_a_tampered_seed_is_said_to_be_refused(tmp_path: Path, write: Write) -> None:
    write_arm(write, MNIST, "paper", "cyclic-16", NEAR)
    path = tmp_path / MNIST / "paper" / "cyclic-16" / "seed-0000.json"
    path.write_text(path.read_text().replace("9850", "9860"))
    assert judge_one(tmp_path, "mnist-t16").detail == "cyclic-16 seed 0: refused, see problems"


def test_a_further_seed_does_not_stand_in_for_a_planned_one(tmp_path: Path, write: Write) -> None:
    for seed in (0, 1, 2, 3, 5, 6):
        write(MNIST, "paper", "cyclic-16", seed, 9854)
    found = judge_one(tmp_path, "mnist-t16")
    assert (found.verdict, found.seeds_done) == ("incomplete", 4)


def test_further_seeds_judge_nothing(tmp_path: Path, write: Write) -> None:
    write_arm(write, MNIST, "paper", "cyclic-16", (*NEAR, 1000, 1000))
    found = judge_one(tmp_path, "mnist-t16")
    assert (found.verdict, found.seeds_done, found.seeds_planned, found.further) == ("reproduced", 5, 5, 2)
    assert found.mean == pytest.approx(98.54)


def test_the_number_of_planned_seeds_is_the_arms_own(tmp_path: Path, write: Write) -> None:
    write_arm(write, MNIST, "paper", "cyclic-16", (*NEAR, 1000))
    experiment = CATALOGUE.experiment(MNIST)
    arms = tuple(replace(arm, seeds=3) if arm.name == "cyclic-16" else arm for arm in experiment.arms)
    paper = CATALOGUE.papers[0]
    others = tuple(e for e in paper.experiments if e.name != MNIST)
    changed = Catalogue((replace(paper, experiments=(replace(experiment, arms=arms), *others)),))
    (found,) = judge(load(tmp_path), changed, [CLAIMS["mnist-t16"]])
    assert (found.seeds_planned, found.seeds_done, found.further, found.runs) == (3, 3, 3, (98.50, 98.53, 98.56))


def test_the_number_of_planned_seeds_may_be_that_of_the_arm_at_the_profile(tmp_path: Path, write: Write) -> None:
    for arm, final in (("cyclic-16x3", 9000), ("interleaved-8x3", 5400)):
        write_arm(write, INTERLEAVED, "short", arm, (final,))
    names = ("interleaved-cyclic-16-accuracy", "interleaved-interleaved-8-accuracy")
    found = judge(load(tmp_path), CATALOGUE, [CLAIMS[name] for name in names], profile="short")
    assert [(j.seeds_done, j.seeds_planned, j.verdict) for j in found] == [
        (1, 3, "incomplete"),
        (1, 1, "inconclusive"),
    ]
    assert all(j.comparability.startswith("approximate") for j in found)


def test_smoke_judges_nothing(tmp_path: Path, write: Write) -> None:
    write(MNIST, "smoke", "cyclic-16", 0, 493, total=500)
    found = judge_one(tmp_path, "mnist-t16")
    assert (found.profile, found.verdict, found.comparability) == ("smoke", "not comparable", "not comparable")
    assert (found.mean, found.why) == (None, "Smoke runs are never judged.")


def test_no_records_is_said_once_for_every_claim(tmp_path: Path) -> None:
    found = judge(load(tmp_path), CATALOGUE, tuple(CLAIMS.values()))
    assert [j.id for j in found] == [c.id for c in CLAIMS.values() if c.kind != "context"]
    trained = [j for j in found if CLAIMS[j.id].needs_training]
    assert {judgement.verdict for judgement in trained} == {"no records"}
    assert judged(trained) == 0
    assert {(j.profile, j.seeds_done) for j in found} == {(None, 0)}


def test_a_profile_that_an_experiment_lacks_has_no_records(tmp_path: Path) -> None:
    found = judge_one(tmp_path, "mnist-t16", profile="lite")
    assert (found.verdict, found.profile, found.why) == (
        "no records",
        "lite",
        f"{MNIST} has no profile lite.",
    )


def test_each_profile_with_records_is_judged_by_its_own_plan(tmp_path: Path, write: Write) -> None:
    profiles = [p for p in CATALOGUE.experiment(INTERLEAVED).profiles if p.name in ("lite", "paper")]
    for profile in profiles:
        for arm, base in (("cyclic-16x3", 4000), ("interleaved-16x3", 3500)):
            write_arm(of_5000(write), INTERLEAVED, profile.name, arm, [base + s for s in range(profile.seeds)])
    found = judge(load(tmp_path), CATALOGUE, [CLAIMS["interleaved-cyclic-wins-16"]])
    assert [(j.profile, j.verdict, j.seeds_planned) for j in found] == [
        ("lite", "holds", profiles[0].seeds),  # a small network judges the direction alone
        ("paper", "sign and size", profiles[1].seeds),
    ]
    assert judged(found) == 2
    assert len(judge(load(tmp_path), CATALOGUE, [CLAIMS["interleaved-cyclic-wins-16"]], profile="paper")) == 1


def test_an_ordering_needs_both_arms_of_every_planned_seed(tmp_path: Path, write: Write) -> None:
    write_arm(of_5000(write), INTERLEAVED, "lite", "cyclic-16x3", (4500, 4500, 4500))
    write_arm(of_5000(write), INTERLEAVED, "lite", "interleaved-16x3", (4000, 4001))
    found = judge_one(tmp_path, "interleaved-cyclic-wins-16", 3)
    assert (found.verdict, found.seeds_done, found.seeds_planned) == ("incomplete", 2, 3)
    assert (found.p, found.p_holm, len(found.runs)) == (None, None, 2)
    assert found.detail == "interleaved-16x3 seed 2: missing"


def test_an_arm_of_another_experiment_is_another_arm(tmp_path: Path, write: Write) -> None:
    write_arm(of_5000(write), INTERLEAVED, "lite", "cyclic-16x3", (4000, 4001, 4002))
    assert "cyclic-16x3" in CLAIMS["intermittent-all-16-beats-first-8"].arms
    assert judge_one(tmp_path, "intermittent-all-16-beats-first-8").verdict == "no records"


def test_where_every_seed_failed_nothing_is_measured(tmp_path: Path, write: Write) -> None:
    for seed in range(2):
        write(MNIST, "paper", "cyclic-16", seed, failure="out of memory")
    found = judge_one(tmp_path, "mnist-t16", planned=2)
    assert (found.verdict, found.mean, found.margin, found.seeds_done) == ("incomplete", None, None, 0)
    assert found.detail == "cyclic-16 seed 0: failed: out of memory; cyclic-16 seed 1: failed: out of memory"


def test_gaps_are_told_one_after_the_other(tmp_path: Path, write: Write) -> None:
    write(MNIST, "paper", "cyclic-16", 0, 9854)
    found = judge_one(tmp_path, "mnist-t16", planned=3)
    assert (found.verdict, found.detail) == ("incomplete", "cyclic-16 seed 1: missing; cyclic-16 seed 2: missing")
    assert (found.experiment, found.kind, found.relation) == (MNIST, "value", None)
    assert found.deviations == deviations_of(["cyclic-16"], CATALOGUE.experiment(MNIST), "paper")


def test_without_records_the_number_of_planned_seeds_is_the_one_asked_for(tmp_path: Path) -> None:
    assert judge_one(tmp_path, "mnist-t16", planned=7).seeds_planned == 7


def test_a_missing_seed_leaves_the_steps_of_the_others(tmp_path: Path, write: Write) -> None:
    for seed in range(2):
        write(VGG9, "paper", "cyclic-48", seed, [8950] * 48)
    found = judge_one(tmp_path, "cifar10-steps-to-90", planned=3)
    assert (found.steps, found.why) == ((1, 1), "cyclic-48 seed 2: missing.")


def test_a_stale_seed_makes_it_stale(tmp_path: Path, write: Write) -> None:
    write_arm(write, MNIST, "paper", "cyclic-16", NEAR)
    record = read_record(write(MNIST, "paper", "cyclic-16", 1, 9853))
    write_record(tmp_path, of_other_recipe(record, replace(record.config, dataset="digits")))
    found = judge_one(tmp_path, "mnist-t16")
    assert (found.verdict, found.seeds_done) == ("stale", 4)
    assert found.detail == "cyclic-16 seed 1: stale: changed since: recipe (dataset)"
