"""What is done and what is left, by a clock that the test sets."""

import io
from contextlib import suppress

import pytest
from rich.console import Console

from harness.runs.progress import Progress


class Clock:
    """Seconds that stand still until they are moved."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def progress(total: float, clock: Clock, at_once: int = 1) -> Progress:
    return Progress(Console(file=io.StringIO()), total, at_once, clock)


def test_what_is_left_follows_how_it_has_gone_but_for_start_up(clock: Clock) -> None:
    shown = progress(100.0, clock)
    clock.now += 500  # compilation
    shown.advance("", 10.0)
    for _ in range(4):
        clock.now += 10
        shown.advance("", 10.0)
    assert (shown.part, shown.elapsed) == (0.5, 540.0)
    assert shown.left == pytest.approx(50.0)
    shown = progress(10_000.0, clock)
    shown.advance("", 0.0)
    clock.now += 6000
    shown.advance("", 2000.0)  # three times as slow as expected
    # 30 seconds of the estimate count beside 2000 measured ones.
    assert shown.left == pytest.approx(8000 * (6000 + 30) / (2000 + 30))


def test_a_cell_that_took_less_leaves_less_and_does_not_change_the_rate(clock: Clock) -> None:
    shown = progress(200.0, clock)
    shown.advance("", 0.0)
    clock.now += 40
    shown.advance("", 40.0)
    shown.settle(60.0)  # it was a cell of 100 seconds, but its ANN was there
    assert shown.left == pytest.approx(100.0)
    shown.advance("", 100.0)
    assert (shown.part, shown.left) == (1.0, 0.0)


def text(clock: Clock, terminal: bool, reports: int, ends: bool = True) -> str:
    """What is printed of a run of 80 seconds after so many reports of 20, with or without its end."""
    file = io.StringIO()
    console = Console(file=file, width=100, force_terminal=terminal, color_system=None)
    with suppress(KeyboardInterrupt), Progress(console, 80.0, clock=clock) as show:
        show.cell("cyclic-16 seed 0")
        for _ in range(reports):
            clock.now += 20.0
            show.advance("SNN epoch 1/2", 20.0)
        if not ends:
            raise KeyboardInterrupt
    return file.getvalue()


def test_lines_and_bars_say_what_is_elapsed_and_what_is_left(clock: Clock) -> None:
    line = "cyclic-16 seed 0 · SNN epoch 1/2 · 25% of the run, elapsed 20 s, about 60 s left"
    assert line in text(clock, terminal=False, reports=1).replace("\n", " ")
    last = text(clock, terminal=True, reports=3).split("SNN epoch 1/2")[-1]
    assert ("100 %" in last, "left" in last) == (True, False)
    assert "100 %" not in text(clock, terminal=True, reports=3, ends=False)
