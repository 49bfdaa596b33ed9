"""Verdicts of records on disk: values, orderings and steps, each against arithmetic by hand."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from msgspec import structs

from harness.analysis.verdicts import Judgement, judge
from harness.catalogue.claim import Claim
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
        ((9700, 9701, 9702, 9703, 9704), "lower"),
        ((9700, 9900, 9800, 9750, 9950), "within prediction"),
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

    t = 11 √3 = 19.0526; with 2 degrees of freedom p = 1 - t / √(2 + t²) = 0.0027434, times 16 orderings.
    """
    write_arm(of_5000(write), INTERLEAVED, "lite", "cyclic-16x3", (4500, 4000, 4250))
    write_arm(of_5000(write), INTERLEAVED, "lite", "interleaved-16x3", (4000, 3450, 3650))
    found = judge_one(tmp_path, "interleaved-cyclic-wins-16", 3)
    assert (found.arm, found.versus, found.relation) == ("cyclic-16x3", "interleaved-16x3", "greater")
    assert found.mean == pytest.approx(11.0)
    assert (found.low, found.high) == pytest.approx((8.515862, 13.484138), abs=1e-5)
    t = 11 * 3**0.5
    assert found.p == pytest.approx(1 - t / (2 + t * t) ** 0.5)
    assert found.p_holm == pytest.approx(16 * (found.p or 0.0))
    assert (found.published, found.verdict) == (10.24, "sign and size")
    assert found.margin == pytest.approx(0.503)  # 5 % of what 89.94 leaves


def test_the_opposite_order_is_contradicted(tmp_path: Path, write: Write) -> None:
    write_arm(of_5000(write), INTERLEAVED, "lite", "cyclic-16x3", (4000, 4001, 4002))
    write_arm(of_5000(write), INTERLEAVED, "lite", "interleaved-16x3", (4500, 4502, 4504))
    found = judge_one(tmp_path, "interleaved-cyclic-wins-16", 3)
    assert found.verdict == "contradicted"
    assert found.runs == pytest.approx((-10.0, -10.02, -10.04))


def test_holm_goes_over_all_orderings_of_the_paper_with_or_without_records(tmp_path: Path, write: Write) -> None:
    """Differences 1, 2, 3 points at 16 (t = 2√3, p = 0.0742) and 10, 11, 15 at 8 (mean 12, sd √7, p = 0.0158).

    The paper has 16 orderings: the smaller p counts 16 times, the next 15 times.
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
    assert eight.p_holm == pytest.approx(16 * eight.p)
    assert sixteen.p_holm == pytest.approx(min(1.0, 15 * sixteen.p))
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
    found = judge_one(tmp_path, "frequencies-no-benefit-8", 3)
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
