"""Training that diverges: the cell fails with the stage, the step or the layer in which it did."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from harness.config import NetworkSpec
from harness.errors import CellFailure
from harness.snn.network import Network
from harness.training import loop
from harness.training.checkpoint import Checkpoint
from harness.training.loop import require_finite
from tests.cells import run_tiny, tiny_config


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


def test_a_loss_that_no_step_looked_at_is_found_before_anything_is_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As on a GPU, where most steps do not look.
    monkeypatch.setattr(loop, "require_finite", lambda *_: None)
    config, path = tiny_config(), tmp_path / "checkpoint"
    with pytest.raises(CellFailure, match=r"SNN epoch 1/2 diverged: loss (nan|inf) in its step \d"):
        run_tiny(replace(config, snn=replace(config.snn, learning_rate=1e38)), checkpoint=Checkpoint(path, "cell"))
    saved = Checkpoint(path, "cell").part("training").load()
    assert saved is None or all(weight.isfinite().all() for weight in saved["network"].values())
