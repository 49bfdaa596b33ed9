"""Lite's fine-tuning is the best of its committed scores, for each code: rate and loss, and no neighbour unscored."""

import json
from collections import defaultdict
from pathlib import Path

import pytest

from harness.papers.dct_snn.choices.lite_rates import GRID, LOSSES, VALIDATION_IMAGES, cells
from harness.papers.dct_snn.choices.validation import SEED
from harness.papers.dct_snn.experiments.cifar10_encoders import CHOSEN, EXPERIMENT
from harness.papers.dct_snn.experiments.vgg import LITE

WRITTEN = Path(__file__).parents[2] / "results/selection/lite-rates.json"

Scored = dict[tuple[str, str], dict[float, int]]  # by arm and loss: images by rate


@pytest.fixture(scope="module")
def scores() -> Scored:
    found: Scored = defaultdict(dict)
    for row in json.loads(WRITTEN.read_text()):
        assert (row["total"], row["seed"]) == (VALIDATION_IMAGES, SEED)
        snn = row["recipes"]["snn"]
        found[row["stage"], snn["loss_input"]][snn["learning_rate"]] = row["correct"]
    return found


def test_lite_takes_the_best_rate_and_loss_of_its_arm(scores: Scored) -> None:
    arm = cells()[0].arm
    best = max(max(scores[arm, loss].values()) for loss in LOSSES)
    assert scores[arm, LITE.snn.loss_input][LITE.snn.learning_rate] == best


@pytest.mark.parametrize("code", CHOSEN)
def test_each_code_takes_its_best_rate_and_loss(scores: Scored, code: str) -> None:
    snn = EXPERIMENT.resolve(EXPERIMENT.arm(code), EXPERIMENT.profile("lite"), 0).snn
    assert scores[code, snn.loss_input][snn.learning_rate] == max(max(scores[code, loss].values()) for loss in LOSSES)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("arm", [cell.arm for cell in cells()])
def test_each_loss_had_the_best_rate_and_both_neighbours(scores: Scored, arm: str, loss: str) -> None:
    known = scores[arm, loss]
    place = GRID.rates.index(max(known, key=lambda rate: (known[rate], -rate)))
    assert 0 < place < len(GRID.rates) - 1
    assert {*GRID.first, GRID.rates[place - 1], GRID.rates[place + 1]} <= set(known)
