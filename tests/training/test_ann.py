"""Pre-training's recipe: the learning rate falls by the factor and after the epochs that it gives."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

import encoders
from harness.snn.network import Network
from harness.training.ann import pretraining
from harness.training.loop import Training
from tests.cells import tiny_config, tiny_data

STEPS = 4 * math.ceil(200 / 50)  # four epochs of `tiny_data` in batches of 50


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def rates(count: int = STEPS, **changes: Any) -> tuple[list[float], Training]:
    """The learning rates of `count` steps of a schedule, and its training."""
    config = tiny_config()
    config = replace(config, ann=replace(config.ann, learning_rate=0.5, epochs=4, batch_size=50, **changes))
    network = Network(config.network, (1, 8, 8), 10, seeded())
    course = pretraining(network, encoders.create("dct"), tiny_data(), config, torch.float32)
    found = []
    for _ in range(count):
        found.append(course.optimizer.param_groups[0]["lr"])
        course.optimizer.step()
        course.schedule.step()
    return found, course


def test_a_cosine_rises_in_its_warm_up_and_falls_to_zero() -> None:
    found, course = rates(schedule="cosine", warm_up=0.25)
    at, rise = np.arange(STEPS), 0.25 * STEPS
    expected = np.where(at < rise, at / rise, (1 + np.cos(np.pi * (at - rise) / (STEPS - rise))) / 2)
    assert course.by_step
    assert found == pytest.approx((0.5 * expected).tolist())


def test_one_cycle_starts_at_a_25th_and_peaks_after_its_warm_up() -> None:
    found, course = rates(schedule="one-cycle", warm_up=0.3, nesterov=True)
    assert course.by_step
    assert course.optimizer.param_groups[0]["nesterov"]
    assert found[0] == pytest.approx(0.5 / 25)
    assert abs(found.index(max(found)) - 0.3 * STEPS) <= 1
    assert max(found) == pytest.approx(0.5, rel=0.05)
    assert found[-1] < 1e-4


@pytest.mark.parametrize("factor", [0.1, 0.001])
def test_the_rate_falls_by_the_factor_of_the_recipe(factor: float) -> None:
    found, course = rates(5, decay_every=2, decay_factor=factor)
    assert not course.by_step
    assert found == pytest.approx([0.5, 0.5, 0.5 * factor, 0.5 * factor, 0.5 * factor**2])
