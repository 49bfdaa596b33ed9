"""The paper's experiments: each arm fits its T, arms that are shared have one recipe, profiles say what they change."""

import math
from collections import defaultdict
from dataclasses import replace

import pytest
import torch

from encoders import create
from encoders.dct import Dct, zigzag
from encoders.registry import BUILTIN
from harness.analysis.differences import pairs
from harness.catalogue import Experiment
from harness.papers import catalogue
from harness.papers.dct_snn.experiments import (
    ABLATION_INTERLEAVED,
    ABLATION_TRAINING,
    BEYOND_STEPS,
    DCT_BEYOND,
    DCT_BEYOND_MNIST,
    EXPERIMENTS,
    MNIST_ENCODERS,
    ORDERED_READINGS,
    WEIGHTS,
)
from harness.papers.dct_snn.recipe import LITE, MNIST_PAPER, SHORT, VGG9, paper
from harness.records.fingerprint import recipe_digest
from harness.training.snn import readings


def recipe(experiment: str, arm: str, profile: str = "lite") -> str:
    found = catalogue().experiment(experiment)
    return recipe_digest(found.resolve(found.arm(arm), found.profile(profile), 0))


@pytest.mark.parametrize(
    ("experiment", "arm", "other"),
    [
        ("ablation-intermittent", "cyclic-16x3", "cyclic-16x3"),
        ("ablation-frequencies", "latency48-16", "cyclic-16x3"),
        ("ablation-frequencies", "cycles3-8", "cyclic-8x3"),
        ("cifar10-vgg9", "cyclic-48", "cyclic-16x3"),
        ("sensitivity-readings-cifar10", "default", "cyclic-16x3"),
        ("dct-beyond", "cyclic-48", "cyclic-16x3"),
    ],
)
def test_its_recipe_is_that_of_the_ablation_of_order(experiment: str, arm: str, other: str) -> None:
    assert recipe(experiment, arm) == recipe("ablation-interleaved", other)


@pytest.mark.parametrize("reading", ORDERED_READINGS)
def test_the_cyclic_code_of_a_reading_is_that_of_the_readings(reading: str) -> None:
    assert recipe("ablation-readings", f"cyclic-{reading}") == recipe("sensitivity-readings-cifar10", reading)


@pytest.mark.parametrize(("arm", "other"), [("rgb-48", "rgb"), ("chroma-48", "chroma")])
def test_the_recipe_of_another_colour_is_that_of_the_readings(arm: str, other: str) -> None:
    assert recipe("dct-beyond", arm) == recipe("sensitivity-readings-cifar10", other)


def test_the_cyclic_code_of_mnist_is_that_of_the_first_table() -> None:
    assert recipe("dct-beyond-mnist", "cyclic-16", "paper") == recipe("mnist-784-100-10", "cyclic-16", "paper")


@pytest.mark.parametrize(("name", "timesteps"), [("cifar10-encoders", 48), ("mnist-encoders", 16)])
def test_every_built_in_code_is_an_arm_and_only_dct_is_the_papers(name: str, timesteps: int) -> None:
    arms = catalogue().experiment(name).arms
    assert [arm.name for arm in arms] == [arm.encoder.name for arm in arms] == list(BUILTIN)
    assert {arm.timesteps for arm in arms} == {timesteps}
    assert [arm.name for arm in arms if arm.in_paper] == ["dct"]


def test_the_mnist_comparison_uses_table_1s_recipe() -> None:
    assert MNIST_ENCODERS.profiles[-1] is MNIST_PAPER
    assert MNIST_PAPER.seeds == 5


def test_one_weighted_cycle_fills_each_t_and_never_prefers_a_higher_frequency() -> None:
    for timesteps, weights in WEIGHTS.items():
        assert sum(weights) == timesteps
        assert list(weights) == sorted(weights, reverse=True)
        diagonals = [sum(place) for place in zigzag(4)][: len(weights)]
        for diagonal in set(diagonals) - {diagonals[-1]}:  # the last one may be cut short
            assert len({w for w, d in zip(weights, diagonals, strict=True) if d == diagonal}) == 1


@pytest.mark.parametrize(
    ("experiment", "image", "colours"),
    [(DCT_BEYOND, (3, 32, 32), {"rgb", "chroma"}), (DCT_BEYOND_MNIST, (1, 28, 28), set())],
)
def test_every_arm_fits_its_t_and_shares_the_frame_of_its_colour(
    experiment: Experiment, image: tuple[int, int, int], colours: set[str]
) -> None:
    images = torch.rand(8, *image) * 2 - 1
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


def test_cyclic_is_compared_with_interleaved_at_each_length_during_training() -> None:
    equal = [(a.name, b.name, a.timesteps) for a, b in pairs(ABLATION_TRAINING.arms) if a.timesteps == b.timesteps]
    assert equal == [("cyclic-16x3", "interleaved-16x3", 48), ("cyclic-8x3", "interleaved-8x3", 24)]


def test_a_cell_that_is_read_during_training_differs_from_lite_in_images_and_readings_alone() -> None:
    profile = ABLATION_TRAINING.profile("lite")
    for arm in ABLATION_TRAINING.arms:
        cell = ABLATION_TRAINING.resolve(arm, profile, 1)
        assert (cell.snn.images, cell.snn.epochs, cell.snn.readings, cell.test_images) == (None, 1, (0.125, 0.5), None)
        snn = replace(cell.snn, images=LITE.snn.images, readings=())
        back = replace(cell, experiment=ABLATION_INTERLEAVED.name, snn=snn, test_images=LITE.test_images)
        assert back == ABLATION_INTERLEAVED.resolve(ABLATION_INTERLEAVED.arm(arm.name), LITE, 1)
    assert profile.seeds == 3


@pytest.mark.parametrize(("profile", "images"), [("smoke", 256), ("lite", 50_000)])
def test_each_profile_reads_at_two_different_steps(profile: str, images: int) -> None:
    found = readings(ABLATION_TRAINING.profile(profile).snn, images)
    assert sorted(found.values()) == ["0.125", "0.5"]


def test_the_rate_of_shorts_ann_decays_twice_as_in_the_paper() -> None:
    for ann in (paper(VGG9).ann, SHORT.ann):
        assert math.ceil(ann.epochs / ann.decay_every) - 1 == 2


def test_short_changes_only_the_schedule_of_the_paper_profile_and_the_loss() -> None:
    whole = paper(VGG9)
    ann = replace(SHORT.ann, epochs=300, decay_every=100)
    snn = replace(SHORT.snn, epochs=25, images=None, learning_rate=1e-4, loss_input="sum")
    assert (ann, snn) == (whole.ann, whole.snn)
    kept = ("network", "balancing", "neuron", "train_images", "test_images", "precision", "encoder")
    assert {name: getattr(SHORT, name) for name in kept} == {name: getattr(whole, name) for name in kept}


def test_short_has_three_seeds_of_cyclic_and_interleaved_and_one_of_the_others() -> None:
    planned = {
        arm.name: experiment.seeds(arm.name, "short")
        for experiment in EXPERIMENTS
        if "short" in experiment.profile_names
        for arm in experiment.arms
    }
    assert {arm for arm, seeds in planned.items() if seeds == 3} == {"cyclic-48", "cyclic-16x3", "interleaved-16x3"}
    assert set(planned.values()) == {1, 3}
    assert set(SHORT.seeds_by_arm) <= set(planned)
