"""Paired differences at the end and along fine-tuning, against computations by hand and SciPy."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from scipy import stats

from harness.analysis.cells import Key, Loaded
from harness.analysis.differences import AlongTraining, along_training, differences, pairs
from harness.catalogue import Arm, Experiment
from harness.config import EncoderSpec
from harness.schema import Counts
from tests.analysis.judging import CATALOGUE, MNIST, Invented, cell, change, load
from tests.report.campaigns import ALONG

QUICK = CATALOGUE.experiment("quickstart")


def cells(finals: dict[str, list[float]], experiment: Experiment = QUICK, profile: str = "lite") -> Loaded:
    """Accuracy in percent at the last timestep by arm, a figure for each seed; 0 before."""
    return Loaded(
        {
            key: cell(key, [0.0] * (experiment.arm(arm).timesteps - 1) + [value])
            for arm, values in finals.items()
            for seed, value in enumerate(values)
            if (key := (experiment.name, profile, arm, seed))
        }
    )


@pytest.mark.parametrize(
    ("arms", "expected"),
    [
        # An added arm is set against every other, and two added ones once.
        ({"a": 16, "b": 16, "mine*": 16}, [("mine*", "a"), ("mine*", "b")]),
        ({"a": 16, "mine*": 16, "other*": 16}, [("mine*", "a"), ("mine*", "other*"), ("other*", "a")]),
        # Without one the reference is the first of as many timesteps, or the first of all.
        ({"a": 16, "b": 16, "c": 5, "d": 5, "e": 2}, [("b", "a"), ("c", "a"), ("d", "c"), ("e", "a")]),
        ({"a": 16}, []),
    ],
)
def test_which_arms_are_compared(arms: dict[str, int], expected: list[tuple[str, str]]) -> None:
    made = [Arm(name, EncoderSpec("dct"), steps, name, added=name.endswith("*")) for name, steps in arms.items()]
    assert [(one.name, other.name) for one, other in pairs(made)] == expected


def test_the_interval_is_students_over_the_seeds_both_arms_have() -> None:
    more = QUICK.with_added(["direct"])
    finals = {"cyclic-16": [97.0, 96.0, 98.0], "direct": [98.0, 98.5, 98.7]}
    (found,) = differences(cells(finals, more), more, "lite")
    expected = stats.ttest_rel(finals["direct"], finals["cyclic-16"]).confidence_interval(0.95)
    assert (found.arm, found.versus, found.timestep, found.planned) == ("direct", "cyclic-16", 16, 3)
    assert found.runs == pytest.approx((1.0, 2.5, 0.7))
    assert (found.mean, found.low, found.high) == pytest.approx((1.4, expected.low, expected.high))
    assert found.over == "seeds"


def test_seeds_that_one_arm_lacks_or_that_are_not_planned_do_not_enter() -> None:
    (one,) = differences(cells({"cyclic-16": [97.0, 96.0], "direct-16": [90.0, 92.0, 80.0, 10.0]}), QUICK, "lite")
    assert one.runs == pytest.approx((-7.0, -4.0))
    assert (one.low, one.high) == (None, None)
    four = {"cyclic-16": [97.0] * 4, "direct-16": [97.0, 97.0, 97.0, 10.0]}
    (one,) = differences(cells(four), QUICK, "lite")
    assert one.runs == (0.0, 0.0, 0.0)
    assert differences(cells(four, profile="smoke"), QUICK, "smoke") == ()


def test_arms_of_different_lengths_are_compared_where_both_have_a_timestep() -> None:
    mnist = CATALOGUE.experiment(MNIST)
    held = cells({"cyclic-16": [98.0], "cyclic-5": [97.0]}, mnist, "paper")
    held.cells[MNIST, "paper", "cyclic-16", 0].curve[4] = 60.0
    (found,) = differences(held, mnist, "paper")
    assert (found.timestep, found.runs) == (5, (37.0,))


def test_images_widen_the_interval_where_records_keep_them() -> None:
    draws = np.random.default_rng(0)
    right = {name: draws.random((3, 200)) < share for name, share in (("cyclic-16", 0.7), ("direct-16", 0.6))}
    keys: list[Key] = [("quickstart", "lite", name, seed) for name in right for seed in range(3)]
    held = {key: cell(key, [0.0], answers={16: right[key[2]][key[3]]}) for key in keys}
    (found,) = differences(Loaded(held), QUICK, "lite")
    assert found.over == "seeds and images"
    assert found.mean == pytest.approx(100 * (right["direct-16"].mean() - right["cyclic-16"].mean()))


# ## Along fine-tuning

NAME = "ablation-training"
FRACTIONS = (0.0, 0.125, 0.5, 1.0)
# Right answers of 10,000 by arm: a row for each seed, a column for each fraction.
RIGHT = {arm: ALONG[arm] for arm in ("cyclic-16x3", "interleaved-16x3")}


def read(right: Mapping[str, Sequence[Sequence[int]]]) -> Loaded:
    keys: list[Key] = [(NAME, "lite", arm, seed) for arm, seeds in right.items() for seed in range(len(seeds))]
    readings = (dict(zip(FRACTIONS, [count / 100 for count in right[key[2]][key[3]]], strict=True)) for key in keys)
    return Loaded({key: cell(key, [], readings=of_cell) for key, of_cell in zip(keys, readings, strict=True)})


def found(loaded: Loaded) -> tuple[AlongTraining, ...]:
    return along_training(loaded, CATALOGUE.experiment(NAME), "lite")


def test_a_record_with_readings_tells_the_accuracy_after_each_fraction(records: Invented) -> None:
    path = records.write(NAME, "lite", "cyclic-8x3", 1, 6900)
    counts = {name: Counts([10] * 23 + [last], 10_000) for name, last in (("0.5", 6600), ("0.125", 6300))}
    change(path, balanced=Counts([9] * 23 + [6000], 10_000), on_the_way=counts)
    records.write(NAME, "lite", "cyclic-16x3", 0, 7000)  # without readings on the way
    loaded = load(records.folder)
    assert loaded.problems == ()
    assert loaded.cells[NAME, "lite", "cyclic-16x3", 0].readings == {}
    assert loaded.cells[NAME, "lite", "cyclic-8x3", 1].readings == {0.0: 60.0, 0.125: 63.0, 0.5: 66.0, 1.0: 69.0}


def test_the_difference_after_each_fraction_is_that_of_the_seeds_in_common() -> None:
    (along,) = found(read(RIGHT))
    assert (along.name, along.timesteps, along.seeds, along.planned) == ("cyclic-16x3 − interleaved-16x3", 48, 3, 3)
    assert list(along.readings) == list(FRACTIONS)
    assert [reading.mean for reading in along.readings.values()] == pytest.approx([31 / 6, 2.9, 2.1, 1.0])
    start, *_, end = along.readings.values()
    assert start.runs == pytest.approx((5.0, 6.0, 4.5))
    expected = stats.ttest_1samp([5.0, 6.0, 4.5], 0.0).confidence_interval(0.95)
    assert (start.low, start.high) == pytest.approx((expected.low, expected.high))
    # 1.0, 1.5 and 0.5 points: by hand 1 ± 4.30265 · 0.5 / √3
    assert (end.low, end.high) == pytest.approx((1 - 1.242069, 1 + 1.242069), abs=1e-5)


@pytest.mark.parametrize(
    ("seeds", "fractions", "left"),
    [((1,), FRACTIONS, 2), ((0, 1, 2), (0.0, 0.125, 1.0), 3)],  # a seed lacks one fraction, or an arm never reads it
)
def test_every_reading_is_of_the_same_seeds(seeds: tuple[int, ...], fractions: tuple[float, ...], left: int) -> None:
    loaded = read(RIGHT)
    for seed in seeds:
        vars(loaded.cells[NAME, "lite", "cyclic-16x3", seed])["readings"].pop(0.5)
    (along,) = found(loaded)
    assert list(along.readings) == list(fractions)
    assert {len(reading.runs) for reading in along.readings.values()} == {left}


def test_arms_of_different_lengths_are_not_compared_along_the_way() -> None:
    mixed = {"cyclic-16x3": RIGHT["cyclic-16x3"], "cyclic-8x3": RIGHT["interleaved-16x3"]}
    assert found(read(mixed)) == ()
