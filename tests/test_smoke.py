"""The smoke profile of every experiment whose data are at hand runs to the end, and every arm's code fills its T."""

import json
import os
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from encoders import create
from harness import cli
from harness.data import look
from harness.papers import catalogue

CATALOGUE = catalogue()
SHAPES = {"digits": (1, 8), "mnist": (1, 28), "cifar10": (3, 32), "cifar100": (3, 32), "tinyimagenet": (3, 64)}
DATA = Path(os.environ["HARNESS_DATA"]) if "HARNESS_DATA" in os.environ else None


@pytest.mark.slow
@pytest.mark.parametrize("name", CATALOGUE.names())
def test_every_recipe_at_its_smallest_t_leaves_a_record(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = CATALOGUE.experiment(name)
    if look(experiment.dataset, DATA).state == "missing":
        pytest.skip(f"{experiment.dataset} is not at hand: name its folder in HARNESS_DATA")
    monkeypatch.chdir(tmp_path)
    # Of arms that differ in T alone, the one with the smallest.
    arms = {f"{arm.encoder} {arm.changes}": arm.name for arm in sorted(experiment.arms, key=lambda arm: -arm.timesteps)}
    chosen = [word for arm in arms.values() for word in ("--arm", arm)]
    done = CliRunner().invoke(cli.app, ["run", name, "--profile", "smoke", *chosen, "--json"])
    assert done.exit_code == 0, done.output
    assert [cell["status"] for cell in json.loads(done.stdout)["cells"]] == ["done"] * len(arms)


@pytest.mark.parametrize("name", CATALOGUE.names())
def test_every_arm_encodes_its_timesteps(name: str) -> None:
    experiment = CATALOGUE.experiment(name)
    channels, size = SHAPES[experiment.dataset]
    images = torch.rand(4, channels, size, size) * 2 - 1
    for arm in experiment.arms:
        spec = experiment.resolve(arm, experiment.profile("smoke"), 0).encoder
        train = create(spec.name, **spec.parameters).calibrate(images).encode(images[:2], arm.timesteps, key=0)
        assert train.shape[:2] == (arm.timesteps, 2), arm.name
        assert train.isfinite().all(), arm.name
