"""Judgements of records on disk, one type of claim after the other, each against arithmetic by hand."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from msgspec import structs

from harness.analysis.frame import Measurement, read_measurements, write_measurement
from harness.analysis.judges import (
    Judgement,
    comparability,
    deviations_of,
    judge,
    judged,
    one_for_each_claim,
    without_records,
)
from harness.analysis.verdicts import Word
from harness.catalogue import Catalogue
from harness.catalogue.claims import Agreement, Claim, Measured
from harness.config import ProfileName
from harness.records.store import read_record, write_record
from harness.schema import Counts, Epoch, Weights
from tests.analysis.judging import (
    CATALOGUE,
    CLAIMS,
    FREQUENCIES,
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


def _by_id(folder: Path, claims: Sequence[Claim]) -> dict[str, Judgement]:
    return {judgement.id: judgement for judgement in judge(load(folder), CATALOGUE, claims, seeds_planned=3)}


def test_five_runs_near_the_published_number_reproduce_it(tmp_path: Path, write: Write) -> None:
    """Mean 98.54, sd 0.0353553 (deviations -4, -1, 2, -2, 5 hundredths: √(50 / 4) = 3.535534), ± 2.776445 sd/√5."""
    write_arm(write, MNIST, "paper", "cyclic-16", NEAR)
    found = judge_one(tmp_path, "mnist-t16")
    assert found.verdict == "reproduced"
    assert (found.mean, found.sd, found.half_width) == pytest.approx((98.54, 0.03535534, 0.0438995), abs=1e-6)
    assert (found.prediction_low, found.prediction_high) == pytest.approx((98.43247, 98.64753), abs=1e-5)
    assert (found.seeds_done, found.seeds_planned, found.margin, found.published) == (5, 5, 0.1, 98.54)
    assert found.test == "TOST, δ = 0.10"
    assert found.why.startswith("Our mean of 98.54 is within 0.10 of the published 98.54")


@pytest.mark.parametrize(
    ("finals", "verdict"),
    [
        ((9950, 9951, 9952, 9953, 9954), "higher"),
        ((9700, 9701, 9702, 9703, 9704), "not comparable"),  # its ANN is trained for 40 of 300 epochs
        ((9700, 9900, 9800, 9750, 9950), "consistent"),
    ],
)
def test_other_verdicts_of_values(tmp_path: Path, write: Write, finals: Sequence[int], verdict: str) -> None:
    write_arm(write, MNIST, "paper", "cyclic-16", finals)
    assert judge_one(tmp_path, "mnist-t16").verdict == verdict


def test_one_planned_seed_cannot_tell(tmp_path: Path, write: Write) -> None:
    write(MNIST, "paper", "cyclic-16", 0, 9854)
    found = judge_one(tmp_path, "mnist-t16", 1)
    assert (found.verdict, found.mean, found.sd, found.half_width) == ("inconclusive", 98.54, None, None)
    assert found.prediction_low is None


def test_the_best_epoch_stands_beside_the_final_one(tmp_path: Path, write: Write) -> None:
    for seed, final in enumerate(NEAR):
        write(MNIST, "paper", "cyclic-16", seed, final, best=final + 10 * seed)
    assert judge_one(tmp_path, "mnist-t16").optimism == pytest.approx(0.2)
    # Epochs are scored at the last timestep, so they say nothing of an earlier one.
    (earlier,) = judge(load(tmp_path), CATALOGUE, [structs.replace(CLAIMS["mnist-t16"], timestep=8)], seeds_planned=5)
    assert (earlier.timestep, earlier.optimism) == (8, None)


def test_lite_does_not_judge_numbers(tmp_path: Path, write: Write) -> None:
    write_arm(of_5000(write), INTERLEAVED, "lite", "cyclic-16x3", (4497, 4498, 4499))
    found = judge_one(tmp_path, "interleaved-cyclic-16-accuracy", 3)
    assert (found.verdict, found.comparability) == ("not comparable", "not comparable")
    assert found.mean == pytest.approx(89.96)


def test_a_paired_difference_by_hand(tmp_path: Path, write: Write) -> None:
    """Differences 10, 11, 12 points: mean 11, sd 1, t(97.5 %, 2) = 4.302653, half-width 4.302653/√3 = 2.484138.

    t = 11 √3 = 19.0526; with 2 degrees of freedom p = 1 - t / √(2 + t²) = 0.0027434, times the 5 orderings of short.
    """
    write_arm(of_5000(write), INTERLEAVED, "short", "cyclic-16x3", (4500, 4000, 4250))
    write_arm(of_5000(write), INTERLEAVED, "short", "interleaved-16x3", (4000, 3450, 3650))
    found = judge_one(tmp_path, "interleaved-cyclic-wins-16", 3)
    assert (found.arm, found.versus, found.relation) == ("cyclic-16x3", "interleaved-16x3", "greater")
    assert found.mean == pytest.approx(11.0)
    assert (found.low, found.high) == pytest.approx((8.515862, 13.484138), abs=1e-5)
    t = 11 * 3**0.5
    assert found.p == pytest.approx(1 - t / (2 + t * t) ** 0.5)
    assert found.p_holm == pytest.approx(5 * (found.p or 0.0))
    assert (found.published, found.verdict) == (10.24, "sign and size")
    assert found.margin == pytest.approx(0.503)  # 5 % of what 89.94 leaves


def test_the_opposite_order_is_contradicted(tmp_path: Path, write: Write) -> None:
    write_arm(of_5000(write), INTERLEAVED, "lite", "cyclic-16x3", (4000, 4001, 4002))
    write_arm(of_5000(write), INTERLEAVED, "lite", "interleaved-16x3", (4500, 4502, 4504))
    assert judge_one(tmp_path, "interleaved-cyclic-wins-16", 3).verdict == "not comparable"  # not known to have settled
    found = judge_one(tmp_path, "interleaved-cyclic-wins-16", 3, known=True)
    assert found.verdict == "contradicted"
    assert found.runs == pytest.approx((-10.0, -10.02, -10.04))


def test_holm_goes_over_all_orderings_of_the_paper_with_or_without_records(tmp_path: Path, write: Write) -> None:
    """Differences 1, 2, 3 points at 16 (t = 2√3, p = 0.0742) and 10, 11, 15 at 8 (mean 12, sd √7, p = 0.0158).

    At lite the paper has 30 orderings: the smaller p counts 30 times, the next 29 times.
    """
    write_arm(of_5000(write), INTERLEAVED, "lite", "cyclic-16x3", (4050, 4100, 4150))
    write_arm(of_5000(write), INTERLEAVED, "lite", "interleaved-16x3", (4000, 4000, 4000))
    write_arm(of_5000(write), INTERLEAVED, "lite", "cyclic-8x3", (4500, 4550, 4750))
    write_arm(of_5000(write), INTERLEAVED, "lite", "interleaved-8x3", (4000, 4000, 4000))
    names = ("interleaved-cyclic-wins-16", "interleaved-cyclic-wins-8")
    found = _by_id(tmp_path, [CLAIMS[name] for name in names])
    sixteen, eight = (found[name] for name in names)
    assert (sixteen.p, eight.p) == pytest.approx((0.07418, 0.01575), abs=1e-4)
    assert eight.p is not None
    assert sixteen.p is not None
    assert eight.p_holm == pytest.approx(30 * eight.p)
    assert sixteen.p_holm == pytest.approx(min(1.0, 29 * sixteen.p))
    assert (sixteen.verdict, eight.verdict) == ("inconclusive", "inconclusive")
    assert "seeds would show" in sixteen.why


@pytest.mark.parametrize(
    ("all_sixteen", "verdict"),
    [
        ((4200, 4201, 4202), "holds"),
        ((3999, 4000, 4001), "holds"),  # equal within 0.02 points: loses nothing
        ((3900, 3901, 3902), "contradicted"),
        ((3900, 4000, 4100), "inconclusive"),
    ],
)
def test_no_benefit_means_not_below_by_more_than_the_margin(
    tmp_path: Path, write: Write, all_sixteen: Sequence[int], verdict: str
) -> None:
    write_arm(of_5000(write), FREQUENCIES, "lite", "latency48-16", all_sixteen)
    write_arm(of_5000(write), FREQUENCIES, "lite", "latency48-8", (4000, 4000, 4000))
    found = judge_one(tmp_path, "frequencies-no-benefit-8", 3, known=True)
    assert (found.verdict, found.relation) == (verdict, "not-less")
    assert found.margin == pytest.approx(0.503)  # 5 % of what 89.94, printed for all 16, leaves


@pytest.mark.parametrize(
    ("reach", "verdict", "words"),
    [
        ((40, 41, 42, 43, 44), "reproduced", "40, 41, 42, 43, 44"),
        ((40, None, 42, 43, 44), "inconclusive", "40, > 48, 42, 43, 44"),
        ((None, None, None, None, None), "higher", "> 48, > 48, > 48, > 48, > 48"),
    ],
)
def test_steps_to_reach_keep_censored_runs(
    tmp_path: Path, write: Write, reach: Sequence[int | None], verdict: str, words: str
) -> None:
    for seed, first in enumerate(reach):
        curve = [8950 if first is not None and t >= first else 8949 for t in range(1, 49)]
        write(VGG9, "paper", "cyclic-48", seed, curve)
    found = judge_one(tmp_path, "cifar10-steps-to-90")
    assert (found.verdict, found.steps, found.unit, found.timestep) == (verdict, tuple(reach), "steps", 48)
    assert found.why.endswith(f"Steps to 89.5 % of each seed: {words}.")
    assert found.mean == (42.0 if None not in reach else None)


@pytest.mark.parametrize(
    ("name", "profile", "deviations", "words"),
    [
        ("mnist-t16", "paper", (), "exact"),
        ("mnist-t16", "paper", ("a",), "approximate (1 deviation)"),
        ("mnist-t16", "paper", ("a", "b"), "approximate (2 deviations)"),
        ("mnist-t16", "lite", ("a",), "not comparable"),
        ("cifar10-steps-to-90", "lite", ("a",), "not comparable"),
        ("interleaved-cyclic-wins-16", "lite", ("a",), "approximate (1 deviation)"),
        ("interleaved-cyclic-wins-16", "smoke", ("a",), "not comparable"),
        ("interleaved-cyclic-wins-16", "short", ("a",), "approximate (1 deviation)"),
        ("interleaved-cyclic-16-accuracy", "short", ("a",), "approximate (1 deviation)"),
    ],
)
def test_comparability(name: str, profile: ProfileName, deviations: tuple[str, ...], words: str) -> None:
    assert comparability(CLAIMS[name], profile, deviations) == words


def test_deviations_are_those_of_the_profile_and_of_both_arms() -> None:
    experiment = CATALOGUE.experiment(INTERLEAVED)
    arms = tuple(replace(arm, deviations=("shared", arm.name)) for arm in experiment.arms)
    profiles = tuple(replace(profile, deviations=("shared",)) for profile in experiment.profiles)
    experiment = replace(experiment, arms=arms, profiles=profiles, published={})
    found = deviations_of(CLAIMS["interleaved-cyclic-wins-16"].arms, experiment, "paper")
    assert found == ("shared", "cyclic-16x3", "interleaved-16x3")


@pytest.mark.parametrize(
    ("profile", "planned", "described", "seeds"),
    [
        (None, None, "exact", 5),  # as the paper profile would be
        ("paper", None, "exact", 5),
        ("lite", None, "approximate (1 deviation)", 3),
        ("lite", 7, "approximate (1 deviation)", 7),
    ],
)
def test_where_nothing_was_run_the_plan_is_told(
    profile: ProfileName | None, planned: int | None, described: str, seeds: int
) -> None:
    experiment = CATALOGUE.experiment(INTERLEAVED)
    counts = {"smoke": 1, "lite": 3, "short": 1, "paper": 5}
    profiles = tuple(replace(p, deviations=(), seeds=counts[p.name]) for p in experiment.profiles)
    paper = replace(CATALOGUE.papers[0], experiments=(replace(experiment, profiles=profiles, published={}),))
    found = without_records(CLAIMS["interleaved-cyclic-wins-16"], Catalogue((paper,)), profile, planned)
    assert (found.verdict, found.profile, found.why) == ("no records", profile, "Nobody has run it.")
    assert (found.comparability, found.seeds_done, found.seeds_planned) == (described, 0, seeds)


def test_a_profile_that_is_not_there_is_said_and_described_as_the_paper_profile() -> None:
    found = without_records(CLAIMS["mnist-t16"], CATALOGUE, "lite", None)
    assert found.why == "mnist-784-100-10 has no profile lite."
    assert found.comparability == without_records(CLAIMS["mnist-t16"], CATALOGUE, "paper", None).comparability
    assert without_records(CLAIMS["mnist-t16"], CATALOGUE, None, None).why == "Nobody has run it."


def test_lite_is_never_exact() -> None:
    experiment = CATALOGUE.experiment(INTERLEAVED)
    profiles = tuple(replace(profile, deviations=()) for profile in experiment.profiles)
    experiment = replace(experiment, profiles=profiles, published={})
    claim = CLAIMS["interleaved-cyclic-wins-16"]
    assert deviations_of(claim.arms, experiment, "lite") == ("the lite profile spends less than the published recipe",)
    assert comparability(claim, "lite", deviations_of(claim.arms, experiment, "lite")) == "approximate (1 deviation)"
    assert comparability(claim, "paper", deviations_of(claim.arms, experiment, "paper")) == "exact"


@pytest.mark.parametrize(
    ("judged", "expected"),
    [
        ([("lite", "holds"), ("short", "not comparable"), ("paper", "incomplete")], "lite"),
        ([("lite", "holds"), ("short", "not comparable"), ("paper", "contradicted")], "paper"),
        ([("smoke", "not comparable"), ("lite", "incomplete"), ("short", "not comparable")], "short"),
        ([("smoke", "not comparable"), ("short", "not comparable")], "short"),
        ([(None, "no records")], None),
    ],
)
def test_an_answer_counts_before_a_larger_profile(
    judged: list[tuple[ProfileName | None, Word]], expected: ProfileName | None
) -> None:
    claim = CLAIMS["interleaved-cyclic-wins-16"]
    found = [
        structs.replace(without_records(claim, CATALOGUE, profile, None), verdict=verdict)
        for profile, verdict in judged
    ]
    for order in (found, found[::-1]):
        (best,) = one_for_each_claim(order)
        assert best.profile == expected


def test_claims_keep_their_order() -> None:
    names = ("mnist-t16", "interleaved-cyclic-wins-16", "mnist-t2")
    found = [without_records(CLAIMS[name], CATALOGUE, "paper", None) for name in names]
    assert [judgement.id for judgement in one_for_each_claim((*found, *found))] == list(names)


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
    assert (found.verdict, found.nearest) == ("lower", "")


def test_a_missed_number_names_the_nearest_reading(tmp_path: Path, write: Write) -> None:
    write_arm(write, MNIST, "paper", "cyclic-2", (9400, 9401, 9402, 9403, 9404))
    write_arm(write, READINGS, "paper", "released-2", (8400, 8420))
    write_arm(write, READINGS, "paper", "default-2", (9400, 9401))
    found = judge_one(tmp_path, "mnist-t2")
    assert (found.verdict, found.nearest) == (
        "higher",
        f"Of all readings in the evidence, released-2 of {READINGS} comes nearest to 86.7: 84.10 (2 seeds, too few for "
        "an interval).",
    )


def test_a_longer_training_read_early_is_a_reading_with_its_own_interval(tmp_path: Path, write: Write) -> None:
    """86.4, 86.5, 86.6, 86.7, 86.8: mean 86.6, sd 0.1581, ± 2.776445 · 0.1581 / √5 = 0.1963."""
    write_arm(write, MNIST, "paper", "cyclic-2", (9400, 9401, 9402, 9403, 9404))
    for seed in range(5):
        write(MNIST, "paper", "cyclic-5", seed, [0, 8640 + 10 * seed, 9000, 9500, 9730])
    assert judge_one(tmp_path, "mnist-t2").nearest == (
        f"Of all readings in the evidence, cyclic-5 of {MNIST} read after 2 of its 5 steps comes nearest to 86.7: "
        "86.60 (95 %: 86.40 to 86.80)."
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


SHARE = Measurement("share", 84.0, "%", "cifar10", "0" * 64, 100, "The first frequency holds")


def agreement(*figures: str, low: str | None = None, high: str | None = None) -> Agreement:
    return Agreement(id="a", experiment=MNIST, source="§1", says="s", figures=figures, low=low, high=high)


def measured(relation: Literal["at-least", "at-most"], bound: str) -> Measured:
    return Measured(id="m", experiment=MNIST, source="§6", says="s", quantity="share", value=bound, relation=relation)


@pytest.mark.parametrize(
    ("claim", "word", "words"),
    [
        (agreement("240/48", low="2", high="14"), "holds", "240/48 = 5 within 2 to 14"),
        (agreement("240/48", "1200/48", low="2", high="14"), "contradicted", "1200/48 = 25 is not within 2 to 14"),
        (agreement("240/48", "300/48", low="10"), "contradicted", "240/48 = 5, 300/48 = 6.25 are not at least 10"),
        (agreement("87.2-84.4", low="2.5", high="3.5"), "holds", "87.2-84.4 = 2.8 within 2.5 to 3.5"),
        (agreement("5", high="5"), "holds", "5 at most 5"),
    ],
)
def test_a_sentence_agrees_with_all_its_figures_or_not(tmp_path: Path, claim: Claim, word: str, words: str) -> None:
    (found,) = judge(load(tmp_path), CATALOGUE, [claim])
    assert (found.verdict, found.profile, found.seeds_planned) == (word, None, 0)
    assert words in found.why


@pytest.mark.parametrize(
    ("relation", "bound", "word"),
    [
        ("at-least", "50", "holds"),
        ("at-least", "84", "holds"),
        ("at-least", "85", "contradicted"),
        ("at-most", "85", "holds"),
        ("at-most", "50", "contradicted"),
    ],
)
def test_a_measurement_keeps_its_bound_or_not(
    tmp_path: Path, relation: Literal["at-least", "at-most"], bound: str, word: str
) -> None:
    claim = measured(relation, bound)
    assert [j.verdict for j in judge(load(tmp_path), CATALOGUE, [claim])] == ["no records"]
    write_measurement(tmp_path, SHARE)
    (found,) = judge(load(tmp_path), CATALOGUE, [claim])
    assert (found.verdict, found.mean) == (word, 84.0)


READ = structs.replace(SHARE, profile="paper", arm="cyclic-16", weights=("a" * 64, "b" * 64))


def kept(folder: Path, write: Write, names: str, measurement: Measurement) -> Judgement:
    """Two planned seeds whose kept weights have these names, and a claim on the measured weights."""
    for seed, name in enumerate(names):
        record = read_record(write(MNIST, "paper", "cyclic-16", seed, 9800))
        write_record(folder, structs.replace(record, weights=Weights("seed.safetensors", name * 64), digest=""))
    write_measurement(folder, measurement)
    (found,) = judge(load(folder), CATALOGUE, [measured("at-least", "80")], seeds_planned=2)
    return found


def test_what_kept_weights_tell_rests_on_the_records_of_the_planned_seeds(tmp_path: Path, write: Write) -> None:
    found = kept(tmp_path, write, "ab", READ)
    assert (found.verdict, found.mean, found.profile, found.arm) == ("holds", 84.0, "paper", "cyclic-16")
    assert (found.seeds_done, found.seeds_planned) == (2, 2)
    assert found.comparability == f"approximate ({len(found.deviations)} deviations)"
    assert "ANN epochs: 40 in place of 300" in found.deviations


def test_weights_of_fewer_seeds_than_planned_decide_nothing(tmp_path: Path, write: Write) -> None:
    found = kept(tmp_path, write, "ab", structs.replace(READ, weights=("b" * 64,)))
    assert (found.verdict, found.seeds_done, found.mean) == ("incomplete", 1, 84.0)
    assert found.why.startswith("The weights of 1 of 2 planned seeds were read.")


def test_weights_that_no_fresh_record_names_are_stale(tmp_path: Path, write: Write) -> None:
    assert kept(tmp_path, write, "ac", READ).verdict == "stale"


def test_smoke_weights_judge_nothing(tmp_path: Path, write: Write) -> None:
    assert kept(tmp_path, write, "ab", structs.replace(READ, profile="smoke")).verdict == "not comparable"


def test_measurements_are_read_back_and_bad_files_named(tmp_path: Path) -> None:
    path = write_measurement(tmp_path, SHARE)
    (path.parent / "moved.json").write_bytes(path.read_bytes())
    (path.parent / "broken.json").write_text("{")
    found, problems = read_measurements(tmp_path)
    assert found == {"share": SHARE}
    assert [problem.split(":")[0] for problem in problems] == [
        str(path.parent / "broken.json"),
        str(path.parent / "moved.json"),
    ]
    assert load(tmp_path).problems == problems


def test_the_papers_own_sentences_on_latency_are_held_against_its_figures(tmp_path: Path) -> None:
    found = {j.id: j.verdict for j in judge(load(tmp_path), CATALOGUE) if j.kind == "agreement"}
    assert found == {"latency-about-200": "holds", "latency-orders-of-magnitude": "contradicted"}


def test_an_arm_above_another_papers_number_holds(tmp_path: Path, write: Write) -> None:
    """Mean 98.54, 98.54 - 97.4 = 1.14, sd 0.0353553: t = 1.14 √5 / 0.0353553 = 72.1 with 4 degrees of freedom."""
    write_arm(write, MNIST, "paper", "cyclic-16", (9850, 9853, 9856, 9852, 9859))
    found = judge_one(tmp_path, "mnist-above-kheradpisheh")
    assert (found.verdict, found.published, found.versus) == ("holds", 97.4, None)
    assert found.mean == pytest.approx(1.14)
    assert found.p == pytest.approx(2.2e-7, rel=0.05)
    assert found.test == "t of the mean, Holm"


def test_an_arm_below_another_papers_number_contradicts(tmp_path: Path, write: Write) -> None:
    write_arm(write, MNIST, "paper", "cyclic-16", (9650, 9653, 9656, 9652, 9659))
    assert judge_one(tmp_path, "mnist-above-comsa", known=True).verdict == "contradicted"


def test_other_papers_numbers_are_of_the_family_at_the_paper_profile_alone(tmp_path: Path, write: Write) -> None:
    for profile in ("lite", "paper"):
        write_arm(of_5000(write), "ablation-interleaved", profile, "cyclic-16x3", (4500, 4000, 4250))
        write_arm(of_5000(write), "ablation-interleaved", profile, "interleaved-16x3", (4000, 3450, 3650))
    claim = [CLAIMS["interleaved-cyclic-wins-16"]]
    lite, paper = judge(load(tmp_path), CATALOGUE, claim, seeds_planned=3)
    assert lite.p is not None
    assert (lite.p_holm, paper.p_holm) == pytest.approx((30 * lite.p, 47 * lite.p))


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
    assert CLAIMS["frequencies-no-benefit-8"].says.endswith("at T = 48, on training images")


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
    found = judge_one(tmp_path, "comparable-to-ann-cifar10", planned=3, known=True)
    assert (found.verdict, found.versus) == (word, "ann")
    assert found.mean == pytest.approx(mean, abs=1e-3)


def test_a_record_without_its_ann_does_not_answer(tmp_path: Path, write: Write) -> None:
    for seed in range(3):
        write(INTERLEAVED, "lite", "cyclic-16x3", seed, 7000)
    (found,) = judge(load(tmp_path), CATALOGUE, [CLAIMS["comparable-to-ann-cifar10"]], seeds_planned=3)
    assert (found.verdict, found.why) == ("incomplete", "The records do not tell the accuracy of the ANN.")
