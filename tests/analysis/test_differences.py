"""Which arms are set against which, and the paired difference against a computation by hand."""

import dataclasses

import numpy as np
import pytest
from scipy import stats

from harness.analysis.differences import Difference, differences, pairs
from harness.analysis.planned_seeds import Cells
from harness.catalogue import Arm, Experiment
from harness.config import EncoderSpec
from harness.papers import catalogue

QUICK = catalogue().experiment("quickstart")
Finals = dict[str, list[float]]


def cells(finals: Finals, experiment: Experiment = QUICK, profile: str = "lite") -> Cells:
    """Accuracy in percent at the last timestep by arm, a figure for each seed; 0 before."""
    accuracy = {
        (experiment.name, profile, arm, seed): np.array([0.0] * (experiment.arm(arm).timesteps - 1) + [value])
        for arm, values in finals.items()
        for seed, value in enumerate(values)
    }
    return Cells(accuracy, {}, {}, {}, {}, dict.fromkeys(accuracy, "done"), {}, ())


def by_pair(found: tuple[Difference, ...]) -> dict[tuple[str, str], Difference]:
    return {(one.arm, one.versus): one for one in found}


def arm(name: str, timesteps: int, added: bool = False) -> Arm:
    return Arm(name, EncoderSpec("dct"), timesteps, name, added=added)


def named(arms: list[Arm]) -> list[tuple[str, str]]:
    return [(one.name, other.name) for one, other in pairs(arms)]


def test_an_added_arm_is_set_against_every_other_and_two_added_ones_once() -> None:
    assert named([arm("a", 16), arm("b", 16), arm("mine", 16, added=True)]) == [("mine", "a"), ("mine", "b")]
    two = [arm("a", 16), arm("mine", 16, added=True), arm("other", 16, added=True)]
    assert named(two) == [("mine", "a"), ("mine", "other"), ("other", "a")]


def test_without_one_the_reference_is_the_first_of_as_many_timesteps_or_the_first_of_all() -> None:
    arms = [arm("a", 16), arm("b", 16), arm("c", 5), arm("d", 5), arm("e", 2)]
    assert named(arms) == [("b", "a"), ("c", "a"), ("d", "c"), ("e", "a")]
    assert named([arm("a", 16)]) == []


def test_the_interval_is_students_over_the_seeds_both_arms_have() -> None:
    more = QUICK.with_added(["phase"])
    finals = {"cyclic-16": [97.0, 96.0, 98.0], "phase": [98.0, 98.5, 98.7]}
    (found,) = differences(cells(finals, more), more, "lite")
    expected = stats.ttest_rel(finals["phase"], finals["cyclic-16"]).confidence_interval(0.95)
    assert (found.arm, found.versus, found.timestep, found.planned) == ("phase", "cyclic-16", 16, 3)
    assert found.runs == pytest.approx((1.0, 2.5, 0.7))
    assert found.mean == pytest.approx(1.4)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert str(found) == f"+1.40 ({expected.low:+.2f} to {expected.high:+.2f})"
    assert found.over == "seeds"


def test_seeds_that_one_arm_lacks_or_that_are_not_planned_do_not_enter() -> None:
    found = differences(cells({"cyclic-16": [97.0, 96.0], "poisson-16": [90.0, 92.0, 80.0, 10.0]}), QUICK, "lite")
    (one,) = found
    assert one.runs == pytest.approx((-7.0, -4.0))
    assert (one.low, one.high, str(one)) == (None, None, "-7.00, -4.00")
    four = {"cyclic-16": [97.0] * 4, "poisson-16": [97.0, 97.0, 97.0, 10.0]}
    assert by_pair(differences(cells(four), QUICK, "lite"))["poisson-16", "cyclic-16"].runs == (0.0, 0.0, 0.0)


def test_arms_of_different_lengths_are_compared_where_both_have_a_timestep() -> None:
    mnist = catalogue().experiment("mnist-784-100-10")
    held = cells({"cyclic-16": [98.0], "cyclic-5": [97.0]}, mnist, "paper")
    short = ("mnist-784-100-10", "paper", "cyclic-16", 0)
    curve = np.array(held.accuracy[short])
    curve[4] = 60.0
    held = dataclasses.replace(held, accuracy={**held.accuracy, short: curve})
    (found,) = differences(held, mnist, "paper")
    assert (found.timestep, found.runs) == (5, (37.0,))


def test_a_smoke_run_has_none() -> None:
    assert differences(cells({"cyclic-16": [97.0], "poisson-16": [90.0]}, profile="smoke"), QUICK, "smoke") == ()


def test_images_widen_the_interval_where_records_keep_them() -> None:
    draws = np.random.default_rng(0)
    right = {name: draws.random((3, 200)) < share for name, share in (("cyclic-16", 0.7), ("poisson-16", 0.6))}
    finals = {name: [float(100 * row.mean()) for row in table] for name, table in right.items()}
    held = cells(finals)
    answers = {("quickstart", "lite", name, seed): {16: right[name][seed]} for name in right for seed in range(3)}
    (found,) = differences(dataclasses.replace(held, answers=answers), QUICK, "lite")
    assert found.over == "seeds and images"
    assert found.mean == pytest.approx(np.mean(finals["poisson-16"]) - np.mean(finals["cyclic-16"]))
