"""Kernels are compiled for one thread and for several: both give the same bits."""

from collections.abc import Callable
from typing import Any

import numba
import pytest

from encoders.compiled import compiled
from harness.machine.process import computing_with
from tests.command import python


@pytest.mark.slow
def test_one_thread_and_two_give_the_same_bits() -> None:
    script = """
import torch
from encoders import create
from harness.config import NeuronSpec
from harness.machine.process import computing_with
from harness.snn.activity import count_events
from harness.snn.kernels import Neuron, events, fire
from harness.snn.kernels.layers import EACH, pooled

draws = torch.Generator().manual_seed(1)
images, weight, ids = torch.rand(9, 3, 32, 32, generator=draws) * 2 - 1, torch.randn(8, 16, 3, 3), torch.arange(9)
maps = torch.randn(9, 16, 8, 8, generator=draws).relu().contiguous(memory_format=torch.channels_last)
current, grad = torch.randn(6, 8192, generator=draws), torch.randn(9, 8, 8, 8, generator=draws)
grad = grad.contiguous(memory_format=torch.channels_last)

def fired(readout):
    x = current.clone().requires_grad_()
    spikes = fire(x, None, 6, Neuron(0.7, NeuronSpec(), kernel="numba"), readout)
    (spikes * torch.linspace(-1, 1, spikes.numel()).view_as(spikes)).sum().backward()
    return spikes.detach(), x.grad

def everything():
    for name in ("dct", "poisson", "burst", "phase", "latency"):
        yield create(name).calibrate(images).encode(images, 12, 1, ids)
    yield from (*fired(EACH), *fired(pooled((8, 8, 8, 16))))
    yield from (events.product(maps, weight), events.weight_gradient(grad, maps), count_events(maps))

with computing_with(1):
    alone = list(everything())
with computing_with(2):
    together = list(everything())
assert all(torch.count_nonzero(one) for one in alone)
print(len(alone), [i for i, (one, two) in enumerate(zip(alone, together)) if not torch.equal(one, two)])
"""
    assert python("-c", script, OMP_NUM_THREADS="2", NUMBA_NUM_THREADS="2") == "12 []\n"


def test_only_what_is_asked_for_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def njit(**options: object) -> Callable[[Any], Any]:
        return lambda function: lambda: asked.append((function.__name__, options))

    monkeypatch.setattr(numba, "njit", njit)

    def loop() -> None: ...

    kernel = compiled(loop, fastmath=True)
    for threads in (1, 2):
        with computing_with(threads):
            kernel()
    shared = {"cache": True, "fastmath": True}
    assert asked == [("loop_alone", shared), ("loop", {**shared, "parallel": True})]
