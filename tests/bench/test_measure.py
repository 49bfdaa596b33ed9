"""What a run measures, in small: steps that take turns."""

import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch

from bench.implementations import ALL, Implementation, chosen, reordered
from bench.measure import TURN, interleaved, run
from bench.workload import QUICK, Model, Plan, Point, Workload, workload
from harness.errors import HarnessError


@pytest.fixture(scope="module")
def small() -> Workload:
    """Weights of few bits: sums are exact in any order, so that no rounding decides between a spike and none."""
    drawn = workload(Point("vgg5-lite", 2, 3))
    return replace(drawn, weights=tuple((256 * weight).round() / 256 for weight in drawn.weights))


def present(name: str) -> Implementation:
    (implementation,) = chosen((name,))
    if implementation.missing:
        pytest.skip(f"{name}: {implementation.missing}")
    return implementation


@pytest.mark.parametrize("name", [implementation.name for implementation in ALL])
def test_a_step_gives_a_finite_loss_and_gradients_of_every_weight(name: str, small: Workload) -> None:
    assert 0 < present(name).step(small)() < 1e4
    if not name.endswith("bf16"):
        model: Model = present(name).make(small)
        model.forward(small.train).sum().backward()
        assert {p.shape for p in model.parameters} == {w.shape for w in small.weights}
        assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters)


@pytest.mark.parametrize("name", ["loop", "snnTorch"])
def test_those_with_our_equation_give_our_output(name: str, small: Workload) -> None:
    ours = present("ours fp32").make(small).forward(small.train)
    theirs = present(name).make(small).forward(small.train)
    assert ours.abs().max() > 0
    torch.testing.assert_close(theirs, ours, rtol=1e-4, atol=1e-4)
    there = reordered(small.weights, small.layers)  # weights in our order of features come back
    assert [torch.equal(one, other) for one, other in zip(there, small.weights, strict=True)].count(False) == 1
    for one, other in zip(reordered(there, small.layers, back=True), small.weights, strict=True):
        assert torch.equal(one, other)


def test_what_is_absent_breaks_or_is_unknown_is_reported(tmp_path: Path) -> None:
    (loop,) = chosen(("loop",))
    assert replace(loop, module="no_such_package_at_all").missing == "not installed"
    assert "ModuleNotFoundError" in str(replace(loop, module="torch.no_such_module").missing)
    with pytest.raises(HarnessError, match="did you mean 'ours bf16'"):
        chosen(("our bf16",))
    (tmp_path / "file").write_text("")
    with pytest.raises(FileExistsError):  # before anything is measured
        run(tmp_path / "file", plan=QUICK, progress=pytest.fail)


def test_implementations_take_turns_and_each_begins_untimed() -> None:
    calls: list[str] = []

    def step(name: str) -> float:
        calls.append(name)
        time.sleep(1.1 * TURN)
        return 0.0

    times = interleaved({name: partial(step, name) for name in "ABC"}, repeats=2, seconds=0)
    assert "".join(calls) == "ABC" + 2 * "AABBCC"
    assert [len(seconds) for seconds in times.values()] == [2, 2, 2]


def test_a_small_run_measures_every_point(tmp_path: Path) -> None:
    points = tuple(Point("784-100-10", 4, timesteps) for timesteps in (2, 3))
    plan = Plan(points[:1], repeats=1, seconds=0.0, ours=points[1:])
    report = run(tmp_path, plan=plan, implementations=["ours bf16", "loop", "matmuls bf16"])
    assert [(row.timesteps, row.status) for row in report.rows] == [(t, "measured") for t in (2, 2, 2, 3, 3)]
    assert all(row.ms_per_image and row.ratio_to_bf16_matmuls for row in report.rows)
