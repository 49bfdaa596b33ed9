"""Cells that several experiments share are spelled alike, so that the record of one serves the others."""

import pytest

from harness.papers import catalogue
from harness.papers.dct_snn.experiments.ablation_readings import READINGS
from harness.records.fingerprint import fingerprint


def recipe(experiment: str, arm: str, profile: str = "lite") -> str:
    found = catalogue().experiment(experiment)
    cell = found.resolve(found.arm(arm), found.profile(profile), 0)
    return fingerprint(cell, "d" * 64).recipe


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


@pytest.mark.parametrize("reading", READINGS)
def test_the_cyclic_code_of_a_reading_is_that_of_the_readings(reading: str) -> None:
    assert recipe("ablation-readings", f"cyclic-{reading}") == recipe("sensitivity-readings-cifar10", reading)


@pytest.mark.parametrize(("arm", "other"), [("rgb-48", "rgb"), ("chroma-48", "chroma")])
def test_the_recipe_of_another_colour_is_that_of_the_readings(arm: str, other: str) -> None:
    assert recipe("dct-beyond", arm) == recipe("sensitivity-readings-cifar10", other)


def test_the_cyclic_code_of_mnist_is_that_of_the_first_table() -> None:
    assert recipe("dct-beyond-mnist", "cyclic-16", "paper") == recipe("mnist-784-100-10", "cyclic-16", "paper")
