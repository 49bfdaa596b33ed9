"""Lite's fine-tuning is the best of its committed scores: rate and loss together, no neighbour left unscored."""

import json
from collections import defaultdict
from pathlib import Path

import pytest

from harness.papers.dct_snn.choices.lite_rates import GRID, LOSSES, VALIDATION_IMAGES, cells
from harness.papers.dct_snn.choices.validation import SEED
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


@pytest.mark.parametrize("loss", LOSSES)
def test_each_loss_had_the_best_rate_and_both_neighbours(scores: Scored, loss: str) -> None:
    known = scores[cells()[0].arm, loss]
    place = GRID.rates.index(max(known, key=lambda rate: (known[rate], -rate)))
    assert {*GRID.first, *GRID.rates[max(place - 1, 0) : place + 2]} <= set(known)
