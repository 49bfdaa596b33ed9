"""Experiments: every deviation is found, arms that are shared have one recipe, profiles say what they change."""

import math
from collections import defaultdict
from dataclasses import replace

import pytest
import torch

from encoders import create
from encoders.dct import Dct
from encoders.registry import BUILTIN
from harness.catalogue import Arm, Experiment, Profile
from harness.catalogue.experiment import Stated, deviations
from harness.config import AnnRecipe, EncoderSpec, NetworkSpec, SnnRecipe
from harness.papers import catalogue
from harness.papers.dct_snn.experiments import (
    ABLATION_INTERLEAVED,
    ABLATION_LONGER,
    ABLATION_TRAINING,
    BEYOND_STEPS,
    DCT_BEYOND,
    DCT_BEYOND_MNIST,
)
from harness.papers.dct_snn.recipe import LITE, SHORT, VGG9, paper
from harness.records.fingerprint import recipe_digest
from harness.training.loop import readings

# Deviations: every setting that differs from the published recipe is found, and nothing else is


PROFILE = Profile("paper", NetworkSpec("net", hidden=(10,)), AnnRecipe(300, 128, 0.1, 100), SnnRecipe(25, 16))
ARM = Arm("dct-16", EncoderSpec("dct", {"stride": 2}), 16, "DCT")
STATED = {
    "ann.epochs": Stated("ANN epochs", (300,)),
    "snn.epochs": Stated("epochs", (20, 25, 30), "20 to 30"),
    "snn.images": Stated("images", (None,)),
    "snn.batch_size": Stated("batch"),
    "ann.augmentation.flip": Stated("flips", (False,)),
    "encoder.parameters.stride": Stated("stride", (2,), default=4),
}
EXPERIMENT = Experiment("e", "E", "§1", "mnist", (ARM,), (PROFILE,), STATED)


UNSTATED = "batch: 16; the paper does not say"


@pytest.mark.parametrize(
    ("arm", "profile", "words"),
    [
        (ARM, PROFILE, ()),
        (ARM, replace(PROFILE, ann=replace(PROFILE.ann, epochs=6)), ("ANN epochs: 6 in place of 300",)),
        (ARM, replace(PROFILE, snn=replace(PROFILE.snn, epochs=1)), ("epochs: 1 in place of 20 to 30",)),
        (ARM, replace(PROFILE, snn=replace(PROFILE.snn, images=6000)), ("images: 6,000 in place of all",)),
        (ARM, replace(PROFILE, encoder={"dct": {"stride": 4}}), ("stride: 4 in place of 2",)),
        # A parameter that is not given has its default.
        (replace(ARM, encoder=EncoderSpec("dct")), PROFILE, ("stride: 4 in place of 2",)),
    ],
)
def test_a_setting_that_differs_is_found(arm: Arm, profile: Profile, words: tuple[str, ...]) -> None:
    assert set(EXPERIMENT.deviations(arm, profile)) == {UNSTATED, *words}


def test_a_change_of_one_arm_is_its_own_and_a_control_is_not_compared_with_the_paper() -> None:
    both = replace(EXPERIMENT, arms=(ARM, replace(ARM, name="few", changes={"snn.epochs": 4})))
    assert both.deviations_of_profile(PROFILE) == (UNSTATED, "few: epochs: 4 in place of 20 to 30")
    assert EXPERIMENT.deviations(replace(ARM, in_paper=False, deviations=("short",)), PROFILE) == ("short",)
    two = replace(EXPERIMENT, arms=(ARM, replace(ARM, name="other"), replace(ARM, name="third", title="of its own")))
    assert [arm.title for arm in two.arms] == [f"{ARM.name}: {ARM.title}", f"other: {ARM.title}", "of its own"]


def test_every_setting_that_the_paper_states_is_one_that_a_cell_has() -> None:
    """A setting that no cell had would be compared with nothing: made up, it would differ."""
    known = catalogue()
    for name in known.names():
        experiment = known.experiment(name)
        config = experiment.resolve(experiment.arms[0], experiment.profiles[-1], 0)
        strange = {path: replace(stated, values=("§",)) for path, stated in experiment.published.items()}
        lines = deviations(config, strange)
        assert len(lines) == len(strange)
        assert not [line for line in lines if line.split(": ")[1].startswith("all in place") and "images" not in line]


def test_lite_leaves_out_nothing() -> None:
    """What its profile changes, read off the file by eye: a list kept by hand forgot half of it."""
    known = catalogue()
    experiment = known.experiment("ablation-interleaved")
    lines = experiment.deviations_of_profile(experiment.profile("lite"))
    for label in ("matrix products", "ANN learning rate", "ANN dropout", "images of balancing", "stride"):
        assert [line for line in lines if line.startswith(label)], label


def test_what_a_profile_chose_for_a_code_reaches_its_arms_alone_and_yields_to_the_arm() -> None:
    chosen = replace(PROFILE, changes={"dct": {"snn.learning_rate": 3e-5, "snn.epochs": 21}})
    other = replace(ARM, name="poisson", encoder=EncoderSpec("poisson"))
    own = replace(ARM, changes={"snn.epochs": 22})
    rates = [EXPERIMENT.resolve(arm, chosen, 0).snn.learning_rate for arm in (ARM, own, other)]
    epochs = [EXPERIMENT.resolve(arm, chosen, 0).snn.epochs for arm in (ARM, own, other)]
    assert (rates, epochs) == ([3e-5, 3e-5, 1e-4], [21, 22, 25])


