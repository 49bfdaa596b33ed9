"""A process: how many threads a run takes, that waiting threads do not spin for long, and that freed memory is kept."""

import os
from unittest.mock import Mock

import numba
import pytest
import torch

from harness.data import load
from harness.machine.process import SPINS, Threads, bound_spinning, computing_with, threads_for
from harness.papers import catalogue
from harness.runs.plan import configurations, threads_of
from tests.command import python


@pytest.fixture
def eight(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with eight threads on which the user has chosen none."""
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 8)


@pytest.mark.usefixtures("eight")
def test_a_small_network_has_one_thread_a_large_one_all_and_the_user_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    assert threads_for(4e6) == Threads(1, "a small network")
    assert threads_for(1e10).count == 8
    assert [threads_for(1e10, workers).count for workers in (2, 3, 20)] == [4, 2, 1]
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert threads_for(1.0) == Threads(3, "OMP_NUM_THREADS")
    monkeypatch.setenv("OMP_NUM_THREADS", "many")
    assert threads_for(1e10) == Threads(8)


@pytest.mark.usefixtures("eight")
def test_workers_with_gpus_share_the_cores_unless_the_user_has_shared_them(monkeypatch: pytest.MonkeyPatch) -> None:
    data, config = load("digits"), Mock()
    assert threads_of([config], [config], data, torch.device("cuda"), workers=4).count == 2
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert threads_of([config], [config], data, torch.device("cuda")) == Threads(3, "OMP_NUM_THREADS")


@pytest.mark.usefixtures("eight")
def test_asking_for_one_arm_changes_no_threads() -> None:
    experiment = catalogue().experiment("cifar10-encoders")
    data = load("digits")
    arms = configurations(experiment, experiment.profile("lite"), experiment.arms, 1)
    of_each = {threads_of([arm], arms, data, torch.device("cpu")).count for arm in arms}
    assert len(of_each) == 1


def test_within_torch_and_numba_have_that_many() -> None:
    before = torch.get_num_threads()
    with computing_with(3):
        assert torch.get_num_threads() == 3
        assert numba.get_num_threads() == min(3, numba.config.NUMBA_NUM_THREADS)  # type: ignore[attr-defined]
    assert torch.get_num_threads() == before


@pytest.mark.parametrize(
    ("own", "bound"),
    [({}, SPINS), ({"GOMP_SPINCOUNT": "7"}, "7"), ({"OMP_WAIT_POLICY": "active"}, None)],
)
def test_spinning_is_bounded_if_unset(own: dict[str, str], bound: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    bound_spinning()
    assert os.environ.get("GOMP_SPINCOUNT") == bound


@pytest.mark.slow
def test_the_command_bounds_it_before_torch_is_loaded() -> None:
    said = "print('torch' in sys.modules, os.environ['GOMP_SPINCOUNT'])"
    program = f"import sys, os, harness.cli as c; c.main(lambda *_, **__: {said})"
    assert python("-c", program, GOMP_SPINCOUNT=None).split() == ["False", SPINS]


# Memory that was freed is used again without faulting its pages in.

SCRIPT = """
import resource, sys, torch
from harness.machine.process import keep_freed_memory
if sys.argv[1] == "keep" and not keep_freed_memory():
    print(-1)
    sys.exit()
def fill():
    torch.ones(64 << 18)
fill(); fill()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    fill()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.slow
def test_pages_are_kept() -> None:
    kept, left = (int(python("-c", SCRIPT, how)) for how in ("keep", "leave"))
    if kept < 0:
        pytest.skip("the C library has no mallopt")
    assert kept < 100
    assert left > kept
