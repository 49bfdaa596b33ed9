"""What cells cost, from rates that the test plants, against sums worked by hand."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from harness.config import AnnRecipe, CellConfig, EncoderSpec, NetworkSpec
from harness.errors import Stopped
from harness.records.fingerprint import recipe_digest
from harness.runs.begun import checkpoint_of
from harness.runs.cost import Cost, Meter, Rates, Stages, images_of, total
from harness.runs.estimate import costs_of, interpolated
from harness.runs.plan import PlannedCell
from harness.runs.probe import measure
from harness.schema import Fingerprint
from harness.training.ann import NO_CACHE, AnnCache
from harness.training.cell import Setting
from harness.training.checkpoint import Watch
from tests.cells import CPU, run_tiny, tiny_config, tiny_data

COUNT = itertools.count()
DATA = tiny_data()  # 200 training and 100 test images
RATES = Rates(Stages(ann=0.001, ann_test=0.002, balancing=0.03, tuning=0.05, test=0.07), setup=4.0)
# Of the tiny cell: 5 epochs of ANN, 256 images for balancing of which there are 200, 2 epochs of fine-tuning, tests
# before them and after each, and 200 training images at last.
ANN = 5 * (200 * 0.001 + 100 * 0.002)
OWN = 4.0 + 200 * 0.03 + 2 * 200 * 0.05 + (3 * 100 + 200) * 0.07


def planned(digest: str = "", **changes: object) -> PlannedCell:
    config = tiny_config(**changes)
    mark = Fingerprint(digest or recipe_digest(config), "", "", "", "cpu", {})
    return PlannedCell(config, mark, Path(f"record {next(COUNT)}"), "missing")


def costs(*cells: PlannedCell, anns: AnnCache | None = None) -> list[Cost]:
    cache = AnnCache(Path("no such folder"), "code") if anns is None else anns
    return costs_of(cells, DATA, [RATES] * len(cells), Setting(CPU, ann_cache=cache))


def test_a_cell_costs_the_sum_of_its_stages() -> None:
    (cost,) = costs(planned())
    assert cost.seconds == pytest.approx(ANN + OWN)


def test_arms_of_a_seed_share_an_ann_and_seeds_do_not() -> None:
    cells = [planned(), planned(arm="other", timesteps=3), planned(seed=1)]
    assert total(costs(*cells)) == pytest.approx(2 * ANN + 3 * OWN)


def test_another_recipe_or_other_frames_need_an_ann_of_their_own() -> None:
    slower = AnnRecipe(5, 32, 0.01, decay_every=5)
    cells = [planned(), planned(ann=slower), planned(encoder=EncoderSpec("poisson"))]  # Poisson's frame is p, not x
    assert total(costs(*cells)) == pytest.approx(3 * ANN + 3 * OWN)


def test_without_a_cache_each_cell_trains_its_ann() -> None:
    assert total(costs(planned(), planned(timesteps=3), anns=NO_CACHE)) == pytest.approx(2 * ANN + 2 * OWN)


def test_equal_cells_count_once() -> None:
    assert total(costs(planned("equal"), planned("equal"))) == pytest.approx(ANN + OWN)


def test_an_ann_in_the_cache_costs_nothing(tmp_path: Path) -> None:
    anns = AnnCache(tmp_path, "code")
    run_tiny(data=DATA, ann_cache=anns)
    assert total(costs(planned(), anns=anns)) == pytest.approx(OWN)


def stopped_after(reports: int, cell: PlannedCell, anns: AnnCache) -> None:
    """Run a cell as a grid does, until its watch has been told so often that something is done."""
    told: list[float] = []
    watch = Watch(lambda _stage, work: told.append(work), lambda: len(told) >= reports)
    place = Setting(CPU, ann_cache=anns)
    with pytest.raises(Stopped):
        run_tiny(cell.config, DATA, ann_cache=anns, watch=watch, checkpoint=checkpoint_of(cell, place))


# An epoch has seven steps in both trainings: six of 32 images and one of 8. Each test of the SNN is one report.
@pytest.mark.parametrize(
    ("reports", "left", "steps"),
    [
        pytest.param(3, ANN + OWN - 96 * 0.001, 4 + 28 + 14, id="in the ANN's first epoch"),
        pytest.param(10, ANN + OWN - 296 * 0.001 - 100 * 0.002, 25 + 14, id="in its second"),
        pytest.param(37, OWN - 200 * 0.03 - 100 * 0.07 - 32 * 0.05, 13, id="in fine-tuning"),
        pytest.param(45, OWN - 200 * 0.03 - 200 * 0.07 - 232 * 0.05, 6, id="in its second epoch"),
    ],
)
def test_of_a_cell_with_a_checkpoint_the_rest_counts(reports: int, left: float, steps: int, tmp_path: Path) -> None:
    anns, cell = AnnCache(tmp_path / "anns", "code"), replace(planned(), path=tmp_path / "seed-0000.json")
    stopped_after(reports, cell, anns)
    (cost,) = costs(cell, anns=anns)
    assert cost.begun
    assert cost.seconds == pytest.approx(left)
    assert cost.steps == steps


def test_balancing_and_a_test_that_was_stopped_count_as_not_begun(tmp_path: Path) -> None:
    anns, cell = AnnCache(tmp_path / "anns", "code"), replace(planned(), path=tmp_path / "seed-0000.json")
    stopped_after(36, cell, anns)
    (cost,) = costs(cell, anns=anns)
    assert not cost.begun
    assert cost.seconds == pytest.approx(OWN)


def test_the_rest_of_a_cell_reports_what_it_was_to_cost(tmp_path: Path) -> None:
    anns, cell = AnnCache(tmp_path / "anns", "code"), replace(planned(), path=tmp_path / "seed-0000.json")
    stopped_after(10, cell, anns)
    (cost,) = costs(cell, anns=anns)
    meter = Meter(cost, lambda _stage, _seconds: None)
    checkpoint = checkpoint_of(cell, Setting(CPU, ann_cache=anns))
    run_tiny(cell.config, DATA, ann_cache=anns, watch=Watch(meter.progress), checkpoint=checkpoint)
    assert meter.reported == pytest.approx(cost.seconds)


def test_the_checkpoint_of_another_computation_counts_for_nothing(tmp_path: Path) -> None:
    anns, cell = AnnCache(tmp_path / "anns", "code"), replace(planned(), path=tmp_path / "seed-0000.json")
    stopped_after(38, cell, anns)
    other = replace(cell, fingerprint=planned("another").fingerprint)
    (cost,) = costs(other, anns=anns)
    assert not cost.begun
    assert cost.seconds == pytest.approx(OWN)


def test_timesteps_between_two_measured_ones_are_on_their_line() -> None:
    asked = []

    def measured(config: CellConfig) -> Rates:
        asked.append(config.timesteps)
        return Rates(Stages(ann=1.0, tuning=2.0 * config.timesteps, test=config.timesteps + 1.0), setup=3.0)

    configs = [tiny_config(timesteps=timesteps) for timesteps in (4, 10, 6)]
    found = interpolated(configs, DATA, measured)
    assert sorted(asked) == [4, 10]
    assert [rates.each.ann for rates in found] == [1.0, 1.0, 1.0]
    assert [rates.each.tuning for rates in found] == pytest.approx([8.0, 20.0, 12.0])
    assert [rates.each.test for rates in found] == pytest.approx([5.0, 11.0, 7.0])


@pytest.mark.parametrize(
    "other",
    [
        {"network": NetworkSpec("other", hidden=(25,))},
        {"precision": "bf16"},
        {"encoder": EncoderSpec("poisson")},  # decides nothing in a large network
    ],
)
def test_cells_of_another_kind_are_measured_themselves(other: dict[str, object]) -> None:
    asked = []

    def measured(config: CellConfig) -> Rates:
        asked.append(config)
        return Rates()

    configs = [tiny_config(), tiny_config(seed=1), tiny_config(**other)]
    interpolated(configs, DATA, measured)
    assert asked == [configs[0], configs[2]]


def test_what_a_cell_reports_adds_up_to_its_cost() -> None:
    (cost,) = costs(planned())
    told: list[float] = []
    meter = Meter(cost, lambda _stage, seconds: told.append(seconds))
    run_tiny(data=DATA, watch=Watch(meter.progress))
    assert sum(told) == pytest.approx(ANN + OWN)
    assert meter.reported == pytest.approx(cost.seconds)


def test_readings_on_the_way_are_tests_too() -> None:
    config = tiny_config()
    read = replace(config, snn=replace(config.snn, readings=(0.25, 0.5)))
    assert images_of(read, DATA).test - images_of(config, DATA).test == 2 * 100


@pytest.mark.parametrize("kind", [lambda: tiny_config(), lambda: tiny_config(precision="bf16", timesteps=3)])
def test_every_stage_is_measured(kind: Callable[[], CellConfig]) -> None:
    state = torch.get_rng_state()
    rates = measure(kind(), DATA, Setting(CPU))
    each = rates.each
    assert all(0 < seconds < 0.5 for seconds in (each.ann, each.ann_test, each.balancing, each.tuning, each.test))
    assert rates.setup > 0
    assert torch.equal(state, torch.get_rng_state())
