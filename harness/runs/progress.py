"""Progress for people, always on stderr: a live bar on a terminal, a plain line now and then elsewhere.

How much is left is the estimate, corrected by how the run has gone so far.
"""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich import progress as bars
from rich.console import Console
from rich.text import Text

from harness.machine.console import printable

LINE_EVERY_SECONDS = 15.0
# The estimate is trusted as much as so many seconds of the run itself, or as a tenth of the run if it is short.
TRUST_SECONDS = 30.0


class Progress:
    """The display of a run that is expected to take `total` seconds of work, of which `at_once` are done in a second.

    A context manager. Start-up and compilation come before the first report of work. They are no part of the pace,
    which is counted from that report on.
    """

    def __init__(
        self, console: Console, total: float, at_once: int = 1, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.console, self.total, self.at_once, self.clock = console, total, at_once, clock
        self.trust = min(TRUST_SECONDS, total / 10)
        self.done = 0.0
        self.counted = 0.0  # work done since the first report
        self.start = self.last = self.shown = clock()
        self.first: float | None = None
        self.name = ""
        self.bar: bars.Progress | None = None

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            columns = (
                bars.TextColumn("{task.description}", markup=False),
                bars.BarColumn(bar_width=None),
                _Numbers(self),
            )
            self.bar = bars.Progress(*columns, console=self.console)
            self.task = self.bar.add_task("starting", total=1.0)
            self.bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None) -> None:
        if self.bar is not None:
            if kind is None:  # work that was found done is no longer waited for
                self.settle(self.total - self.done)
            self.bar.stop()

    def cell(self, name: str) -> None:
        """A cell starts."""
        self.name = name

    def advance(self, stage: str, seconds: float) -> None:
        """Work that was expected to take `seconds` is done, in `stage`."""
        self.last = self.clock()
        if self.first is None:
            self.first = self.last
        else:
            self.counted += seconds
        self.done += seconds
        where = " · ".join(filter(None, (self.name, stage)))
        if self.bar is not None:
            self.bar.update(self.task, completed=self.part, description=printable(where))
        elif self.last - self.shown >= LINE_EVERY_SECONDS:
            self.shown = self.last
            times = f"elapsed {duration(self.elapsed)}, about {duration(self.left)} left"
            self.line(f"{where} · {self.part:.0%} of the run, {times}")

    def settle(self, seconds: float) -> None:
        """A cell has ended, and `seconds` that were expected of it are not coming."""
        self.total -= seconds
        if self.bar is not None:
            self.bar.update(self.task, completed=self.part)

    def line(self, text: str) -> None:
        """Print a sentence that stays on the screen."""
        (self.bar.console if self.bar else self.console).print(text, highlight=False, soft_wrap=True)

    @property
    def part(self) -> float:
        """The fraction of the work that is done, 0 to 1."""
        return 1.0 if self.done >= self.total * (1 - 1e-6) else max(0.0, self.done / self.total)

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return self.clock() - self.start

    @property
    def left(self) -> float:
        """Seconds that the rest takes."""
        spent = 0.0 if self.first is None else self.last - self.first
        known = self.counted + self.trust
        pace = (spent + self.trust / self.at_once) / known if known > 0 else 1 / self.at_once
        since = 0.0 if self.first is None else self.clock() - self.last
        return max(0.0, (self.total - self.done) * pace - since)


class _Numbers(bars.ProgressColumn):
    """The percentage that is done, how long the run has taken, and how long the rest takes."""

    def __init__(self, progress: Progress) -> None:
        super().__init__()
        self.progress = progress

    def render(self, task: bars.Task) -> Text:
        """All of it, in words."""
        left = "" if task.finished else f" · left {duration(self.progress.left)}"
        return Text(f"{task.percentage:>3.0f} % elapsed {duration(self.progress.elapsed)}{left}")


def duration(seconds: float) -> str:
    """Seconds as people say them: "40 s", "7 min", "3.5 h", "12 days"."""
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    if seconds < 48 * 3600:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 86400:.0f} days"