# Arms and profiles


def recipe(experiment: str, arm: str, profile: str = "lite") -> str:
    found = catalogue().experiment(experiment)
    return recipe_digest(found.resolve(found.arm(arm), found.profile(profile), 0))


ABLATION = ("ablation-interleaved", "cyclic-16x3")
READINGS = "sensitivity-readings-cifar10"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("ablation-intermittent", "cyclic-16x3"), ABLATION),
        (("ablation-frequencies", "cycles3-8"), ("ablation-interleaved", "cyclic-8x3")),
        (("cifar10-vgg9", "cyclic-48"), ABLATION),
        (("dct-beyond", "cyclic-48"), ABLATION),
        *((("ablation-readings", f"cyclic-{reading}"), (READINGS, reading)) for reading in ("rgb", "released")),
        (("dct-beyond", "rgb-48"), (READINGS, "rgb")),
        (("dct-beyond", "chroma-48"), (READINGS, "chroma")),
        (("dct-beyond-mnist", "cyclic-16", "paper"), ("mnist-784-100-10", "cyclic-16", "paper")),
    ],
    ids=lambda name: "/".join(name),
)
def test_arms_that_are_shared_have_one_recipe(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    assert recipe(*one) == recipe(*other)


@pytest.mark.parametrize(("name", "timesteps"), [("cifar10-encoders", 48), ("mnist-encoders", 16)])
def test_every_built_in_code_is_an_arm_and_only_dct_is_the_papers(name: str, timesteps: int) -> None:
    arms = catalogue().experiment(name).arms
    assert [arm.name for arm in arms] == [arm.encoder.name for arm in arms] == list(BUILTIN)
    assert {arm.timesteps for arm in arms} == {timesteps}
    assert [arm.name for arm in arms if arm.in_paper] == ["dct"]


@pytest.mark.parametrize(
    ("experiment", "image", "colours"),
    [(DCT_BEYOND, (3, 32, 32), {"rgb", "chroma"}), (DCT_BEYOND_MNIST, (1, 28, 28), set())],
)
def test_every_arm_fits_its_t_and_shares_the_frame_of_its_colour(
    experiment: Experiment, image: tuple[int, int, int], colours: set[str]
) -> None:
    images = torch.rand(2, *image) * 2 - 1
    assert len(experiment.arms) == (6 + len(colours)) * len(BEYOND_STEPS)
    for profile in experiment.profiles:
        frames = defaultdict(list)
        for arm in experiment.arms:
            spec = experiment.resolve(arm, profile, 0).encoder
            encoder = create(spec.name, **spec.parameters).calibrate(images)
            assert isinstance(encoder, Dct)
            assert len(encoder.indices_at(arm.timesteps)) == arm.timesteps
            colour = arm.name.partition("-")[0]
            frames[colour if colour in colours else "others"].append(encoder.frame(images))
        assert frames.keys() == {"others", *colours}
        assert all(torch.equal(frame, alike[0]) for alike in frames.values() for frame in alike)


def test_a_cell_that_is_read_during_training_differs_from_lite_in_images_and_readings_alone() -> None:
    profile = ABLATION_TRAINING.profile("lite")
    for arm in ABLATION_TRAINING.arms:
        cell = ABLATION_TRAINING.resolve(arm, profile, 1)
        assert (cell.snn.images, cell.snn.epochs, cell.snn.readings, cell.test_images) == (None, 1, (0.125, 0.5), None)
        snn = replace(cell.snn, images=LITE.snn.images, readings=())
        back = replace(cell, experiment=ABLATION_INTERLEAVED.name, snn=snn, test_images=LITE.test_images)
        assert back == ABLATION_INTERLEAVED.resolve(ABLATION_INTERLEAVED.arm(arm.name), LITE, 1)
    assert profile.seeds == 3
    for name, images in (("smoke", 256), ("lite", 50_000)):  # two different steps
        assert sorted(readings(ABLATION_TRAINING.profile(name).snn, images).values()) == ["0.125", "0.5"]


def test_the_longer_training_differs_in_epochs_and_readings_alone() -> None:
    for arm in ABLATION_LONGER.arms:
        cells = (
            each.resolve(each.arm(arm.name), each.profile("lite"), 0) for each in (ABLATION_LONGER, ABLATION_TRAINING)
        )
        longer, once = cells
        assert (longer.snn.epochs, longer.snn.images, longer.snn.readings) == (4, None, (0.25, 0.5, 0.75))
        snn = replace(longer.snn, epochs=1, readings=once.snn.readings)
        assert replace(longer, experiment=once.experiment, snn=snn) == once
    # The rate of fine-tuning is halved every five epochs: here it stays what it is in one.
    assert longer.snn.halve_every > longer.snn.epochs


def test_short_changes_only_the_schedule_of_the_paper_profile_and_the_loss() -> None:
    whole = paper(VGG9)
    assert [math.ceil(ann.epochs / ann.decay_every) - 1 for ann in (whole.ann, SHORT.ann)] == [2, 2]
    ann = replace(SHORT.ann, epochs=300, decay_every=100)
    snn = replace(SHORT.snn, epochs=25, images=None, learning_rate=1e-4, loss_input="sum")
    assert (ann, snn) == (whole.ann, whole.snn)
    kept = ("network", "balancing", "neuron", "train_images", "test_images", "precision", "encoder")
    assert {name: getattr(SHORT, name) for name in kept} == {name: getattr(whole, name) for name in kept}
