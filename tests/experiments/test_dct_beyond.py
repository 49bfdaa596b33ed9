"""The open question's arms: each fits its T, and learned orders are those that the script wrote."""

import json
from collections import defaultdict
from pathlib import Path

import pytest
import torch

from encoders import create
from encoders.dct import Dct, zigzag
from harness.catalogue.experiment import Experiment
from harness.papers.dct_snn.choices.dct_order import learned_order
from harness.papers.dct_snn.experiments.dct_beyond import EXPERIMENT, LEARNED_CIFAR10, TIMESTEPS, WEIGHTS
from harness.papers.dct_snn.experiments.dct_beyond_mnist import EXPERIMENT as MNIST
from harness.papers.dct_snn.experiments.dct_beyond_mnist import LEARNED_MNIST

WRITTEN = Path(__file__).parents[2] / "results/selection/dct-order.json"


def test_learned_orders_are_those_that_the_script_wrote() -> None:
    assert json.loads(WRITTEN.read_text()) == {"cifar10": list(LEARNED_CIFAR10), "mnist": list(LEARNED_MNIST)}
    assert sorted(LEARNED_CIFAR10) == sorted(LEARNED_MNIST) == list(range(16))


def test_one_weighted_cycle_fills_each_t_and_never_prefers_a_higher_frequency() -> None:
    for timesteps, weights in WEIGHTS.items():
        assert sum(weights) == timesteps
        assert list(weights) == sorted(weights, reverse=True)
        diagonals = [sum(place) for place in zigzag(4)][: len(weights)]
        for diagonal in set(diagonals) - {diagonals[-1]}:  # the last one may be cut short
            assert len({w for w, d in zip(weights, diagonals, strict=True) if d == diagonal}) == 1


@pytest.mark.parametrize("experiment", [EXPERIMENT, MNIST])
def test_every_arm_at_every_profile_fits_its_t_and_shares_the_frame_of_its_colour(experiment: Experiment) -> None:
    images = torch.rand(8, 3, 32, 32) * 2 - 1 if experiment is EXPERIMENT else torch.rand(8, 1, 28, 28) * 2 - 1
    colours = {"rgb", "chroma"} if experiment is EXPERIMENT else set()
    assert len(experiment.arms) == (6 + len(colours)) * len(TIMESTEPS)
    for profile in experiment.profiles:
        frames = defaultdict(list)
        for arm in experiment.arms:
            spec = experiment.resolve(arm, profile, 0).encoder
            encoder = create(spec.name, **spec.parameters).calibrate(images)
            assert isinstance(encoder, Dct)
            assert len(encoder.indices_at(arm.timesteps)) == arm.timesteps
            colour = arm.name.partition("-")[0]
            frames[colour if colour in colours else "the others'"].append(encoder.frame(images))
        assert frames.keys() == {"the others'", *colours}
        assert all(torch.equal(frame, alike[0]) for alike in frames.values() for frame in alike)


def test_the_order_learned_from_one_frequency_begins_with_it() -> None:
    # Mostly frequency 2 (the vertical cosine), and a little of frequency 1.
    row = torch.cos(torch.pi * (torch.arange(4) + 0.5) / 4)
    strength = torch.linspace(-1, 1, 16).view(-1, 1, 1, 1)
    vertical, horizontal = row.view(1, 1, 4, 1).expand(1, 1, 4, 4), row.view(1, 1, 1, 4).expand(1, 1, 4, 4)
    images = 0.7 * strength * vertical + 0.2 * strength.flip(0).square() * horizontal
    assert learned_order(Dct(lower_percentile=2, upper_percentile=98), images, 1) == (2,)
