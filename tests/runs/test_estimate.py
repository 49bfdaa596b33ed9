"""What cells cost, from rates that the test plants, against sums worked by hand."""

import itertools
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
import torch

from harness.config import AnnRecipe, CellConfig, EncoderSpec, MethodSpec, NetworkSpec
from harness.errors import CellFailure, HarnessError, Stopped
from harness.papers import catalogue
from harness.records.fingerprint import recipe_digest
from harness.runs.plan import Cost, PlannedCell, Rates, ann_entry, estimate, make_plan, seconds_of_one, timed
from harness.runs.run import Run
from harness.schema import Fingerprint
from harness.training.ann import NO_CACHE, AnnCache
from harness.training.cell import Setting
from harness.training.checkpoint import Watch
from harness.training.method import require_followed
from tests.cells import CPU, run_tiny, tiny_config, tiny_data

COUNT = itertools.count()
MACS = 64 * 24 + 24 * 10
RATES = Rates(ann=0.001 / MACS, snn=0.01 / MACS)
# Of the tiny cell, which has 200 training images, 100 test images and 6 timesteps: 5 epochs of ANN with a test each;
# balancing, which counts as three passes, on all training images; 2 epochs of fine-tuning, tests before them and after
# each, and the training images at last. A training step counts as three passes.
ANN = 5 * (3 * 200 + 100) * 0.001
BALANCED, TESTED = 6 * 3 * 200 * 0.01, 6 * 100 * 0.01
OWN = BALANCED + 2 * 6 * 3 * 200 * 0.01 + 3 * TESTED + 6 * 200 * 0.01
NOWHERE = AnnCache(Path("no such folder"), "code")
READ = replace(tiny_config().snn, readings=(0.25, 0.5))


@pytest.fixture(autouse=True)
def timed_cells(monkeypatch: pytest.MonkeyPatch) -> list[CellConfig]:
    asked: list[CellConfig] = []

    def rates(config: CellConfig, *_: object) -> Rates:
        asked.append(config)
        return RATES

    monkeypatch.setattr("harness.runs.plan.timed", rates)
    return asked


def planned(digest: str = "", path: Path | None = None, **changes: object) -> PlannedCell:
    config = tiny_config(**changes)
    mark = Fingerprint(digest or recipe_digest(config), "", "", "", "cpu", {})
    return PlannedCell(config, mark, path or Path(f"record {next(COUNT)}"), "missing")


def costs(*cells: PlannedCell, anns: AnnCache = NOWHERE) -> list[Cost]:
    setting = Setting(CPU, ann_cache=anns)
    known = [replace(cell, ann=ann_entry(cell.config, tiny_data(), setting)) for cell in cells]
    return [cell.cost for cell in estimate(known, tiny_data(), setting)]


@pytest.mark.parametrize(
    ("changes", "anns", "expected"),
    [
        pytest.param([{}], NOWHERE, ANN + OWN, id="the sum of its stages"),
        pytest.param(
            [{}, {"arm": "other", "timesteps": 3}, {"seed": 1}], NOWHERE, 2 * ANN + 2.5 * OWN, id="a seed shares an ANN"
        ),
        pytest.param([{}, {"ann": AnnRecipe(5, 32, 0.01, 5)}], NOWHERE, 2 * (ANN + OWN), id="another recipe"),
        pytest.param([{"snn": READ}], NOWHERE, ANN + OWN + 2 * TESTED, id="readings on the way are tests"),
        # Poisson's frame is p, not x.
        pytest.param([{}, {"encoder": EncoderSpec("poisson")}], NOWHERE, 2 * (ANN + OWN), id="other frames"),
        pytest.param([{}, {"arm": "other", "precision": "bf16"}], NO_CACHE, 2 * (ANN + OWN), id="without a cache"),
    ],
)
def test_cells_cost_the_sum_of_what_they_do_not_share(
    changes: list[dict[str, Any]], anns: AnnCache, expected: float
) -> None:
    assert sum(cost.seconds for cost in costs(*(planned(**one) for one in changes), anns=anns)) == (
        pytest.approx(expected)
    )


def stopped_after(reports: int, cell: PlannedCell, anns: AnnCache) -> None:
    """Run a cell as a process does, until its watch has been told so often that something is done."""
    told: list[float] = []
    watch = Watch(lambda _stage, work: told.append(work), lambda: len(told) >= reports)
    checkpoint = cell.checkpoint(Setting(CPU, ann_cache=anns))
    with pytest.raises(Stopped):
        run_tiny(cell.config, tiny_data(), ann_cache=anns, watch=watch, checkpoint=checkpoint)


