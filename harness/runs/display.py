"""Progress for people: a live bar on a terminal, a plain line now and then elsewhere. Always on stderr."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
from rich.text import Text

from harness.runs.forecast import Forecast

LINE_EVERY_SECONDS = 15.0


class Display(Protocol):
    """What a run tells its watcher."""

    def cell(self, name: str) -> None:
        """A cell starts."""
        ...

    def advance(self, stage: str, seconds: float) -> None:
        """Work of the running cell that was expected to take `seconds` is done, in `stage`."""
        ...

    def settle(self, seconds: float) -> None:
        """A cell has ended, and `seconds` that were expected of it are not coming."""
        ...

    def line(self, text: str) -> None:
        """A sentence that stays on the screen."""
        ...


@contextmanager
def display(console: Console, forecast: Forecast) -> Iterator[Display]:
    """A display of the work of `forecast`, fitting what `console` is."""
    if not console.is_terminal:
        yield _Lines(console, forecast)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        TextColumn("{task.percentage:>3.0f} %"),
        _Times(forecast),
    )
    with Progress(*columns, console=console) as progress:
        bar = _Bar(progress, forecast)
        yield bar
        bar.finish()


class _Times(ProgressColumn):
    """How long the run has taken, and how long the rest takes."""

    def __init__(self, forecast: Forecast) -> None:
        super().__init__()
        self.forecast = forecast

    def render(self, task: Task) -> Text:
        """Both, in words."""
        left = "" if task.finished else f" · left {duration(self.forecast.left)}"
        return Text(f"elapsed {duration(self.forecast.elapsed)}{left}")


class _Bar:
    def __init__(self, progress: Progress, forecast: Forecast) -> None:
        self.progress, self.forecast = progress, forecast
        self.task = progress.add_task("starting", total=1.0)
        self.name = ""

    def cell(self, name: str) -> None:
        self.name = name

    def advance(self, stage: str, seconds: float) -> None:
        self.forecast.advance(seconds)
        description = _joined(self.name, stage)
        self.progress.update(self.task, completed=self.forecast.part, description=description)

    def settle(self, seconds: float) -> None:
        self.forecast.settle(seconds)
        self.progress.update(self.task, completed=self.forecast.part)

    def finish(self) -> None:
        """Nothing is left: work that was found done is no longer waited for."""
        self.settle(self.forecast.total - self.forecast.done)

    def line(self, text: str) -> None:
        self.progress.console.print(text, highlight=False)


class _Lines:
    def __init__(self, console: Console, forecast: Forecast) -> None:
        self.console, self.forecast = console, forecast
        self.name = ""
        self.last = forecast.clock()

    def cell(self, name: str) -> None:
        self.name = name

    def advance(self, stage: str, seconds: float) -> None:
        self.forecast.advance(seconds)
        now = self.forecast.clock()
        if now - self.last < LINE_EVERY_SECONDS:
            return
        self.last = now
        where, seen = _joined(self.name, stage), self.forecast
        times = f"elapsed {duration(seen.elapsed)}, about {duration(seen.left)} left"
        self.line(f"{where} · {seen.part:.0%} of the run, {times}")

    def settle(self, seconds: float) -> None:
        self.forecast.settle(seconds)

    def line(self, text: str) -> None:
        self.console.print(text, highlight=False, soft_wrap=True)


def _joined(*parts: str) -> str:
    """What is going on; several cells at once name themselves in their stage."""
    return " · ".join(filter(None, parts))


def duration(seconds: float) -> str:
    """Seconds as people say them: "40 s", "7 min", "3.5 h", "12 days"."""
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    if seconds < 48 * 3600:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 86400:.0f} days"
