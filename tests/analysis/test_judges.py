"""Judgements of records on disk, one type of claim after the other, each against arithmetic by hand.

Then the rules of docs/verdicts.md, and what runs with fewer deviations say beside a miss.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from msgspec import structs
from scipy import stats

from harness.analysis.cells import Measurement, of_one_kind, read_measurements, write_measurement
from harness.analysis.judges import (
    Judgement,
    claimed_difference,
    comparability,
    deviations_of,
    judge,
    one_for_each_claim,
    statement_verdicts,
    without_records,
)
from harness.analysis.statistics import Images, accuracy_outcomes, error_of_mean, estimate, outcomes_without_images
from harness.analysis.verdicts import ClaimedDifference, Word, judge_value, ordering_p, sharpness
from harness.catalogue import Catalogue
from harness.catalogue.claims import Agreement, Claim, Difference, Measured, Ordering, Value, statements_of
from harness.config import CellConfig, EncoderSpec, ProfileName
from harness.records.store import read_record, write_record
from harness.report.tables import ours_in_words
from harness.schema import Counts, Epoch
from tests.analysis.judging import (
    CATALOGUE,
    CLAIMS,
    FREQUENCIES,
    INTERLEAVED,
    MNIST,
    NEAR,
    PAPER,
    VGG9,
    Invented,
    change,
    load,
    settled,
)
from tests.fingerprints import of_other_recipe

READINGS, INTERMITTENT = "sensitivity-readings", "ablation-intermittent"
WINS, ACCURACY = "interleaved-cyclic-wins-16", "interleaved-cyclic-16-accuracy"
NO_BENEFIT = "frequencies-no-benefit-8"

# ## A published accuracy


def test_five_runs_near_the_published_number_reproduce_it(records: Invented) -> None:
    """Mean 98.54, sd 0.0353553 (deviations -4, -1, 2, -2, 5 hundredths: √(50 / 4) = 3.535534), ± 2.776445 sd/√5."""
    records.arm("cyclic-16", NEAR)
    found = records.one("mnist-t16")
    assert found.verdict == "reproduced"
    assert (found.mean, found.sd, found.half_width) == pytest.approx((98.54, 0.03535534, 0.0438995), abs=1e-6)
    assert (found.prediction_low, found.prediction_high) == pytest.approx((98.43247, 98.64753), abs=1e-5)
    assert (found.seeds_done, found.seeds_planned, found.margin, found.published) == (5, 5, 0.1, 98.54)
    assert (found.experiment, found.kind, found.relation, found.test) == (MNIST, "value", None, "TOST, δ = 0.10")


FAR = [final - 1000 for final in NEAR]
OPPOSITE = {"cyclic-16x3": (8000, 8002, 8004), "interleaved-16x3": (9000, 9004, 9008)}
FIRST_8 = {"latency48-8": (8000, 8000, 8000)}
PARTLY = {"cyclic-16x3": (9000,) * 3, "interleaved-16x3": (8000,) * 2}


@pytest.mark.parametrize(
    ("experiment", "profile", "arms", "claim", "settled", "verdict", "mean"),
    [
        (MNIST, "paper", {"cyclic-16": (9950, 9951, 9952, 9953, 9954)}, "mnist-t16", False, "higher", 99.52),
        # Its ANN is trained for 40 of 300 epochs.
        (MNIST, "paper", {"cyclic-16": (9700, 9701, 9702, 9703, 9704)}, "mnist-t16", False, "not comparable", 97.02),
        # One more run could give anything from 95.1 to 100 %.
        (MNIST, "paper", {"cyclic-16": (9700, 9900, 9800, 9750, 9950)}, "mnist-t16", False, "inconclusive", 98.2),
        (MNIST, "paper", {"cyclic-16": (9854,)}, "mnist-t16", False, "inconclusive", 98.54),
        # A number that is printed twice is judged by the records of either experiment.
        (INTERMITTENT, "paper", {"cyclic-16x3": (8990, 8992, 8994, 8996, 8998)}, ACCURACY, False, "reproduced", 89.94),
        (INTERLEAVED, "lite", OPPOSITE, WINS, True, "contradicted", -10.02),
        (INTERLEAVED, "lite", OPPOSITE, WINS, False, "not comparable", -10.02),
        (MNIST, "paper", {"cyclic-16": FAR}, "mnist-above-comsa", True, "contradicted", -9.36),
        # No benefit means: not below by more than the margin.
        (FREQUENCIES, "lite", {"latency48-16": (8400, 8402, 8404), **FIRST_8}, NO_BENEFIT, True, "holds", 4.02),
        (FREQUENCIES, "lite", {"latency48-16": (7998, 8000, 8002), **FIRST_8}, NO_BENEFIT, True, "holds", 0.0),
        (FREQUENCIES, "lite", {"latency48-16": (7800, 7802, 7804), **FIRST_8}, NO_BENEFIT, True, "contradicted", -1.98),
        (FREQUENCIES, "lite", {"latency48-16": (7800, 8000, 8200), **FIRST_8}, NO_BENEFIT, True, "inconclusive", 0.0),
        # An ordering needs both arms of every planned seed.
        (INTERLEAVED, "lite", PARTLY, WINS, False, "incomplete", 10),
    ],
)
def test_a_verdict_of_each_kind(
    records: Invented,
    experiment: str,
    profile: ProfileName,
    arms: dict[str, Sequence[int]],
    claim: str,
    settled: bool,
    verdict: str,
    mean: float,
) -> None:
    for arm, finals in arms.items():
        records.at(experiment, profile).arm(arm, finals)
    (found,) = records.judge(claim, known=settled, planned=max(map(len, arms.values())))
    assert found.verdict == verdict
    assert found.mean == pytest.approx(mean)
    assert (found.prediction_low is None) == (len(found.runs) < 3)


def test_the_best_epoch_and_the_balanced_network_stand_beside_the_final_accuracy(records: Invented) -> None:
    for seed, final in enumerate(NEAR):
        path = records.write(MNIST, "paper", "cyclic-16", seed, final, best=final + 10 * seed)
        change(path, balanced=Counts([9000 + seed] * 16, 10_000))
    found = records.one("mnist-t16")
    assert (found.optimism, found.balanced) == pytest.approx((0.2, 90.02))
    # Epochs are scored at the last timestep, so they say nothing of an earlier one.
    earlier = records.one(structs.replace(CLAIMS["mnist-t16"], timestep=8))
    assert (earlier.timestep, earlier.optimism) == (8, None)


def test_lite_does_not_judge_numbers_and_smoke_nothing(records: Invented) -> None:
    records.at(INTERLEAVED, "lite").arm("cyclic-16x3", (4497, 4498, 4499), total=5000)
    found = records.one(ACCURACY, 3)
    assert (found.verdict, found.comparability) == ("not comparable", "not comparable")
    assert found.mean == pytest.approx(89.96)
    records.at(MNIST, "smoke").arm("cyclic-16", (493,), total=500)
    found = records.one("mnist-t16")
    assert (found.profile, found.verdict, found.mean) == ("smoke", "not comparable", None)


# ## Orderings


def test_a_paired_difference_by_hand(records: Invented) -> None:
    """Differences 10, 11, 12 points: mean 11, sd 1, t(97.5 %, 2) = 4.302653, half-width 4.302653/√3 = 2.484138.

    t = 11 √3 = 19.0526; with 2 degrees of freedom p = 1 - t / √(2 + t²) = 0.0027434, times the 5 orderings of short.
    """
    short = records.at(INTERLEAVED, "short")
    short.arm("cyclic-16x3", (4500, 4000, 4250), total=5000)
    short.arm("interleaved-16x3", (4000, 3450, 3650), total=5000)
    found = records.one(WINS, 3)
    assert (found.arm, found.versus, found.relation) == ("cyclic-16x3", "interleaved-16x3", "greater")
    assert (found.mean, found.low, found.high) == pytest.approx((11.0, 8.515862, 13.484138), abs=1e-5)
    t = 11 * 3**0.5
    assert found.p == pytest.approx(1 - t / (2 + t * t) ** 0.5)
    assert found.p_holm == pytest.approx(5 * (found.p or 0.0))
    assert (found.published, found.verdict) == (10.24, "sign and size")
    assert found.margin == pytest.approx(0.503)  # 5 % of what 89.94 leaves


def test_holm_goes_over_all_orderings_of_the_paper_with_or_without_records(records: Invented) -> None:
    """Differences 1, 2, 3 points at 16 (t = 2√3, p = 0.0742) and 10, 11, 15 at 8 (mean 12, sd √7, p = 0.0158).

    At lite the paper has 33 orderings: the smaller p counts 33 times, the next 32 times.
    """
    lite = records.at(INTERLEAVED, "lite")
    for count, cyclic in ((16, (4050, 4100, 4150)), (8, (4500, 4550, 4750))):
        lite.arm(f"cyclic-{count}x3", cyclic, total=5000)
        lite.arm(f"interleaved-{count}x3", (4000, 4000, 4000), total=5000)
    sixteen, eight = records.judge(WINS, "interleaved-cyclic-wins-8", planned=3)
    assert (sixteen.p, eight.p) == pytest.approx((0.07418, 0.01575), abs=1e-4)
    assert eight.p_holm == pytest.approx(33 * (eight.p or 0.0))
    assert sixteen.p_holm == pytest.approx(min(1.0, 32 * (sixteen.p or 0.0)))
    assert (sixteen.verdict, eight.verdict) == ("inconclusive", "inconclusive")


def test_other_papers_numbers_are_of_the_family_at_the_paper_profile_alone(records: Invented) -> None:
    profiles: tuple[ProfileName, ...] = ("lite", "paper")
    for profile in profiles:
        records.at(INTERLEAVED, profile).arm("cyclic-16x3", (9000, 8000, 8500))
        records.at(INTERLEAVED, profile).arm("interleaved-16x3", (8000, 6900, 7300))
    lite, paper = records.judge(WINS, planned=3)
    assert (lite.p_holm, paper.p_holm) == pytest.approx((33 * (lite.p or 0.0), 60 * (lite.p or 0.0)))


def test_figure_1_is_judged_by_training_images(records: Invented) -> None:
    """On training images all 16 frequencies are 5 points above the first 8, on test images 3 points below."""
    for arm, test, training in (("latency48-16", 8500, 1900), ("latency48-8", 8800, 1800)):
        for seed in range(3):
            path = records.write(FREQUENCIES, "paper", arm, seed, test + seed)
            change(path, sample_curve=Counts([0] * 47 + [training + 2 * seed], 2000))
    found = records.one("frequencies-no-benefit-8", planned=3)
    assert found.verdict == "holds"
    assert found.mean == pytest.approx(5.0)
    assert found.beside == "On test images the difference is -3.00 points."


@pytest.mark.parametrize(
    ("claim", "place", "arms"),
    [
        ("frequencies-no-benefit-8", (FREQUENCIES, "paper"), ("latency48-16", "latency48-8")),
        ("comparable-to-ann-cifar10", (INTERLEAVED, "lite"), ("cyclic-16x3",)),
    ],
)
def test_records_without_training_images_or_their_ann_do_not_answer(
    records: Invented, claim: str, place: tuple[str, ProfileName], arms: tuple[str, ...]
) -> None:
    for arm in arms:
        records.at(*place).arm(arm, (8500,) * 3, sample_curve=None)
    found = records.one(claim, planned=3)
    assert (found.verdict, found.mean) == ("incomplete", None)
    assert found.why.startswith("The records do not tell the accuracy ")


def test_an_arm_against_another_papers_number(records: Invented) -> None:
    """Mean 98.54, 98.54 - 97.4 = 1.14, sd 0.0353553: t = 1.14 √5 / 0.0353553 = 72.1 with 4 degrees of freedom."""
    records.arm("cyclic-16", NEAR)
    found = records.one("mnist-above-kheradpisheh")
    assert (found.verdict, found.published, found.versus) == ("holds", 97.4, None)
    assert found.mean == pytest.approx(1.14)
    assert found.p == pytest.approx(2.2e-7, rel=0.05)
    assert found.test == "t of the mean, Holm"


def test_a_number_published_for_these_images_is_compared_over_seeds_alone() -> None:
    for name, images in (("mnist-above-comsa", "fixed"), (WINS, "sampled")):
        claim = CLAIMS[name]
        assert isinstance(claim, Difference)
        assert claimed_difference(CATALOGUE, claim).images == images
    rng = np.random.default_rng(0)
    outcomes = accuracy_outcomes(rng.random((5, 200)) < rng.random(200))  # easy images and hard ones
    outcomes = replace(outcomes, per_seed=outcomes.per_seed - 45.0)
    drawn: tuple[Images, ...] = ("fixed", "sampled")
    alone, both = (ordering_p(outcomes, ClaimedDifference(0.1, images=images)) for images in drawn)
    assert alone == pytest.approx(stats.ttest_1samp(outcomes.per_seed, 0.0).pvalue)
    assert both > alone


@pytest.mark.parametrize(("ann", "word", "mean"), [(7011, "holds", -0.01), (7510, "contradicted", -5.0)])
def test_an_arm_is_held_against_its_own_ann(records: Invented, ann: int, word: str, mean: float) -> None:
    records.at(INTERLEAVED, "lite").arm("cyclic-16x3", (7009, 7010, 7011), ann=ann)
    found = records.one("comparable-to-ann-cifar10", planned=3, known=True)
    assert (found.verdict, found.versus) == (word, "ann")
    assert found.mean == pytest.approx(mean, abs=1e-3)


# ## Steps


@pytest.mark.parametrize(
    ("reach", "verdict", "words"),
    [
        ((40, 41, 42, 43, 44), "reproduced", "40, 41, 42, 43, 44"),
        ((40, None, 42, 43, 44), "inconclusive", "40, > 48, 42, 43, 44"),
        ((None, None, None, None, None), "higher", "> 48, > 48, > 48, > 48, > 48"),
    ],
)
def test_steps_to_reach_keep_censored_runs(
    records: Invented, reach: Sequence[int | None], verdict: str, words: str
) -> None:
    curves = [[8950 if first is not None and t >= first else 8949 for t in range(1, 49)] for first in reach]
    records.at(VGG9).arm("cyclic-48", curves)
    found = records.one("cifar10-steps-to-90")
    assert (found.verdict, found.steps, found.unit, found.timestep) == (verdict, tuple(reach), "steps", 48)
    assert found.why.endswith(f"Steps to 89.5 % of each seed: {words}.")
    assert found.mean == (42.0 if None not in reach else None)


def test_a_run_beyond_the_printed_steps_is_censored_at_its_own_end(records: Invented) -> None:
    """One seed reaches the target after 12 of 48 steps, and one never, where 10 are claimed."""
    records.at(VGG9).arm("cyclic-48", [[8949] * 11 + [8950] * 37, [8949] * 48])
    found = records.one(structs.replace(CLAIMS["cifar10-steps-to-90"], value="10"), planned=2)
    assert (found.published, ours_in_words(found)[0]) == (10.0, "12, > 48 steps")


def test_sooner_counts_the_steps_of_each_seed(records: Invented) -> None:
    """95 % of 80.00 is 76.00: reached at step 10, 11, 12 against 20 in every seed."""
    steps = {"dct": (10, 11, 12, 10, 11), "burst": (20,) * 5, "direct": (5, 6, 5, 6, 5), "phase": (30, 31, 30, 31, 30)}
    for arm, reach in steps.items():
        curves = [[7000] * (first - 1) + [8000] * (49 - first) for first in reach]
        records.at("cifar10-encoders", "lite").arm(arm, curves)
    found = records.one("saturates-before-burst-cifar10")
    assert (found.verdict, found.unit, found.runs) == ("holds", "steps", (10.0, 9.0, 8.0, 10.0, 9.0))
    assert found.beside == "Steps by seed: 10, 11, 12, 10, 11 against 20, 20, 20, 20, 20."
    assert (found.same, found.other) == (("direct",), ("phase",))  # controls; burst itself is none
    latency = records.at("latency-mnist")
    latency.arm("poisson-16", [9800] * 5)  # not trained at the other T
    for timesteps in (2, 4, 5, 8, 16):
        latency.arm(f"dct-{timesteps}", [9800 if timesteps >= 4 else 9700] * 5)
        latency.arm(f"direct-{timesteps}", [9800] * 5)
        latency.arm(f"burst-{timesteps}", [9000 + 10 * timesteps] * 5)
    found = records.one("sooner-than-burst-mnist")
    assert (found.verdict, found.runs) == ("holds", (13.0,) * 5)  # 97.3 % at 4 steps, and never: 17
    assert (found.same, found.other) == (("direct-16",), ())
    assert (
        found.beside
        == "Steps by seed: 4, 4, 4, 4, 4 against > 16, > 16, > 16, > 16, > 16. A run that never got there counts as "
        "17: the difference is at least this."
    )
    # Seeds that agree vary by the rounding of two numbers to the steps that there are.
    half = stats.t.ppf(0.975, 4) * np.sqrt((2**2 + 8**2) / 12 / 5)  # from 2 to 4 steps, and from 8 to 16
    assert (found.low, found.high) == pytest.approx((13 - half, 13 + half))


# ## Planned seeds


@pytest.mark.parametrize(
    ("loss", "detail"),
    [
        ("deleted", "cyclic-16 seed 2: missing"),
        ("failed", "cyclic-16 seed 2: failed: CUDA out of memory"),
        ("tampered", "cyclic-16 seed 2: refused, see problems"),
        ("stale", "cyclic-16 seed 2: stale: changed since: recipe (dataset)"),
    ],
)
def test_a_planned_seed_that_is_not_done_is_quoted_and_never_averaged_away(
    records: Invented, loss: str, detail: str
) -> None:
    records.arm("cyclic-16", (*NEAR, 1000))  # the sixth seed is not planned and does not stand in
    path = records.path("cyclic-16", 2)
    if loss == "deleted":
        path.unlink()
    elif loss == "failed":
        records.write(MNIST, "paper", "cyclic-16", 2, failure="CUDA out of memory")
    elif loss == "tampered":
        path.write_text(path.read_text().replace("9856", "9866"))
    else:
        record = read_record(path)
        write_record(records.folder, of_other_recipe(record, replace(record.config, dataset="digits")))
    found = records.one("mnist-t16")
    assert (found.verdict, found.detail) == ("stale" if loss == "stale" else "incomplete", detail)
    assert (found.seeds_done, found.seeds_planned, found.further) == (4, 5, 1)
    assert found.mean == pytest.approx((98.50 + 98.53 + 98.52 + 98.59) / 4)


def test_the_number_of_planned_seeds_may_be_that_of_the_arm_at_the_profile(records: Invented) -> None:
    for arm, final in (("cyclic-16x3", 9000), ("interleaved-8x3", 5400)):
        records.at(INTERLEAVED, "short").arm(arm, (final,))
    found = records.judge(ACCURACY, "interleaved-interleaved-8-accuracy", planned=None)
    assert [(j.seeds_done, j.seeds_planned, j.verdict) for j in found] == [(1, 3, "incomplete"), (1, 1, "inconclusive")]


def test_no_records_is_said_once_for_every_claim(tmp_path: Path) -> None:
    found = [judgement for paper in CATALOGUE.papers for judgement in judge(load(tmp_path), paper)]
    assert [j.id for j in found] == [c.id for c in CLAIMS.values() if c.kind != "context"]
    trained = [j for j in found if CLAIMS[j.id].needs_training]
    assert {judgement.verdict for judgement in trained} == {"no records"}
    assert {(j.profile, j.seeds_done) for j in found} == {(None, 0)}


# ## Profiles and deviations


@pytest.mark.parametrize(
    ("name", "profile", "deviations", "words"),
    [
        ("mnist-t16", "paper", (), "exact"),
        ("mnist-t16", "lite", ("a",), "not comparable"),
        (WINS, "lite", ("a", "b"), "approximate (2 deviations)"),
        (WINS, "smoke", ("a",), "not comparable"),
        (ACCURACY, "short", ("a",), "approximate (1 deviation)"),
    ],
)
def test_comparability(name: str, profile: ProfileName, deviations: tuple[str, ...], words: str) -> None:
    assert comparability(CLAIMS[name], profile, deviations) == words


def test_deviations_are_those_of_the_profile_and_of_both_arms_and_lite_is_never_exact() -> None:
    experiment, claim = replace(CATALOGUE.experiment(INTERLEAVED), published={}), CLAIMS[WINS]
    arms = tuple(replace(arm, deviations=("shared", arm.name)) for arm in experiment.arms)
    shared, bare = (
        tuple(replace(profile, deviations=words) for profile in experiment.profiles) for words in (("shared",), ())
    )
    both = deviations_of(claim.arms, replace(experiment, arms=arms, profiles=shared), "paper")
    assert both == ("shared", "cyclic-16x3", "interleaved-16x3")
    experiment = replace(experiment, profiles=bare)
    assert deviations_of(claim.arms, experiment, "lite") == ("the lite profile spends less than the published recipe",)
    assert deviations_of(claim.arms, experiment, "paper") == ()


def test_where_nothing_was_run_the_plan_of_the_fullest_profile_is_told() -> None:
    experiment = CATALOGUE.experiment(INTERLEAVED)
    counts = {"smoke": 1, "lite": 3, "short": 1, "paper": 5}
    profiles = tuple(replace(p, deviations=(), seeds=counts[p.name]) for p in experiment.profiles)
    found = without_records(CLAIMS[WINS], Catalogue((), (replace(experiment, profiles=profiles, published={}),)))
    assert (found.verdict, found.profile, found.why) == ("no records", None, "Nobody has run it.")
    assert (found.comparability, found.seeds_done, found.seeds_planned) == ("exact", 0, 5)


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
    found = [
        structs.replace(without_records(CLAIMS[WINS], CATALOGUE), verdict=verdict, profile=profile)
        for profile, verdict in judged
    ]
    for order in (found, found[::-1]):
        (best,) = one_for_each_claim(order)
        assert best.profile == expected


# ## Controls and readings


@pytest.mark.parametrize(
    ("controls", "same", "other"),
    [
        ({(MNIST, "direct-16"): NEAR, (MNIST, "poisson-16"): range(9400, 9405)}, ("direct-16",), ("poisson-16",)),
        ({("mnist-encoders", "phase"): NEAR}, ("phase of mnist-encoders",), ()),
        # One computation under two names counts once; a control without all its planned seeds does not count.
        ({(MNIST, "direct-16"): NEAR, ("mnist-encoders", "direct"): NEAR}, ("direct-16",), ()),
        ({(MNIST, "direct-16"): NEAR[:4]}, (), ()),
    ],
)
def test_controls_on_the_same_network_stand_beside_a_number(
    records: Invented, controls: dict[tuple[str, str], Sequence[int]], same: tuple[str, ...], other: tuple[str, ...]
) -> None:
    records.arm("cyclic-16", NEAR)
    for (experiment, arm), finals in controls.items():
        records.at(experiment).arm(arm, finals)
    found = records.one("mnist-t16")
    assert (found.verdict, found.same, found.other) == ("reproduced", same, other)


def test_a_missed_number_names_the_nearest_reading(records: Invented) -> None:
    records.at(VGG9).arm("cyclic-48", range(8800, 8805))
    records.at("cifar10-encoders").arm("direct", range(8990, 8995))
    found = records.one(ACCURACY)
    assert (found.verdict, found.nearest) == ("lower", "")  # another code is no reading of the paper
    records.arm("cyclic-2", range(9400, 9405))
    records.at(READINGS).arm("released-2", (8400, 8420))
    records.at(READINGS).arm("default-2", (9400, 9401))
    found = records.one("mnist-t2")
    assert found.verdict == "higher"
    assert f"released-2 of {READINGS} comes nearest to 86.7: 84.10 (2 seeds, too few for an interval)." in found.nearest


def test_a_longer_training_read_early_is_a_reading_with_its_own_interval(records: Invented) -> None:
    """86.4, 86.5, 86.6, 86.7, 86.8: mean 86.6, sd 0.1581, ± 2.776445 · 0.1581 / √5 = 0.1963."""
    records.arm("cyclic-2", range(9400, 9405))
    records.arm("cyclic-5", [[0, 8640 + 10 * seed, 9000, 9500, 9730] for seed in range(5)])
    nearest = records.one("mnist-t2").nearest
    assert f"cyclic-5 of {MNIST} read after 2 of its 5 steps comes nearest to 86.7" in nearest
    assert nearest.endswith(": 86.60 (95 %: 86.40 to 86.80).")


# ## Without training: sentences and measurements

SHARE = Measurement("share", 84.0, "%", "cifar10", "0" * 64, 100, "The first frequency holds")


def agreement(*figures: str, low: str | None = None, high: str | None = None) -> Agreement:
    return Agreement(id="a", experiment=MNIST, source="§1", says="s", figures=figures, low=low, high=high)


def measured(relation: Literal["at-least", "at-most"], bound: str) -> Measured:
    return Measured(id="m", experiment=MNIST, source="§6", says="s", quantity="share", value=bound, relation=relation)


@pytest.mark.parametrize(
    ("claim", "word", "words"),
    [
        (agreement("240/48", "1200/48", low="2", high="14"), "contradicted", "1200/48 = 25 is not within 2 to 14"),
        (agreement("240/48", "300/48", low="10"), "contradicted", "240/48 = 5, 300/48 = 6.25 are not at least 10"),
        (agreement("87.2-84.4", low="2.5", high="3.5"), "holds", "87.2-84.4 = 2.8 within 2.5 to 3.5"),
        (agreement("5", high="5"), "holds", "5 at most 5"),
        (agreement("5", low="5", high="9"), "holds", "5 within 5 to 9"),
        (CLAIMS["latency-about-200"], "holds", ""),
        (CLAIMS["latency-orders-of-magnitude"], "contradicted", ""),
    ],
)
def test_a_sentence_agrees_with_all_its_figures_or_not(records: Invented, claim: Claim, word: str, words: str) -> None:
    found = records.one(claim)
    assert (found.verdict, found.profile, found.seeds_planned) == (word, None, 0)
    assert words in found.why


def test_a_measurement_keeps_its_bound_or_not(records: Invented) -> None:
    write_measurement(records.folder, SHARE)
    bounds = measured("at-least", "84"), measured("at-least", "85"), measured("at-most", "50")
    assert [records.one(claim).verdict for claim in bounds] == ["holds", "contradicted", "contradicted"]


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


# ## The rules of docs/verdicts.md, each on invented records

LOW = (8000, 8010, 8020)


def write_pair(
    records: Invented,
    cyclic: Sequence[int],
    interleaved: Sequence[int],
    profile: ProfileName = "lite",
    experiment: str = INTERLEAVED,
    of: str = "16x3",
) -> None:
    records.at(experiment, profile).arm(f"cyclic-{of}", cyclic)
    records.at(experiment, profile).arm(f"interleaved-{of}", interleaved)


def by_profile(records: Invented) -> dict[ProfileName | None, Judgement]:
    return {j.profile: j for j in records.judge(WINS, planned=None)}


def test_2_few_seeds_have_the_wider_of_two_intervals() -> None:
    """Of tables of three seeds × 200 images; with five the crossed interval stands by itself."""
    draws = np.random.default_rng(3)
    chance = np.clip(0.7 + draws.normal(0, 0.25, (40, 1, 200)) + draws.normal(0, 0.03, (40, 5, 1)), 0, 1)
    right = draws.random((40, 5, 200)) < chance
    for seeds in (3, 5):
        outcomes = accuracy_outcomes(right[:, :seeds])
        variance, freedom = error_of_mean(outcomes.squares, seeds, 200)
        crossed = stats.t.ppf(0.975, freedom) * np.sqrt(variance)
        alone = stats.t.ppf(0.975, seeds - 1) * np.sqrt(outcomes.seed_variance / seeds)
        expected = np.maximum(crossed, alone) if seeds < 5 else crossed
        assert (alone > crossed).any()
        assert (alone < crossed).any()
        found = estimate(outcomes, "sampled")
        assert found.mean - found.low == pytest.approx(np.minimum(expected, found.mean))


@pytest.mark.parametrize(
    ("judged", "unjudged", "word"),
    [
        ([("a", "", "reproduced"), ("b", "", "consistent")], (), "comes out"),
        ([("a", "tuned", "consistent"), ("a", "as printed", "lower")], (), "comes out"),  # one reading suffices
        ([("a", "", "reproduced"), ("b", "", "higher")], (), "in part"),
        ([("a", "", "sign, smaller")], (), "in part"),
        ([("a", "", "holds"), ("b", "", "not comparable")], (), "in part"),
        ([("a", "", "holds")], ("a part that nothing judges",), "in part"),
        ([("a", "", "lower"), ("b", "", "no records")], (), "does not"),
        ([("a", "", "inconclusive"), ("b", "", "incomplete")], (), "not answered"),
    ],
)
def test_3_a_statement_has_one_word_from_its_parts_and_readings(
    judged: list[tuple[str, str, Word]], unjudged: tuple[str, ...], word: str
) -> None:
    owner = structs.replace(statements_of(CATALOGUE.claims)[0], unjudged=unjudged)
    claims: list[Claim] = []
    judgements = []
    for number, (part, reading, verdict) in enumerate(judged):
        claim = structs.replace(CLAIMS["mnist-t16"], id=str(number), part=part, reading=reading, statement=owner)
        claims.append(claim)
        (blank,) = judge(load(Path("none")), PAPER, [claim])
        judgements.append(structs.replace(blank, verdict=verdict, profile="paper"))
    (one,) = statement_verdicts(judgements, claims)
    assert one.word == word
    for part, best in one.parts.items():
        words = {verdict for of, _, verdict in judged if of == part}
        assert {other.verdict for other in one.otherwise[part]} == words - {best.verdict, "no records"}


def test_3_rows_say_which_statement_part_and_reading_they_are(tmp_path: Path) -> None:
    found = {j.id: j for j in judge(load(tmp_path), PAPER)}
    early = found["mnist-t2-read-early-5"]
    assert (early.statement, early.part, early.reading) == ("mnist-accuracy", "2 steps", "read early from 5 steps")
    assert not found["readings-percentile-beats-maximum"].counted


@pytest.mark.parametrize(
    ("ann", "known", "doubled", "printed", "verdict"),
    [
        (8390, True, None, None, "not comparable"),
        (9100, True, None, None, "lower"),  # the ANN stands above the published number
        (9100, False, None, None, "not comparable"),  # but fine-tuning is cut short, and may be on its way
        (8390, False, "cyclic-16x3-no-reset", None, "lower"),  # the stage doubled moves nothing
        (8390, True, None, "84.0", "lower"),  # within δ of the ANN that the paper prints
    ],
)
def test_4_a_network_that_cannot_reach_a_number_cannot_refute_it(
    records: Invented, ann: int, known: bool, doubled: str | None, printed: str | None, verdict: str
) -> None:
    short, value = records.at(INTERLEAVED, "short"), CLAIMS[ACCURACY]
    short.arm("cyclic-16x3", LOW, ann=ann)
    short.arm("cyclic-16x3-no-reset", [final + 20 for final in LOW])
    assert isinstance(value, Value)
    found = records.one(structs.replace(value, doubled=doubled, ann=printed), 3, known=known)
    assert found.verdict == verdict
    if verdict == "not comparable":
        tuned = "is fine-tuned for 1 epoch on 10,000 images in place of 20 to 30 on all"
        capped = f"Its ANN, trained for 20 of 300 epochs, ends at {ann / 100:.1f}, and {tuned}: "
        assert found.why.startswith(capped if known else f"It {tuned}, and not known to have settled: ")
    if doubled:
        assert f"a training twice as long ({doubled}) moves it by +0.20 points only" in found.why


@pytest.mark.parametrize(("at_half", "word"), [(20, "contradicted"), (100, "not comparable")])
def test_5_a_contradiction_needs_a_training_that_has_settled(records: Invented, at_half: int, word: str) -> None:
    """δ is 0.5 points, 50 of 10,000 images: the one arm was 20 images lower at half of its fine-tuning, or 100."""
    write_pair(records, LOW, [final + 500 for final in LOW], "short")
    loaded = settled(load(records.folder))
    for one in loaded.done(INTERLEAVED, "short", "cyclic-16x3"):
        vars(one)["readings"][0.5] -= at_half / 100
    (found,) = judge(loaded, PAPER, [CLAIMS[WINS]])
    assert found.verdict == word
    assert found.why.startswith("Not known to have settled.") == (word == "not comparable")
    write_pair(records, LOW, LOW, "short")  # nor is anything called equal
    assert records.one(WINS, 3).verdict == "not comparable"
    assert records.one(WINS, 3, known=True).verdict == "no difference"


SMALL = (7000, 7010, 7020, 7005, 7015), (6800, 6810, 6820, 6805, 6815)


def test_6_a_small_network_judges_the_direction_and_the_own_network_leads_where_it_answers(records: Invented) -> None:
    write_pair(records, *SMALL)
    (lite,) = by_profile(records).values()
    assert (lite.verdict, lite.scope, lite.leads, lite.seeds_planned) == ("holds", "on a small network", True, 5)
    write_pair(records, LOW, (6976, 6986, 6996), "short")
    found = by_profile(records)
    assert (found["short"].verdict, found["short"].leads) == ("sign and size", True)
    assert (found["lite"].verdict, found["lite"].leads) == ("holds", False)


def test_6_networks_that_point_apart_answer_nothing(records: Invented) -> None:
    write_pair(records, *SMALL)
    write_pair(records, (7000,), (7100,), "short")
    lite = by_profile(records)["lite"]
    assert lite.verdict == "inconclusive"
    assert lite.why.startswith("Networks disagree: +2.00 on a small one, -1.00 at short (1 of 3 seeds)")


def test_7_an_intervention_that_leaves_a_part_contradicts_no_mechanism(records: Invented) -> None:
    write_pair(records, (6800, 6810, 6820), (6500, 6510, 6520), of="16x3-no-reset")
    found = records.one("interleaved-loss-is-the-reset", 3, known=True)
    assert found.verdict == "not comparable"
    assert found.why.endswith("That contradicts no mechanism: the LIF layers keep their reset.")


def test_8_codes_of_x_and_of_p_are_compared_net_of_their_own_anns(records: Invented) -> None:
    """Poisson stands 3.8 points below DCT, and its ANN 4.0 below that of DCT: net it is 0.2 above."""
    for arm, final, ann in (("dct", 7000, 7200), ("poisson", 6620, 6800)):
        records.at("cifar10-encoders", "lite").arm(arm, [final + seed for seed in range(5)], ann=ann)
    claim = Ordering(id="a", experiment="cifar10-encoders", source="", greater="poisson", less="dct", timestep=48)
    found = records.one(claim)
    assert found.mean == pytest.approx(0.2)
    assert found.beside == "Net of each one's own ANN; the raw difference is -3.80 points."


def test_8_a_plug_in_is_compared_net_of_its_ann_unless_it_shares_it(records: Invented) -> None:
    for arm, final in (("dct", 7000), ("poisson", 6620)):
        records.at("cifar10-encoders", "lite").arm(arm, [final] * 3, ann=7200)
    ours, theirs = (load(records.folder).done("cifar10-encoders", "lite", arm) for arm in ("poisson", "dct"))
    encoders = EncoderSpec("wavelet"), EncoderSpec("dct")
    other = [replace(cell, record=structs.replace(cell.record, ann_epochs=[Epoch(1.0, 6800, 10_000)])) for cell in ours]
    assert (of_one_kind(encoders, ours, theirs), of_one_kind(encoders, other, theirs)) == (True, False)


def test_9_an_arm_whose_rate_no_search_chose_is_marked(records: Invented) -> None:
    records.arm("cyclic-16", NEAR)
    rate = 3e-3  # of cyclic-16 in the recipe

    def marked(tuned: Callable[[CellConfig], bool | None] | None) -> tuple[str, ...]:
        (found,) = judge(load(records.folder), replace(PAPER, tuned=tuned), [CLAIMS["mnist-t16"]])
        return found.not_tuned

    assert marked(lambda config: config.snn.learning_rate == rate) == ()
    assert marked(lambda config: config.snn.learning_rate != rate) == ("cyclic-16",)
    assert marked(lambda _: None) == marked(None) == ()  # nobody knows


def test_10_beside_consistent_stands_how_sharp_it_is(records: Invented) -> None:
    records.arm("cyclic-16", (9800, 9860, 9830, 9815, 9875))
    found = records.one("mnist-t16")
    assert (found.verdict, found.sharpness is not None, found.replication is not None) == ("consistent", True, True)
    assert (found.sharpness or 0.0) > 0.4  # seeds that spread by a third of a point hardly tell 0.3
    assert (found.replication or 0.0) < 0.1


@pytest.mark.parametrize("sd", [0.1, 0.4])  # the latter is at times too wide to tell
def test_10_sharpness_is_how_often_a_worse_recipe_gets_the_word(sd: float) -> None:
    """Against the rule itself, on other draws."""
    draws = np.random.default_rng(9).normal(0.0, sd, (1_500, 6))
    words = [
        judge_value(outcomes_without_images(90.0 - 0.3 + row[1:]), 90.0 + float(row[0]), 0.1).word for row in draws
    ]
    assert sharpness(sd, 5, 0.1) == pytest.approx(np.mean([word == "consistent" for word in words]), abs=0.04)


def test_13_controls_that_would_get_the_word_stand_beside_an_ordering(records: Invented) -> None:
    """A statement that every control fulfils is counted apart."""
    records.arm("cyclic-16", NEAR)
    records.arm("poisson-16", NEAR)
    barely = (9810, 9830, 9800, 9815, 9805)  # above 97.9 at p = 0.013, which Holm's family makes no sign
    for direct, other in ((NEAR, ()), (FAR, ("direct-16",)), (barely, ("direct-16",))):
        records.arm("direct-16", direct)
        found = records.one("mnist-above-comsa")
        assert (found.verdict, found.other) == ("holds", other)
        assert set(found.same) == {"poisson-16", "direct-16"} - set(other)
        (statement,) = statement_verdicts([found], CATALOGUE.claims)
        assert (statement.word, statement.shared) == ("comes out", not other)


def test_a_row_of_table_1_asks_for_fewer_steps_too(records: Invented) -> None:
    records.arm("cyclic-16", NEAR)
    claim = structs.replace(CLAIMS["mnist-above-stephan"], greater="cyclic-16", timestep=16)
    found = records.one(claim, known=True)
    assert (found.verdict, found.test) == ("contradicted", "arithmetic: fewer steps")


# ## Beside a missed ordering: the same arms in a run with fewer deviations, or of another reading

TRAINING, ON_CIFAR10 = "ablation-training", "sensitivity-readings-cifar10"
IMAGES, COLOUR = "fine-tuning images: 6,000 in place of all", "colour: ycbcr in place of rgb as the text has it"
CYCLIC, INTER = (7510, 7520, 7490, 7505, 7500), (7300, 7310, 7300, 7305, 7290)
AGAIN = ((7700, 7730, 7690), (7600, 7620, 7600))


def interval(runs: list[float]) -> str:
    low, high = stats.ttest_1samp(runs, 0.0).confidence_interval(0.95)
    return f"95 %: {low:+.2f} to {high:+.2f}"


def judge_again(records: Invented, cyclic: Sequence[int], interleaved: Sequence[int]) -> Judgement:
    write_pair(records, CYCLIC, INTER)
    write_pair(records, cyclic, interleaved, experiment=TRAINING)
    return records.one(WINS)


def test_a_run_with_fewer_deviations_stands_beside_with_its_change_paired_by_seed(records: Invented) -> None:
    found = judge_again(records, *AGAIN)
    # ours: 2.1, 2.1, 1.9; there: 1.0, 1.1, 0.9; so that every seed changes by a point
    assert found.verdict == "holds"
    (said,) = found.reruns
    assert said == (
        f"Run again in {TRAINING} without “{IMAGES}”, and with “fine-tuning rate and loss are those of {INTERLEAVED} "
        f"at lite, which fine-tunes on fewer images”: +1.00 points ({interval([1.0, 1.1, 0.9])}; 3 seeds), changed by "
        f"-1.03 points ({interval([-1.1, -1.0, -1.0])}; 3 seeds in common); no nearer to what is claimed."
    )
    for path in (records.folder / TRAINING).rglob("seed-*.json"):
        change(path, environment={"device": "Another"})
    (said,) = records.one(WINS).reruns
    assert "; 3 seeds), recorded on another processor, changed by -1.03 points" in said


@pytest.mark.parametrize(
    ("cyclic", "words"),
    [
        ((8500, 8520, 8500), "nearer to what is claimed, and not there"),  # 9.0 points where 10.24 are published
        ((8624, 8650, 8620), "that is what is claimed"),  # 10.24, 10.3, 10.2
        ((8000, 8620, 9240), "these seeds cannot tell that from no change"),  # 4.0, 10.0, 16.4: the sign is open
    ],
)
def test_whether_it_leads_to_the_published_size(records: Invented, cyclic: tuple[int, ...], words: str) -> None:
    (said,) = judge_again(records, cyclic, (7600, 7620, 7600)).reruns
    assert said.endswith(f"; {words}.")


def test_another_reading_is_told_in_its_words_and_undoes_no_deviation(records: Invented) -> None:
    write_pair(records, CYCLIC, INTER)
    write_pair(records, (5000, 5020, 5010), (4500, 4520, 4500), experiment="ablation-readings", of="released")
    (said,) = records.one(WINS).reruns
    assert said.startswith(
        "Run again in ablation-readings (cyclic-released and interleaved-released) with all choices of the released "
        "code: +5.03 points ("
    )


def test_a_rerun_waits_for_all_its_seeds_and_is_of_the_judged_profile_and_of_a_miss(records: Invented) -> None:
    waiting = judge_again(records, AGAIN[0][:2], AGAIN[1])
    assert (waiting.verdict, waiting.reruns) == ("holds", ())
    write_pair(records, *AGAIN, experiment=TRAINING)
    records.at(INTERLEAVED, "lite").arm("interleaved-16x3", [correct - 1024 for correct in CYCLIC])
    not_missed = records.one(WINS)
    assert (not_missed.verdict, not_missed.reruns) == ("holds", ())
    write_pair(records, CYCLIC, INTER, "paper")
    paper = next(j for j in records.judge(WINS) if j.profile == "paper")
    assert (paper.verdict, paper.reruns) == ("sign, smaller", ())


def test_a_distance_to_the_ann_is_run_again_under_another_name(records: Invented) -> None:
    """Ours: -2.9, -2.8, -3.1; there: -1.1, -1.0, -1.2."""
    records.at(INTERLEAVED, "lite").arm("cyclic-16x3", CYCLIC, ann=7800)
    records.at(ON_CIFAR10, "lite").arm("rgb", (7790, 7800, 7780), ann=7900)
    found = records.one("comparable-to-ann-cifar10")
    assert found.verdict == "not comparable"
    (said,) = found.reruns
    assert said.startswith(f"Run again in {ON_CIFAR10} (rgb) without “{COLOUR}”: -")
    assert f"changed by +1.83 points ({interval([1.8, 1.8, 1.9])}; 3 seeds in common); nearer to " in said