# An epoch has seven steps in both trainings: six of 32 images and one of 8. Balancing the hidden layer and each test of
# the SNN is one report.
@pytest.mark.parametrize(
    ("reports", "left"),
    [
        pytest.param(10, ANN + OWN - 3 * 296 * 0.001 - 100 * 0.001, id="in the ANN's second epoch"),
        pytest.param(36, OWN, id="while thresholds are balanced, which counts as not begun"),
        pytest.param(37, OWN, id="in the test after balancing, which counts as not begun"),
        pytest.param(46, OWN - BALANCED - 2 * TESTED - 6 * 3 * 232 * 0.01, id="in the second epoch of fine-tuning"),
    ],
)
def test_of_a_cell_with_a_checkpoint_the_rest_counts(reports: int, left: float, tmp_path: Path) -> None:
    anns, cell = AnnCache(tmp_path / "anns", "code"), planned(path=tmp_path / "seed-0000.json")
    stopped_after(reports, cell, anns)
    (cost,) = costs(cell, anns=anns)
    assert cost.begun == (reports not in (36, 37))
    assert cost.seconds == pytest.approx(left)
    if reports == 46:  # the ANN in the cache costs nothing
        assert costs(planned(), anns=anns)[0].seconds == pytest.approx(OWN)
    (other,) = costs(replace(cell, fingerprint=planned("another").fingerprint), anns=anns)
    assert other.begun == (reports < 36)  # of another computation's checkpoint only that of the ANN counts


def test_an_ann_of_another_processor_is_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    here = ann_entry(tiny_config(), tiny_data(), Setting(CPU, ann_cache=NOWHERE))
    monkeypatch.setattr("harness.machine.environment._processor", lambda: "another")
    assert ann_entry(tiny_config(), tiny_data(), Setting(CPU, ann_cache=NOWHERE)) != here


@pytest.mark.parametrize("raised", [ValueError("no"), CellFailure("no"), SystemExit("no")])
def test_a_method_that_raises_costs_nothing_and_one_that_cannot_say_its_work_is_named(
    raised: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Mock(**dict.fromkeys(("run.side_effect", "work.side_effect", "require.side_effect"), raised))
    monkeypatch.setattr("harness.runs.plan.method_of", lambda _: broken)
    monkeypatch.setattr("harness.training.method.method_of", lambda _: broken)
    config = tiny_config(method=MethodSpec("broken"))
    assert timed(config, tiny_data(), Setting(CPU)) == Rates(0.0, 0.0)
    with pytest.raises(HarnessError, match=r"method 'broken': .*no"):
        costs(replace(planned(), config=config))
    with pytest.raises(HarnessError, match=r"method 'broken': .*no"):
        require_followed(config)


def test_a_step_that_does_not_fit_the_gpu_is_no_step_without_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("encoders.dct.Dct.encode", Mock(side_effect=torch.OutOfMemoryError("CUDA out of memory")))
    with pytest.raises(HarnessError, match=r"a training step does not fit the GPU's memory"):
        timed(tiny_config(), tiny_data(), Setting(CPU))


@pytest.mark.parametrize("begun", [0, 10, 40])
def test_what_a_cell_reports_adds_up_to_its_cost(begun: int, tmp_path: Path) -> None:
    anns, cell = AnnCache(tmp_path / "anns", "code"), planned(path=tmp_path / "seed-0000.json")
    if begun:
        stopped_after(begun, cell, anns)
    (cost,) = costs(cell, anns=anns)
    told: list[float] = []
    setting = Setting(CPU, ann_cache=anns, watch=Watch(lambda _stage, seconds: told.append(seconds)))
    result = Run(tiny_data(), tmp_path, setting).attempt(replace(cell, cost=cost))
    assert isinstance(result, tuple)
    assert sum(told) == pytest.approx(cost.seconds) == pytest.approx(result.reported)


@pytest.mark.parametrize(
    "other",
    [
        {"network": NetworkSpec("other", hidden=(25,))},
        {"precision": "bf16"},
        {"encoder": EncoderSpec("poisson")},  # decides nothing in a large network
    ],
)
def test_of_each_kind_of_cell_the_longest_is_timed(other: dict[str, Any], timed_cells: list[CellConfig]) -> None:
    cells = [planned(), planned(seed=1, timesteps=4), planned(**other)]
    costs(*cells)
    assert timed_cells == [cells[0].config, cells[2].config]


def test_steps_that_compile_are_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.runs.plan.time.perf_counter", iter([1.0, 9.0, 30.0, 30.2, 30.4]).__next__)

    def training(watch: Watch) -> None:
        while not watch.stop():
            watch.progress("training", 50.0)

    assert seconds_of_one(lambda watch: watch.progress("training", 50.0)) == 0  # nothing was timed
    assert seconds_of_one(training) == pytest.approx(0.2 / 50)


def test_training_steps_are_timed_and_draw_nothing() -> None:
    state = torch.get_rng_state()
    assert all(0 < rate * MACS < 0.5 for rate in timed(tiny_config(), tiny_data(), Setting(CPU)))
    assert torch.equal(state, torch.get_rng_state())


@pytest.mark.usefixtures("tiny_known")
def test_where_no_profile_is_practical_the_plan_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = partial(make_plan, catalogue(), "tiny", device="cpu", results=tmp_path)
    assert plan().why == "the fullest that is practical on this CPU"
    monkeypatch.setattr("harness.runs.plan.PRACTICAL_SECONDS", 0.0)
    assert plan().why.startswith("the least that is judged; over three hours")
