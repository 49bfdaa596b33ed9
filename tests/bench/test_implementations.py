"""Every implementation runs the same network on the same train; where the equations agree, so do the outputs."""

from dataclasses import replace

import pytest
import torch

from harness.bench.implementations import ALL, Implementation, chosen
from harness.bench.plan import Point
from harness.bench.workload import Model, workload
from harness.errors import HarnessError

SMALL = workload(Point("vgg5-lite", 2, 3))
# Weights of few bits: sums are exact in any order, so that no rounding decides between a spike and none.
EXACT = replace(SMALL, weights=tuple((256 * weight).round() / 256 for weight in SMALL.weights))


def present(name: str) -> Implementation:
    (implementation,) = chosen((name,))
    if implementation.missing:
        pytest.skip(f"{name}: {implementation.missing}")
    return implementation


@pytest.mark.parametrize("name", [implementation.name for implementation in ALL])
def test_a_step_gives_a_finite_loss(name: str) -> None:
    assert 0 < present(name).step(SMALL)() < 1e4


@pytest.mark.parametrize("name", ["loop", "snnTorch", "SpikingJelly", "Norse", "matmuls fp32"])
def test_gradients_reach_every_weight(name: str) -> None:
    model: Model = present(name)._load()(SMALL)
    model.forward(SMALL.train).sum().backward()
    assert [p.shape for p in model.parameters] == [w.shape for w in SMALL.weights]
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters)


@pytest.mark.parametrize("name", ["loop", "snnTorch"])
def test_those_with_our_equation_give_our_output(name: str) -> None:
    ours = present("ours fp32")._load()(EXACT).forward(EXACT.train)
    theirs = present(name)._load()(EXACT).forward(EXACT.train)
    assert ours.abs().max() > 0
    torch.testing.assert_close(theirs, ours, rtol=1e-4, atol=1e-4)


def test_the_loop_has_our_gradients() -> None:
    gradients = []
    for name in ("ours fp32", "loop"):
        model = present(name)._load()(EXACT)
        model.forward(EXACT.train).square().sum().backward()
        # Without the fourth, the first linear layer, whose columns stand in another order in ours.
        gradients.append([p.grad for index, p in enumerate(model.parameters) if index != 3])
    for ours, theirs in zip(*gradients, strict=True):
        torch.testing.assert_close(theirs, ours, rtol=1e-3, atol=1e-3)


def test_a_package_that_is_not_there_is_said_to_be_missing() -> None:
    absent = Implementation("absent", "peer", "harness.bench.peers.absent", package="no_such_package_at_all")
    assert absent.missing == "not installed"


def test_a_package_that_breaks_on_import_is_said_to_break() -> None:
    broken = Implementation("broken", "peer", "harness.bench.peers.no_such_file", package="torch")
    assert broken.missing is not None
    assert "ModuleNotFoundError" in broken.missing


def test_an_unknown_name_gets_a_hint() -> None:
    with pytest.raises(HarnessError, match="did you mean 'ours bf16'"):
        chosen(("our bf16",))
