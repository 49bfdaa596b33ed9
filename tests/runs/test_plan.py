"""What a run has to do: the seeds planned for arms, the profile where none is named, and what is refused."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from harness.catalogue import Arm, Catalogue, Experiment, Profile
from harness.config import AnnRecipe, EncoderSpec, NetworkSpec, SnnRecipe
from harness.errors import CellFailure, HarnessError
from harness.runs.plan import configurations, make_plan
from harness.runs.run import Run
from harness.runs.status import status
from harness.snn.neuron import Kernel

ARMS = tuple(Arm(name, EncoderSpec("dct"), 2, name) for name in ("first", "second", "third"))
LITE = Profile(
    "lite", NetworkSpec("tiny", hidden=(4,)), AnnRecipe(1, 32, 0.1, 1), SnnRecipe(1, 32), train_images=100, seeds=2
)
SHORT = replace(LITE, name="short", seeds=1, seeds_by_arm={"second": 3})
EXPERIMENT = Experiment("invented", "Invented", "§0", "digits", ARMS, (LITE, SHORT))


def test_a_profile_may_plan_other_seeds_for_single_arms() -> None:
    assert [EXPERIMENT.seeds(arm.name, "short") for arm in ARMS] == [1, 3, 1]
    assert [EXPERIMENT.seeds(arm.name, "lite") for arm in ARMS] == [2, 2, 2]


def test_its_number_goes_before_that_of_the_arm_at_all_profiles() -> None:
    own = replace(EXPERIMENT, arms=tuple(replace(arm, seeds=4) for arm in ARMS))
    assert [own.seeds(arm.name, "short") for arm in ARMS] == [4, 3, 4]


def test_the_plan_has_these_seeds_seed_by_seed() -> None:
    cells = [(config.arm, config.seed) for config in configurations(EXPERIMENT, SHORT, ARMS)]
    assert cells == [("first", 0), ("second", 0), ("third", 0), ("second", 1), ("second", 2)]


@pytest.mark.parametrize(("arms", "expected"), [(ARMS, 5), (tuple(replace(arm, seeds=2) for arm in ARMS), 7)])
def test_status_lists_the_seeds_of_the_plan(tmp_path: Path, arms: tuple[Arm, ...], expected: int) -> None:
    found = replace(EXPERIMENT, arms=arms, profiles=(SHORT,))
    cells = status(tmp_path, Catalogue((), (found,)), "invented").cells
    assert len(cells) == expected
    planned = {(config.arm, config.seed) for config in configurations(found, SHORT, arms)}
    assert {(cell.arm, cell.seed) for cell in cells} == planned


def test_short_is_run_only_when_asked_for(tmp_path: Path) -> None:
    known = Catalogue((), (EXPERIMENT,))
    assert make_plan(known, "invented", device="cpu", results=tmp_path).profile.name == "lite"
    assert make_plan(known, "invented", profile="short", device="cpu", results=tmp_path).profile.name == "short"


@pytest.mark.parametrize(("kernel", "device"), [("numba", "cuda"), ("events", "cuda"), ("triton", "cpu")])
def test_a_kernel_of_another_device_is_refused(tmp_path: Path, kernel: Kernel, device: str) -> None:
    known = Catalogue((), (EXPERIMENT,))
    with pytest.raises(HarnessError, match=f"the {kernel} kernel"):
        make_plan(known, "invented", device=device, kernel=kernel, results=tmp_path, task_threads=4)


def test_a_worker_tries_no_cell_again_that_has_failed_since_the_run_began(tmp_path: Path) -> None:
    known = Catalogue((), (replace(EXPERIMENT, arms=ARMS[:1]),))
    began = time.time_ns()
    options = {"profile": "lite", "seeds": 1, "results": tmp_path, "retry_failed": True, "estimated": False}
    plan = make_plan(known, "invented", **options)  # type: ignore[arg-type]
    (cell,) = plan.todo
    failing = replace(cell, fault=CellFailure("no spike"))
    (done,) = Run(plan.data, tmp_path, plan.setting).run([failing])
    assert done.record.status == "failed"
    assert len(make_plan(known, "invented", **options).todo) == 1  # type: ignore[arg-type]
    assert make_plan(known, "invented", began=began, **options).todo == ()  # type: ignore[arg-type]
