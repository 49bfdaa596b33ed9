"""Experiments by name. One file each: arms × profiles as data; to add one, write the file and list it here."""

from collections.abc import Iterable
from dataclasses import replace
from importlib import import_module

from harness.config import Arm, EncoderSpec, Experiment, Profile
from harness.errors import did_you_mean

MODULES = {
    "quickstart": "quickstart",
    "mnist-784-100-10": "mnist",
    "mnist-encoders": "mnist_encoders",
    "sensitivity-readings": "sensitivity",
    "ablation-interleaved": "ablation_interleaved",
    "ablation-intermittent": "ablation_intermittent",
    "ablation-frequencies": "ablation_frequencies",
    "cifar10-encoders": "cifar10_encoders",
    "dct-beyond": "dct_beyond",
    "dct-beyond-mnist": "dct_beyond_mnist",
    "cifar10-vgg9": "cifar10_vgg9",
    "cifar100-vgg11": "cifar100_vgg11",
    "tinyimagenet-vgg13": "tinyimagenet_vgg13",
}


def names() -> list[str]:
    """All experiments, in the order in which a newcomer would meet them."""
    return list(MODULES)


def get(name: str) -> Experiment:
    """The experiment called `name`. Raises HarnessError with the nearest known name."""
    if name not in MODULES:
        raise did_you_mean("experiment", name, names())
    experiment = import_module(f"harness.papers.dct_snn.experiments.{MODULES[name]}").EXPERIMENT
    assert isinstance(experiment, Experiment)
    return experiment


def profile_of(experiment: Experiment, name: str) -> Profile:
    """A profile of the experiment by name. Raises HarnessError with the nearest known one."""
    for profile in experiment.profiles:
        if profile.name == name:
            return profile
    raise did_you_mean(f"profile of {experiment.name}", name, [p.name for p in experiment.profiles])


def arm_of(experiment: Experiment, name: str) -> Arm:
    """An arm of the experiment by name. Raises HarnessError with the nearest known one."""
    for arm in experiment.arms:
        if arm.name == name:
            return arm
    raise did_you_mean(f"arm of {experiment.name}", name, [a.name for a in experiment.arms])


def added_arm(experiment: Experiment, encoder: str) -> Arm:
    """The arm that `--encoder` adds: an encoder as it comes, at the longest T, under its own name."""
    timesteps = max(arm.timesteps for arm in get(experiment.name).arms)
    return Arm(encoder, EncoderSpec(encoder), timesteps, f"{encoder} (added by --encoder)", in_paper=False)


def with_added(experiment: Experiment, encoders: Iterable[str]) -> Experiment:
    """The experiment with an arm for each encoder; a name that an arm has already adds nothing."""
    new = [name for name in dict.fromkeys(encoders) if name not in {arm.name for arm in experiment.arms}]
    return replace(experiment, arms=(*experiment.arms, *(added_arm(experiment, name) for name in new)))


def planned(experiment: Experiment) -> set[str]:
    """The names of the arms that the experiment's file lists: all but the added ones."""
    return {arm.name for arm in get(experiment.name).arms}
