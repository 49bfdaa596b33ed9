"""What is done and what is left, by a clock that the test sets."""

import io

import pytest
from rich.console import Console
from rich.progress import Progress

from harness.runs.display import _Times, display
from harness.runs.forecast import Forecast


class Clock:
    """Seconds that stand still until they are moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_before_the_first_report_the_estimate_is_all_that_is_known(clock: Clock) -> None:
    forecast = Forecast(120.0, at_once=2, clock=clock)
    clock.now += 50  # start-up
    assert (forecast.part, forecast.elapsed, forecast.left) == (0.0, 50.0, 60.0)


def test_start_up_does_not_count_as_slowness(clock: Clock) -> None:
    forecast = Forecast(100.0, clock=clock)
    clock.now += 500  # compilation
    forecast.advance(10.0)
    for _ in range(4):
        clock.now += 10
        forecast.advance(10.0)
    assert forecast.part == 0.5
    assert forecast.left == pytest.approx(50.0)
    assert forecast.elapsed == 540.0


def test_what_is_left_follows_how_it_has_gone(clock: Clock) -> None:
    forecast = Forecast(10_000.0, clock=clock)
    forecast.advance(0.0)
    clock.now += 6000
    forecast.advance(2000.0)  # three times as slow as expected
    # 30 seconds of the estimate count beside 2000 measured ones.
    assert forecast.left == pytest.approx(8000 * (6000 + 30) / (2000 + 30))


def test_time_goes_on_between_reports(clock: Clock) -> None:
    forecast = Forecast(100.0, clock=clock)
    forecast.advance(0.0)
    clock.now += 15
    assert forecast.left == pytest.approx(85.0)
    clock.now += 1000
    assert forecast.left == 0.0


def test_a_cell_that_took_less_leaves_less_and_does_not_change_the_rate(clock: Clock) -> None:
    forecast = Forecast(200.0, clock=clock)
    forecast.advance(0.0)
    clock.now += 40
    forecast.advance(40.0)
    forecast.settle(60.0)  # it was a cell of 100 seconds, but its ANN was there
    assert forecast.left == pytest.approx(100.0)
    forecast.advance(100.0)
    assert (forecast.part, forecast.left) == (1.0, 0.0)


def test_nothing_to_do_is_done(clock: Clock) -> None:
    assert Forecast(0.0, clock=clock).part == 1.0


def shown(forecast: Forecast, terminal: bool, reports: list[float]) -> str:
    clock = forecast.clock
    assert isinstance(clock, Clock)
    file = io.StringIO()
    console = Console(file=file, width=100, force_terminal=terminal, color_system=None)
    with display(console, forecast) as show:
        show.cell("cyclic-16 seed 0")
        for seconds in reports:
            clock.now += seconds
            show.advance("SNN epoch 1/2", seconds)
    return file.getvalue()


def test_lines_say_which_figure_is_elapsed_and_which_is_left(clock: Clock) -> None:
    text = shown(Forecast(80.0, clock=clock), terminal=False, reports=[10.0, 10.0])
    expected = "cyclic-16 seed 0 · SNN epoch 1/2 · 25% of the run, elapsed 20 s, about 60 s left"
    assert expected in text.replace("\n", " ")


def test_a_bar_says_what_is_elapsed_and_what_is_left_until_it_is_full(clock: Clock) -> None:
    forecast = Forecast(80.0, clock=clock)
    times = _Times(forecast)
    progress = Progress(times)
    task = progress.add_task("cell", total=1.0)
    for _ in range(2):
        clock.now += 20
        forecast.advance(20.0)
    assert times.render(progress.tasks[0]).plain == "elapsed 40 s · left 40 s"
    progress.update(task, completed=1.0)
    assert times.render(progress.tasks[0]).plain == "elapsed 40 s"


def test_a_finished_bar_shows_100_percent(clock: Clock) -> None:
    last = shown(Forecast(80.0, clock=clock), True, [20.0] * 4).split("SNN epoch 1/2")[-1]
    assert "100 %" in last
    assert "left" not in last
