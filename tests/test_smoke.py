"""The smoke profile of every experiment whose data are at hand runs to the end, and every arm's code fills its T."""

import json
import os
from pathlib import Path

import pytest
import torch

from encoders import create
from harness.data import look
from harness.papers import catalogue
from harness.records.fingerprint import recipe_digest
from harness.runs.plan import Rates
from tests.command import harness

CATALOGUE = catalogue()
SHAPES = {"digits": (1, 8), "mnist": (1, 28), "cifar10": (3, 32), "cifar100": (3, 32), "tinyimagenet": (3, 64)}
NUMBERS = {"snn.learning_rate", "ann.epochs", "ann.decay_every"}
DATA = Path(os.environ["HARNESS_DATA"]) if "HARNESS_DATA" in os.environ else None


def chosen() -> dict[str, list[str]]:
    """The arms that are run, by experiment. Arms of one network that set the same things run the same code.

    Of these one is run, that with the smallest T of the first experiment that has one; and one of every experiment that
    has a recipe of its own. A rate and a length are numbers: they set nothing.
    """
    known, recipes, names = set(), set(), dict[str, list[str]]()
    for name in CATALOGUE.names():
        experiment = CATALOGUE.experiment(name)
        network = experiment.profile("smoke").network.name
        arms = sorted(experiment.arms, key=lambda arm: arm.timesteps)
        for arm in arms:
            things = sorted({**arm.encoder.parameters, **arm.changes}.keys() - NUMBERS)
            kind = (experiment.dataset, network, arm.encoder.name, *things)
            recipe = recipe_digest(experiment.resolve(arm, experiment.profile("smoke"), 0))
            if recipe not in recipes and (kind not in known or (arm is arms[-1] and name not in names)):
                known.add(kind)
                recipes.add(recipe)
                names.setdefault(name, []).append(arm.name)
    return names


@pytest.mark.slow
@pytest.mark.parametrize(("name", "arms"), chosen().items())
def test_every_recipe_at_its_smallest_t_leaves_a_record(
    name: str, arms: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = CATALOGUE.experiment(name).dataset
    if look(dataset, DATA).state == "missing":
        pytest.skip(f"{dataset} is not at hand: name its folder in HARNESS_DATA")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("harness.runs.plan.timed", lambda *_: Rates(0.0, 0.0))  # no step is taken twice
    words = [word for arm in arms for word in ("--arm", arm)]
    done = harness("run", name, "--profile", "smoke", *words, "--seeds", 1, "--json")
    assert done.code == 0, done.err
    assert [cell["status"] for cell in json.loads(done.out)["cells"]] == ["done"] * len(arms)


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
