"""The search of rates: the same first rates for all that compete, then neighbours until the best one has both."""

from pathlib import Path

from harness.config import CellConfig
from harness.papers.dct_snn.choices import lite_rates, mnist_rates
from harness.papers.dct_snn.choices.rates import Course, Grid, known_scores, next_rates, search
from harness.papers.dct_snn.choices.validation import SEED, Scores
from harness.papers.dct_snn.experiments.vgg import LITE
from tests.cells import tiny_config

GRID = Grid((1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2), first=(3e-3, 1e-2, 1e-3))


def by_rate(config: CellConfig) -> int:
    """A made-up score that rises with the rate up to 0.01."""
    return round(1000 * min(config.snn.learning_rate, 2e-2 - config.snn.learning_rate))


def test_the_search_goes_on_until_the_best_rate_has_both_neighbours() -> None:
    assert next_rates({}, GRID) == GRID.first
    assert next_rates({3e-3: 5}, GRID) == (1e-2, 1e-3)
    assert next_rates({1e-3: 4, 3e-3: 5, 1e-2: 6}, GRID) == (3e-2,)
    assert next_rates({1e-3: 4, 3e-3: 5, 1e-2: 6, 3e-2: 6}, GRID) == ()  # the smaller one of equal ones
    assert next_rates({1e-3: 7, 3e-3: 5, 1e-2: 6}, GRID) == (3e-4,)
    assert next_rates({1e-3: 4, 3e-3: 7, 1e-2: 6}, GRID) == ()


def test_a_search_scores_the_first_rates_and_one_neighbour_and_repeats_nothing(tmp_path: Path) -> None:
    course, path = Course("a", tiny_config()), tmp_path / "scores.json"
    for _ in range(2):
        search((course,), GRID, Scores(path, 100), by_rate, 1)
        assert known_scores(course, GRID, Scores(path, 100)) == {1e-3: 1, 3e-3: 3, 1e-2: 10, 3e-2: -10}


def test_no_search_begins_at_an_end_of_its_grid() -> None:
    for grid in (lite_rates.GRID, mnist_rates.GRID):
        assert list(grid.rates) == sorted(grid.rates)
        assert not {grid.rates[0], grid.rates[-1]} & set(grid.first)


def test_what_competes_in_lite_differs_in_code_loss_and_map_alone() -> None:
    cells = [course.cell for course in lite_rates.courses()]
    assert len(cells) == 2 * len(lite_rates.cells()) == 16
    assert len({(str(cell.encoder), cell.snn.loss_input) for cell in cells}) == 16
    assert {cell.network for cell in cells} == {LITE.network}
    assert {(cell.ann, cell.snn.images, cell.timesteps, cell.test_images) for cell in cells} == {
        (LITE.ann, LITE.snn.images, 48, None)
    }
    assert SEED not in range(LITE.seeds)
