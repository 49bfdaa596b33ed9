"""Pre-training's recipe: the learning rate falls by the factor and after the epochs that it gives."""

from dataclasses import replace

import pytest
import torch

import encoders
from harness.papers.dct_snn.experiments.quickstart import EXPERIMENT
from harness.snn.network import Network
from harness.training.ann import pretraining
from tests.cells import tiny_data


@pytest.mark.parametrize("factor", [0.1, 0.001])
def test_the_rate_falls_by_the_factor_of_the_recipe(factor: float) -> None:
    config = EXPERIMENT.resolve(EXPERIMENT.arms[0], EXPERIMENT.profile("smoke"), 0)
    recipe = replace(config.ann, learning_rate=0.5, decay_every=2, decay_factor=factor)
    network = Network(config.network, (1, 8, 8), 10, torch.Generator().manual_seed(0))
    course = pretraining(network, encoders.create("dct"), tiny_data(), replace(config, ann=recipe), torch.float32)
    rates = []
    for _ in range(5):
        rates.append(course.optimizer.param_groups[0]["lr"])
        course.optimizer.step()
        course.schedule.step()
    assert rates == pytest.approx([0.5, 0.5, 0.5 * factor, 0.5 * factor, 0.5 * factor**2])
