"""The comparisons of codes: all built-in ones, one number of steps, one recipe."""

import pytest

from encoders.registry import BUILTIN
from harness.papers import catalogue
from harness.papers.dct_snn.experiments import mnist


@pytest.mark.parametrize(("name", "timesteps"), [("cifar10-encoders", 48), ("mnist-encoders", 16)])
def test_every_built_in_code_is_an_arm_and_only_dct_is_the_papers(name: str, timesteps: int) -> None:
    arms = catalogue().experiment(name).arms
    assert [arm.name for arm in arms] == [arm.encoder.name for arm in arms] == list(BUILTIN)
    assert {arm.timesteps for arm in arms} == {timesteps}
    assert [arm.name for arm in arms if arm.in_paper] == ["dct"]


def test_the_mnist_comparison_uses_table_1s_recipe() -> None:
    assert catalogue().experiment("mnist-encoders").profiles[-1] is mnist.PAPER
    assert catalogue().experiment("mnist-encoders").profiles[-1].seeds == 5
