"""A cell computes with the kernel that is asked for, in fine-tuning as in evaluation, and its record names it."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from harness.config import NetworkSpec, SnnRecipe
from harness.machine.environment import machine
from harness.snn.kernels import Kernel
from harness.snn.kernels import events as break_even
from harness.snn.kernels import events as event_products
from harness.snn.kernels.events import events_pay, weight_gradient
from harness.snn.network import Stage
from harness.training import cell
from tests.cells import run_tiny, tiny_config


def quiet(stage: Stage, activity: float, _dtype: torch.dtype) -> bool:
    """A break-even that the second convolution of the test below stays under."""
    return stage.name == "conv2" and 0 < activity < 1


def test_each_layer_takes_the_product_that_its_activity_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cell, "events_pay", quiet)
    shapes = set()

    def product(x: Tensor, weight: Tensor) -> Tensor:
        shapes.add(tuple(weight.shape))
        return F.conv2d(x, weight, padding=1)

    monkeypatch.setattr(event_products, "product", product)
    network = NetworkSpec("tiny", (4, "A", 3), ())
    config = tiny_config(network=network, snn=SnnRecipe(1, 32, 1e-3), precision="bf16", products="by-activity")
    record = run_tiny(config)
    assert record.products == ["dense", "events"]
    assert shapes == {(3, 4, 3, 3)}
    monkeypatch.setattr(cell, "events_pay", lambda *_: False)
    again = run_tiny(config, products=tuple(record.products))  # as a verification elsewhere obeys the record
    assert again.products == record.products
    assert again.curve == record.curve


def test_no_break_even_is_known_for_a_family_that_was_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage("conv2", (64, 8, 8), (64, 8, 8), convolution=True)
    assert not events_pay(stage, 0.001, torch.float64)
    monkeypatch.setattr(break_even, "FAMILIES", (machine(torch.device("cpu")).instructions[0],))
    monkeypatch.setattr(break_even, "BREAK_EVEN", {(break_even.FAMILIES[0], torch.bfloat16): 0.05})
    assert events_pay(stage, 0.04, torch.bfloat16)
    assert not events_pay(stage, 0.06, torch.bfloat16)
    assert not events_pay(replace(stage, inputs=(3, 8, 8)), 0.04, torch.bfloat16)


@pytest.mark.parametrize(
    ("kernel", "called", "recorded"), [("auto", set(), "numba"), ("events", {"product", "gradient"}, "events")]
)
def test_only_the_kernel_of_events_skips_inputs_of_zero(
    kernel: Kernel, called: set[str], recorded: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = set()

    def product(x: Tensor, weight: Tensor) -> Tensor:
        found.add("product")
        return F.conv2d(x, weight, padding=1)

    def gradient(grad: Tensor, x: Tensor) -> Tensor:
        found.add("gradient")
        return weight_gradient(grad, x)

    monkeypatch.setattr(event_products, "product", product)
    monkeypatch.setattr(event_products, "weight_gradient", gradient)
    config = tiny_config(network=NetworkSpec("tiny", (4, "A", 3), ()), snn=SnnRecipe(1, 32, 1e-3), precision="bf16")
    record = run_tiny(config, kernel=kernel)
    assert found == called
    assert record.environment["kernel"] == recorded
