"""Training that diverges fails with the stage, the step or the layer in which it did; optimizers; learning rates."""

import math
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import encoders
from harness.config import NetworkSpec
from harness.errors import CellFailure
from harness.snn.network import Network
from harness.training import loop
from harness.training.ann import pretraining
from harness.training.checkpoint import Checkpoint
from harness.training.loop import Training, require_finite, uncompiled
from tests.cells import run_tiny, tiny_config, tiny_data
from tests.command import python


@pytest.mark.parametrize(("stage", "epochs", "rate"), [("ann", 5, 1e30), ("snn", 2, 1e38)])
def test_divergence_is_named_with_its_stage_and_layer(stage: str, epochs: int, rate: float) -> None:
    config = tiny_config()
    recipe = replace(getattr(config, stage), learning_rate=rate)
    with pytest.raises(
        CellFailure, match=rf"{stage.upper()} epoch 1/{epochs} diverged: loss (nan|inf), first in linear"
    ):
        run_tiny(replace(config, **{stage: recipe}))


def test_the_layer_named_is_the_first_whose_weights_are_not_finite() -> None:
    network = Network(NetworkSpec("tiny", hidden=(5, 4)), (1, 2, 2), 3, torch.Generator().manual_seed(0))
    network.weights[1].data[0, 0] = float("nan")
    with pytest.raises(CellFailure, match="SNN epoch 3/9 diverged: loss nan, first in linear2"):
        require_finite(torch.tensor(float("nan")), network, "SNN epoch 3/9")
    require_finite(torch.tensor(1.0), network, "SNN epoch 3/9")


def test_a_loss_that_no_step_looked_at_is_found_before_a_save(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # As on a GPU, where most steps do not look.
    monkeypatch.setattr(loop, "require_finite", lambda *_: None)
    config, path = tiny_config(), tmp_path / "checkpoint"
    with pytest.raises(CellFailure, match=r"SNN epoch 1/2 diverged: loss (nan|inf) in its step \d"):
        run_tiny(replace(config, snn=replace(config.snn, learning_rate=1e38)), checkpoint=Checkpoint(path, "cell"))
    saved = Checkpoint(path, "cell").part("training").load()
    assert saved is None or all(weight.isfinite().all() for weight in saved["network"].values())


@pytest.mark.parametrize(
    "kind", [partial(torch.optim.Adam, fused=True), partial(torch.optim.SGD, momentum=0.9, nesterov=True, fused=True)]
)
def test_an_optimizer_moves_weights_as_torchs_own_and_goes_on_from_its_state(kind: "partial[torch.optim.Adam]") -> None:
    ours = partial(uncompiled(kind.func), **kind.keywords)
    weights = [torch.nn.Parameter(torch.linspace(-1, 1, 24)) for _ in range(2)]
    one, other = ours([weights[0]], lr=0.1, weight_decay=0.01), kind([weights[1]], lr=0.1, weight_decay=0.01)
    for step in range(4):
        if step == 2:
            again = ours([weights[0]], lr=1.0)
            again.load_state_dict(one.state_dict())
            one = again
        for optimizer, weight in ((one, weights[0]), (other, weights[1])):
            optimizer.zero_grad()
            (weight.sin() * step).sum().backward()
            optimizer.step()
    assert torch.equal(*weights)
    assert weights[0].requires_grad


@pytest.mark.slow
def test_a_training_does_not_import_the_compiler() -> None:
    code = "from tests.cells import *; run_tiny(tiny_config()); import sys; sys.exit('torch._dynamo' in sys.modules)"
    python("-c", code)


# Pre-training's learning rate falls by the factor and after the epochs of its recipe.

STEPS = 4 * math.ceil(200 / 50)  # four epochs of `tiny_data` in batches of 50


def rates(count: int = STEPS, **changes: Any) -> tuple[list[float], Training]:
    """The learning rates of `count` steps of a schedule, and its training."""
    config = tiny_config()
    config = replace(config, ann=replace(config.ann, learning_rate=0.5, epochs=4, batch_size=50, **changes))
    network = Network(config.network, (1, 8, 8), 10, torch.Generator())
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
