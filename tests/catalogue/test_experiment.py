"""Deviations: every setting that differs from the published recipe is found, and nothing else is."""

from dataclasses import replace

import pytest

from harness.catalogue import Arm, Experiment, Profile
from harness.catalogue.experiment import Stated, deviations
from harness.config import AnnRecipe, EncoderSpec, NetworkSpec, SnnRecipe
from harness.papers import catalogue

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


def found(arm: Arm = ARM, profile: Profile = PROFILE) -> tuple[str, ...]:
    return EXPERIMENT.deviations(arm, profile)


def test_what_is_as_stated_is_none_and_what_is_not_stated_is_said() -> None:
    assert found() == ("batch: 16; the paper does not say",)


@pytest.mark.parametrize(
    ("profile", "words"),
    [
        (replace(PROFILE, ann=replace(PROFILE.ann, epochs=6)), "ANN epochs: 6 in place of 300"),
        (replace(PROFILE, snn=replace(PROFILE.snn, epochs=1)), "epochs: 1 in place of 20 to 30"),
        (replace(PROFILE, snn=replace(PROFILE.snn, images=6000)), "images: 6,000 in place of all"),
        (replace(PROFILE, encoder={"dct": {"stride": 4}}), "stride: 4 in place of 2"),
    ],
)
def test_a_setting_that_differs_is_found(profile: Profile, words: str) -> None:
    assert set(found(profile=profile)) - set(found()) == {words}


def test_a_parameter_that_is_not_given_has_its_default() -> None:
    assert "stride: 4 in place of 2" in found(replace(ARM, encoder=EncoderSpec("dct")))


def test_a_change_of_one_arm_is_its_own() -> None:
    other = replace(ARM, name="few", changes={"snn.epochs": 4})
    both = replace(EXPERIMENT, arms=(ARM, other))
    assert both.deviations_of_profile(PROFILE) == (
        "batch: 16; the paper does not say",
        "few: epochs: 4 in place of 20 to 30",
    )


def test_a_control_is_not_compared_with_the_paper() -> None:
    assert found(replace(ARM, in_paper=False, deviations=("short",))) == ("short",)


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


def test_two_arms_with_one_title_are_told_apart_by_their_names() -> None:
    two = replace(EXPERIMENT, arms=(ARM, replace(ARM, name="other"), replace(ARM, name="third", title="of its own")))
    assert [arm.title for arm in two.arms] == [f"{ARM.name}: {ARM.title}", f"other: {ARM.title}", "of its own"]
    assert replace(two, arms=two.arms).arms == two.arms
