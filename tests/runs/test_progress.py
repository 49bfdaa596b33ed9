"""What is done and what is left, by a clock that the test sets."""

import io

import pytest
from rich import progress as bars
from rich.console import Console

from harness.runs.progress import Progress, _Numbers


class Clock:
    """Seconds that stand still until they are moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def progress(total: float, clock: Clock, at_once: int = 1) -> Progress:
    return Progress(Console(file=io.StringIO()), total, at_once, clock)


def test_before_the_first_report_the_estimate_is_all_that_is_known(clock: Clock) -> None:
    found = progress(120.0, clock, at_once=2)
    clock.now += 50  # start-up
    assert (found.part, found.elapsed, found.left) == (0.0, 50.0, 60.0)


def test_start_up_does_not_count_as_slowness(clock: Clock) -> None:
    found = progress(100.0, clock)
    clock.now += 500  # compilation
    found.advance("", 10.0)
    for _ in range(4):
        clock.now += 10
        found.advance("", 10.0)
    assert found.part == 0.5
    assert found.left == pytest.approx(50.0)
    assert found.elapsed == 540.0


def test_what_is_left_follows_how_it_has_gone(clock: Clock) -> None:
    found = progress(10_000.0, clock)
    found.advance("", 0.0)
    clock.now += 6000
    found.advance("", 2000.0)  # three times as slow as expected
    # 30 seconds of the estimate count beside 2000 measured ones.
    assert found.left == pytest.approx(8000 * (6000 + 30) / (2000 + 30))


def test_time_goes_on_between_reports(clock: Clock) -> None:
    found = progress(100.0, clock)
    found.advance("", 0.0)
    clock.now += 15
    assert found.left == pytest.approx(85.0)
    clock.now += 1000
    assert found.left == 0.0


def test_a_cell_that_took_less_leaves_less_and_does_not_change_the_rate(clock: Clock) -> None:
    found = progress(200.0, clock)
    found.advance("", 0.0)
    clock.now += 40
    found.advance("", 40.0)
    found.settle(60.0)  # it was a cell of 100 seconds, but its ANN was there
    assert found.left == pytest.approx(100.0)
    found.advance("", 100.0)
    assert (found.part, found.left) == (1.0, 0.0)


def test_nothing_to_do_is_done(clock: Clock) -> None:
    assert progress(0.0, clock).part == 1.0


def shown(total: float, clock: Clock, terminal: bool, reports: list[float]) -> str:
    file = io.StringIO()
    console = Console(file=file, width=100, force_terminal=terminal, color_system=None)
    with Progress(console, total, clock=clock) as show:
        show.cell("cyclic-16 seed 0")
        for seconds in reports:
            clock.now += seconds
            show.advance("SNN epoch 1/2", seconds)
    return file.getvalue()


def test_lines_say_which_figure_is_elapsed_and_which_is_left(clock: Clock) -> None:
    text = shown(80.0, clock, terminal=False, reports=[10.0, 10.0])
    expected = "cyclic-16 seed 0 · SNN epoch 1/2 · 25% of the run, elapsed 20 s, about 60 s left"
    assert expected in text.replace("\n", " ")


def test_a_bar_says_what_is_elapsed_and_what_is_left_until_it_is_full(clock: Clock) -> None:
    found = progress(80.0, clock)
    numbers = _Numbers(found)
    bar = bars.Progress(numbers)
    task = bar.add_task("cell", total=1.0)
    for _ in range(2):
        clock.now += 20
        found.advance("", 20.0)
    bar.update(task, completed=0.5)
    assert numbers.render(bar.tasks[0]).plain == " 50 % elapsed 40 s · left 40 s"
    bar.update(task, completed=1.0)
    assert numbers.render(bar.tasks[0]).plain == "100 % elapsed 40 s"


def test_a_finished_bar_shows_100_percent(clock: Clock) -> None:
    last = shown(80.0, clock, True, [20.0] * 4).split("SNN epoch 1/2")[-1]
    assert "100 %" in last
    assert "left" not in last
