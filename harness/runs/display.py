"""Progress for people: a live bar on a terminal, a plain line now and then elsewhere. Always on stderr."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

LINE_EVERY_SECONDS = 15.0
JUDGED_FROM = 0.01  # of a run: before, nothing can be said about how long it takes


class Display(Protocol):
    """What a run tells its watcher."""

    def cell(self, name: str) -> None:
        """A cell starts."""
        ...

    def advance(self, stage: str, work: float) -> None:
        """`work` multiply-accumulates of the running cell are done, in `stage`."""
        ...

    def line(self, text: str) -> None:
        """A sentence that stays on the screen."""
        ...


@contextmanager
def display(console: Console, total: float) -> Iterator[Display]:
    """A display for `total` multiply-accumulates of work, fitting what `console` is."""
    if not console.is_terminal:
        yield _Lines(console, total)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(elapsed_when_finished=False),
    )
    # The rate is averaged over minutes: stages of a cell run at different speeds.
    with Progress(*columns, console=console, speed_estimate_period=600) as progress:
        bar = _Bar(progress, total)
        yield bar
        bar.finish()


class _Bar:
    def __init__(self, progress: Progress, total: float) -> None:
        self.progress = progress
        self.task = progress.add_task("starting", total=total)
        self.name = ""

    def cell(self, name: str) -> None:
        self.name = name

    def advance(self, stage: str, work: float) -> None:
        self.progress.update(self.task, advance=work, description=_joined(self.name, stage))

    def finish(self) -> None:
        """Nothing is left: work that was found done, or estimated too high, is no longer waited for."""
        self.progress.update(self.task, completed=self.progress.tasks[self.task].total)

    def line(self, text: str) -> None:
        self.progress.console.print(text, highlight=False)


class _Lines:
    def __init__(self, console: Console, total: float) -> None:
        self.console, self.total = console, total
        self.done = 0.0
        self.name = ""
        self.start = self.last = time.monotonic()

    def cell(self, name: str) -> None:
        self.name = name

    def advance(self, stage: str, work: float) -> None:
        self.done += work
        now = time.monotonic()
        if now - self.last < LINE_EVERY_SECONDS:
            return
        self.last = now
        part = min(self.done / self.total, 1.0)
        if part < JUDGED_FROM:
            self.line(f"{_joined(self.name, stage)} · begun")
            return
        left = (now - self.start) * (1 - part) / part
        where = _joined(self.name, stage)
        self.line(f"{where} · {part:.0%} of the run, about {duration(left)} left")

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
