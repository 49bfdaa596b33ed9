"""Judgements from records on disk: what is judged, at which profile, out of which seeds."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from harness import experiments
from harness.analysis.claims import Claim, load_claims
from harness.analysis.frame import load
from harness.analysis.judgement import deviations_of
from harness.analysis.verdicts import Judgement, judge, judged
from harness.config import ProfileName
from harness.records import read_record, write_record

Write = Callable[..., Path]
MNIST, INTERLEAVED, FREQUENCIES, VGG9 = (
    "mnist-784-100-10",
    "ablation-interleaved",
    "ablation-frequencies",
    "cifar10-vgg9",
)
CLAIMS = {claim.id: claim for claim in load_claims()}

# Five runs around the published 98.54 %.
NEAR = (9850, 9853, 9856, 9852, 9859)


def _write_arm(
    write: Write, experiment: str, profile: str, arm: str, finals: Sequence[int], total: int = 10_000
) -> None:
    for seed, final in enumerate(finals):
        write(experiment, profile, arm, seed, final, total=total)


def _judge(folder: Path, name: str, planned: int = 5, profile: ProfileName | None = None) -> Judgement:
    """The one judgement of a claim; the number of planned seeds is fixed here, because profiles may change."""
    (judgement,) = judge(load(folder), [CLAIMS[name]], profile=profile, seeds_planned=planned)
    return judgement


def _by_id(folder: Path, claims: Sequence[Claim]) -> dict[str, Judgement]:
    return {judgement.id: judgement for judgement in judge(load(folder), claims, seeds_planned=3)}


def test_five_runs_near_the_published_number_reproduce_it(tmp_path: Path, write: Write) -> None:
    """Mean 98.54, sd 0.0353553 (deviations -4, -1, 2, -2, 5 hundredths: √(50 / 4) = 3.535534), ± 2.776445 sd/√5."""
    _write_arm(write, MNIST, "paper", "cyclic-16", NEAR)
    found = _judge(tmp_path, "mnist-t16")
    assert found.verdict == "reproduced"
    assert (found.mean, found.sd, found.half_width) == pytest.approx((98.54, 0.03535534, 0.0438995), abs=1e-6)
    assert (found.prediction_low, found.prediction_high) == pytest.approx((98.43247, 98.64753), abs=1e-5)
    assert (found.seeds_done, found.seeds_planned, found.margin, found.published) == (5, 5, 0.5, 98.54)
    assert found.binomial_error == pytest.approx(0.235093, abs=1e-6)  # 196 √(0.9854 · 0.0146 / 10⁴)


@pytest.mark.parametrize(
    ("finals", "verdict"),
    [
        ((9950, 9951, 9952, 9953, 9954), "better"),
        ((9700, 9701, 9702, 9703, 9704), "not reproduced"),
        ((9700, 9900, 9800, 9750, 9950), "within prediction"),
    ],
)
def test_other_verdicts_of_values(tmp_path: Path, write: Write, finals: Sequence[int], verdict: str) -> None:
    _write_arm(write, MNIST, "paper", "cyclic-16", finals)
    assert _judge(tmp_path, "mnist-t16").verdict == verdict


def test_a_deleted_seed_makes_it_incomplete(tmp_path: Path, write: Write) -> None:
    _write_arm(write, MNIST, "paper", "cyclic-16", NEAR)
    (tmp_path / MNIST / "paper" / "cyclic-16" / "seed-0002.json").unlink()
    found = _judge(tmp_path, "mnist-t16")
    assert (found.verdict, found.seeds_done, found.seeds_planned) == ("incomplete", 4, 5)
    assert found.detail == "cyclic-16 seed 2: missing"
    assert found.mean == pytest.approx((98.50 + 98.53 + 98.52 + 98.59) / 4)


def test_a_failed_record_makes_it_incomplete_and_is_quoted(tmp_path: Path, write: Write) -> None:
    _write_arm(write, MNIST, "paper", "cyclic-16", NEAR)
    write(MNIST, "paper", "cyclic-16", 4, failure="CUDA out of memory")
    found = _judge(tmp_path, "mnist-t16")
    assert (found.verdict, found.seeds_done, found.seeds_planned) == ("incomplete", 4, 5)
    assert found.detail == "cyclic-16 seed 4: failed: CUDA out of memory"


def test_a_tampered_seed_is_said_to_be_refused(tmp_path: Path, write: Write) -> None:
    _write_arm(write, MNIST, "paper", "cyclic-16", NEAR)
    path = tmp_path / MNIST / "paper" / "cyclic-16" / "seed-0000.json"
    path.write_text(path.read_text().replace("9850", "9860"))
    assert _judge(tmp_path, "mnist-t16").detail == "cyclic-16 seed 0: refused, see problems"


def test_a_further_seed_does_not_stand_in_for_a_planned_one(tmp_path: Path, write: Write) -> None:
    for seed in (0, 1, 2, 3, 5, 6):
        write(MNIST, "paper", "cyclic-16", seed, 9854)
    found = _judge(tmp_path, "mnist-t16")
    assert (found.verdict, found.seeds_done) == ("incomplete", 4)


def test_further_seeds_count_once_all_planned_ones_are_done(tmp_path: Path, write: Write) -> None:
    _write_arm(write, MNIST, "paper", "cyclic-16", (*NEAR, 9854, 9854))
    found = _judge(tmp_path, "mnist-t16")
    assert (found.verdict, found.seeds_done, found.seeds_planned) == ("reproduced", 7, 5)


def test_one_planned_seed_cannot_tell(tmp_path: Path, write: Write) -> None:
    write(MNIST, "paper", "cyclic-16", 0, 9854)
    found = _judge(tmp_path, "mnist-t16", 1)
    assert (found.verdict, found.mean, found.sd, found.half_width) == ("inconclusive", 98.54, None, None)
    assert found.prediction_low is None


def test_the_best_epoch_stands_beside_the_final_one(tmp_path: Path, write: Write) -> None:
    for seed, final in enumerate(NEAR):
        write(MNIST, "paper", "cyclic-16", seed, final, best=final + 10 * seed)
    assert _judge(tmp_path, "mnist-t16").optimism == pytest.approx(0.2)
    # Epochs are scored at the last timestep, so they say nothing of an earlier one.
    (earlier,) = judge(load(tmp_path), [structs.replace(CLAIMS["mnist-t16"], timestep=8)], seeds_planned=5)
    assert (earlier.timestep, earlier.optimism) == (8, None)


def test_smoke_judges_nothing(tmp_path: Path, write: Write) -> None:
    write(MNIST, "smoke", "cyclic-16", 0, 493, total=500)
    found = _judge(tmp_path, "mnist-t16")
    assert (found.profile, found.verdict, found.comparability) == ("smoke", "not comparable", "not comparable")
    assert (found.mean, found.detail) == (None, "smoke runs are never judged")


def test_smoke_moved_among_paper_records_judges_nothing(tmp_path: Path, write: Write) -> None:
    path = write(MNIST, "smoke", "cyclic-16", 0, 493, total=500)
    moved = tmp_path / MNIST / "paper" / "cyclic-16" / "seed-0000.json"
    moved.parent.mkdir(parents=True)
    path.rename(moved)
    assert _judge(tmp_path, "mnist-t16").verdict == "no records"
    _write_arm(write, MNIST, "paper", "cyclic-16", NEAR)
    assert _judge(tmp_path, "mnist-t16").verdict == "reproduced"


def test_lite_does_not_judge_numbers(tmp_path: Path, write: Write) -> None:
    _write_arm(write, INTERLEAVED, "lite", "cyclic-16x3", (4497, 4498, 4499), total=5000)
    found = _judge(tmp_path, "interleaved-cyclic-16-accuracy", 3)
    assert (found.verdict, found.comparability) == ("not comparable", "not comparable")
    assert found.mean == pytest.approx(89.96)


def test_no_records_is_said_once_for_every_claim(tmp_path: Path) -> None:
    found = judge(load(tmp_path), tuple(CLAIMS.values()))
    assert {judgement.verdict for judgement in found} == {"no records"}
    assert [j.id for j in found] == [c.id for c in CLAIMS.values() if c.kind != "context"]
    assert judged(found) == 0
    assert {(j.profile, j.seeds_done) for j in found} == {(None, 0)}


def test_a_profile_that_an_experiment_lacks_has_no_records(tmp_path: Path) -> None:
    found = _judge(tmp_path, "mnist-t16", profile="lite")
    assert (found.verdict, found.profile, found.detail) == (
        "no records",
        "lite",
        f"{MNIST} has no profile lite",
    )


def test_each_profile_with_records_is_judged_by_its_own_plan(tmp_path: Path, write: Write) -> None:
    profiles = [p for p in experiments.get(INTERLEAVED).profiles if p.name != "smoke"]
    for profile in profiles:
        for arm, base in (("cyclic-16x3", 4000), ("interleaved-16x3", 3500)):
            _write_arm(write, INTERLEAVED, profile.name, arm, [base + s for s in range(profile.seeds)], total=5000)
    found = judge(load(tmp_path), [CLAIMS["interleaved-cyclic-wins-16"]])
    assert [(j.profile, j.verdict, j.seeds_planned) for j in found] == [
        (profile.name, "reproduced", profile.seeds) for profile in profiles
    ]
    assert judged(found) == 2
    assert len(judge(load(tmp_path), [CLAIMS["interleaved-cyclic-wins-16"]], profile="paper")) == 1


def test_a_paired_difference_by_hand(tmp_path: Path, write: Write) -> None:
    """Differences 10, 11, 12 points: mean 11, sd 1, t(97.5 %, 2) = 4.302653, half-width 4.302653/√3 = 2.484138.

    t = 11 √3 = 19.0526; with 2 degrees of freedom p = 1 - t / √(2 + t²) = 0.0027434.
    """
    _write_arm(write, INTERLEAVED, "lite", "cyclic-16x3", (4500, 4000, 4250), total=5000)
    _write_arm(write, INTERLEAVED, "lite", "interleaved-16x3", (4000, 3450, 3650), total=5000)
    found = _judge(tmp_path, "interleaved-cyclic-wins-16", 3)
    assert (found.arm, found.versus, found.relation) == ("cyclic-16x3", "interleaved-16x3", "greater")
    assert found.difference == pytest.approx(11.0)
    assert (found.difference_low, found.difference_high) == pytest.approx((8.515862, 13.484138), abs=1e-5)
    t = 11 * 3**0.5
    assert found.p == found.p_holm == pytest.approx(1 - t / (2 + t * t) ** 0.5)
    assert (found.signs, found.published, found.verdict) == ((1, 1, 1), 10.24, "reproduced")
    assert found.margin is None  # "greater" has none


def test_the_opposite_order_is_not_reproduced(tmp_path: Path, write: Write) -> None:
    _write_arm(write, INTERLEAVED, "lite", "cyclic-16x3", (4000, 4001, 4002), total=5000)
    _write_arm(write, INTERLEAVED, "lite", "interleaved-16x3", (4500, 4502, 4504), total=5000)
    found = _judge(tmp_path, "interleaved-cyclic-wins-16", 3)
    assert (found.verdict, found.signs) == ("not reproduced", (-1, -1, -1))


def test_holm_makes_an_ordering_harder_among_others(tmp_path: Path, write: Write) -> None:
    """Differences 1, 2, 3 points at 16 (t = 2√3, p = 0.0742) and 10, 11, 15 at 8 (mean 12, sd √7, p = 0.0158)."""
    _write_arm(write, INTERLEAVED, "lite", "cyclic-16x3", (4050, 4100, 4150), total=5000)
    _write_arm(write, INTERLEAVED, "lite", "interleaved-16x3", (4000, 4000, 4000), total=5000)
    _write_arm(write, INTERLEAVED, "lite", "cyclic-8x3", (4500, 4550, 4750), total=5000)
    _write_arm(write, INTERLEAVED, "lite", "interleaved-8x3", (4000, 4000, 4000), total=5000)
    names = ("interleaved-cyclic-wins-16", "interleaved-cyclic-wins-8")
    found = _by_id(tmp_path, [CLAIMS[name] for name in names])
    sixteen, eight = (found[name] for name in names)
    assert (sixteen.p, eight.p) == pytest.approx((0.07418, 0.01575), abs=1e-4)
    assert eight.p is not None
    assert eight.p_holm == pytest.approx(2 * eight.p)
    assert sixteen.p_holm == sixteen.p
    assert (sixteen.verdict, eight.verdict) == ("inconclusive", "reproduced")


def test_an_ordering_needs_both_arms_of_every_planned_seed(tmp_path: Path, write: Write) -> None:
    _write_arm(write, INTERLEAVED, "lite", "cyclic-16x3", (4500, 4500, 4500), total=5000)
    _write_arm(write, INTERLEAVED, "lite", "interleaved-16x3", (4000, 4001), total=5000)
    found = _judge(tmp_path, "interleaved-cyclic-wins-16", 3)
    assert (found.verdict, found.seeds_done, found.seeds_planned) == ("incomplete", 2, 3)
    assert (found.p, found.p_holm, len(found.signs)) == (None, None, 2)
    assert found.detail == "interleaved-16x3 seed 2: missing"


@pytest.mark.parametrize(
    ("all_sixteen", "verdict"),
    [
        ((4200, 4201, 4202), "reproduced"),
        ((3999, 4000, 4001), "reproduced"),  # equal within 0.02 points: loses nothing
        ((3900, 3901, 3902), "not reproduced"),
        ((3900, 4000, 4100), "inconclusive"),
    ],
)
def test_no_benefit_means_not_below_by_more_than_the_margin(
    tmp_path: Path, write: Write, all_sixteen: Sequence[int], verdict: str
) -> None:
    _write_arm(write, FREQUENCIES, "lite", "latency48-16", all_sixteen, total=5000)
    _write_arm(write, FREQUENCIES, "lite", "latency48-8", (4000, 4000, 4000), total=5000)
    found = _judge(tmp_path, "frequencies-no-benefit-8", 3)
    assert (found.verdict, found.relation, found.margin) == (verdict, "not-less", 0.5)


@pytest.mark.parametrize(
    ("reach", "verdict", "words"),
    [
        ((40, 41, 42, 43, 44), "reproduced", "40, 41, 42, 43, 44"),
        ((40, None, 42, 43, 44), "inconclusive", "40, > 48, 42, 43, 44"),
        ((None, None, None, None, None), "not reproduced", "> 48, > 48, > 48, > 48, > 48"),
    ],
)
def test_steps_to_reach_keep_censored_runs(
    tmp_path: Path, write: Write, reach: Sequence[int | None], verdict: str, words: str
) -> None:
    for seed, first in enumerate(reach):
        curve = [8950 if first is not None and t >= first else 8949 for t in range(1, 49)]
        write(VGG9, "paper", "cyclic-48", seed, curve)
    found = _judge(tmp_path, "cifar10-steps-to-90")
    assert (found.verdict, found.steps, found.unit, found.timestep) == (verdict, tuple(reach), "steps", 48)
    assert found.detail == f"steps to 89.5 % of each seed: {words}"
    assert found.mean == (42.0 if None not in reach else None)


def test_an_arm_of_another_experiment_is_another_arm(tmp_path: Path, write: Write) -> None:
    _write_arm(write, INTERLEAVED, "lite", "cyclic-16x3", (4000, 4001, 4002), total=5000)
    assert "cyclic-16x3" in CLAIMS["intermittent-all-16-accuracy"].arms
    assert _judge(tmp_path, "intermittent-all-16-accuracy").verdict == "no records"


def test_where_every_seed_failed_nothing_is_measured(tmp_path: Path, write: Write) -> None:
    for seed in range(2):
        write(MNIST, "paper", "cyclic-16", seed, failure="out of memory")
    found = _judge(tmp_path, "mnist-t16", planned=2)
    assert (found.verdict, found.mean, found.margin, found.seeds_done) == ("incomplete", None, None, 0)
    assert found.detail == "cyclic-16 seed 0: failed: out of memory; cyclic-16 seed 1: failed: out of memory"


def test_gaps_are_told_one_after_the_other(tmp_path: Path, write: Write) -> None:
    write(MNIST, "paper", "cyclic-16", 0, 9854)
    found = _judge(tmp_path, "mnist-t16", planned=3)
    assert (found.verdict, found.detail) == ("incomplete", "cyclic-16 seed 1: missing; cyclic-16 seed 2: missing")
    assert (found.experiment, found.kind, found.relation) == (MNIST, "value", None)
    assert found.deviations == deviations_of(CLAIMS["mnist-t16"], "paper")


def test_without_records_the_number_of_planned_seeds_is_the_one_asked_for(tmp_path: Path) -> None:
    assert _judge(tmp_path, "mnist-t16", planned=7).seeds_planned == 7


def test_a_missing_seed_is_told_after_the_steps_of_the_others(tmp_path: Path, write: Write) -> None:
    for seed in range(2):
        write(VGG9, "paper", "cyclic-48", seed, [8950] * 48)
    found = _judge(tmp_path, "cifar10-steps-to-90", planned=3)
    assert found.detail.startswith("steps to 89.5 % of each seed: 1, 1; ")


def test_a_stale_seed_makes_it_incomplete(tmp_path: Path, write: Write) -> None:
    _write_arm(write, MNIST, "paper", "cyclic-16", NEAR)
    record = read_record(write(MNIST, "paper", "cyclic-16", 1, 9853))
    write_record(tmp_path, structs.replace(record, config=replace(record.config, dataset="digits")))
    found = _judge(tmp_path, "mnist-t16")
    assert (found.verdict, found.seeds_done) == ("incomplete", 4)
    assert found.detail == "cyclic-16 seed 1: stale: configuration has changed since: dataset"
