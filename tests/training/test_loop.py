"""Training that diverges: the cell fails with the stage, the step or the layer in which it did. Its optimizers."""

import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch

from harness.config import NetworkSpec
from harness.errors import CellFailure
from harness.snn.network import Network
from harness.training import loop
from harness.training.checkpoint import Checkpoint
from harness.training.loop import require_finite, uncompiled
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
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=False).returncode == 0
