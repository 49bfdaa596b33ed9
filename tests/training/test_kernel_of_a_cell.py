"""A cell computes with the kernel that is asked for, in fine-tuning as in evaluation, and its record names it."""

import pytest
import torch.nn.functional as F
from torch import Tensor

from harness.config import NetworkSpec, SnnRecipe
from harness.snn import event_products
from harness.snn.event_products import weight_gradient
from harness.snn.fire import Kernel
from tests.cells import run_tiny, tiny_config


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
