"""Each code's fine-tuning rate on MNIST is the best of its committed scores, and no end of the grid."""

import json
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pytest

from encoders.registry import BUILTIN
from harness.catalogue import Arm
from harness.config import EncoderSpec
from harness.papers.dct_snn.choices.mnist_rates import GRID, VALIDATION_IMAGES, course
from harness.papers.dct_snn.choices.validation import SEED
from harness.papers.dct_snn.experiments.mnist import PAPER, RATES, tuned
from harness.papers.dct_snn.experiments.mnist_encoders import EXPERIMENT

WRITTEN = Path(__file__).parents[2] / "results/selection/mnist-rates.json"


Scored = dict[tuple[int, str], dict[float, int]]  # by T and code: images by rate


@pytest.fixture(scope="module")
def scores() -> Scored:
    found: Scored = defaultdict(dict)
    for row in json.loads(WRITTEN.read_text()):
        assert (row["total"], row["seed"]) == (VALIDATION_IMAGES, SEED)
        recipes = row["recipes"]
        found[recipes["timesteps"], recipes["encoder"]["name"]][recipes["snn"]["learning_rate"]] = row["correct"]
    return found


@pytest.mark.parametrize("timesteps", RATES)
def test_each_rate_is_the_best_of_its_code_with_both_neighbours_scored(scores: Scored, timesteps: int) -> None:
    assert set(RATES[timesteps]) <= set(BUILTIN)
    for code, rate in RATES[timesteps].items():
        found = scores[timesteps, code]
        assert found[rate] == max(found.values())
        place = GRID.rates.index(rate)
        assert {GRID.rates[place - 1], GRID.rates[place + 1], *GRID.first} <= set(found)


def test_cells_of_a_code_differ_in_the_rate_alone() -> None:
    first, second = (course(EXPERIMENT.arm("burst"), 8).at(rate) for rate in (1e-3, 1e-2))
    assert replace(second, snn=replace(second.snn, learning_rate=1e-3)) == first
    assert SEED not in range(PAPER.seeds)


@pytest.mark.parametrize(
    ("timesteps", "searched"), [(2, 4), (5, 4), (6, 8), (8, 8), (11, 8), (12, 16), (16, 16), (100, 16)]
)
def test_an_arm_takes_the_rate_of_the_nearest_t(timesteps: int, searched: int) -> None:
    for code in RATES[searched]:
        arm = tuned(Arm(code, EncoderSpec(code), timesteps, code))
        assert EXPERIMENT.resolve(arm, PAPER, 0).snn.learning_rate == RATES[searched][code]


def test_the_arms_use_the_chosen_rates_and_the_recipes_where_none_was_chosen() -> None:
    for arm in EXPERIMENT.arms:
        chosen = RATES[16].get(arm.name, PAPER.snn.learning_rate)
        assert EXPERIMENT.resolve(arm, PAPER, 0).snn.learning_rate == chosen
    assert tuned(Arm("new", EncoderSpec("new"), 16, "a code for which no rate was chosen")).changes == {}
