"""Cells that several experiments share are spelled alike, so that the record of one serves the others."""

import pytest

from encoders.registry import module_of
from harness.papers import catalogue
from harness.records.fingerprint import fingerprint


def recipe(experiment: str, arm: str) -> str:
    found = catalogue().experiment(experiment)
    cell = found.resolve(found.arm(arm), found.profile("lite"), 0)
    return fingerprint(cell, "d" * 64, module_of(cell.encoder.name)).recipe


@pytest.mark.parametrize(
    ("experiment", "arm", "other"),
    [
        ("ablation-intermittent", "cyclic-16x3", "cyclic-16x3"),
        ("ablation-frequencies", "latency48-16", "cyclic-16x3"),
        ("ablation-frequencies", "cycles3-8", "cyclic-8x3"),
        ("cifar10-vgg9", "cyclic-48", "cyclic-16x3"),
        ("sensitivity-readings-cifar10", "default", "cyclic-16x3"),
    ],
)
def test_its_recipe_is_that_of_the_ablation_of_order(experiment: str, arm: str, other: str) -> None:
    assert recipe(experiment, arm) == recipe("ablation-interleaved", other)
