"""Peak memory is that of the step alone, taken in a process of its own."""

import torch

from harness.bench.memory import MIB, _peak_of, peak_mib
from harness.bench.plan import Point


def test_the_peak_of_an_allocation_is_its_size() -> None:
    peak = _peak_of(lambda: torch.ones(64 * MIB // 4).sum())
    assert 60 < peak < 80


def test_a_fresh_process_measures_a_step() -> None:
    peak = peak_mib("step", "loop", Point("vgg5-lite", 4, 8))
    assert peak is not None
    assert 1 < peak < 200


def test_a_process_that_fails_has_no_peak() -> None:
    assert peak_mib("step", "no such implementation", Point("784-100-10", 1, 1)) is None
