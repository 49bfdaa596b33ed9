"""Progress for people, always on stderr: a live bar on a terminal, a plain line now and then elsewhere.

The time left is the estimate, corrected by the pace of the run so far.
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
# The estimate has the weight of this many seconds of the run itself, or of a tenth of a short run.
TRUST_SECONDS = 30.0


class Progress:
    """The display of a run with `total` expected seconds of work, of which `at_once` are done per second.

    A context manager. The pace is measured from the first report of work on, without start-up and compilation.
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
        columns = bars.TextColumn("{task.description}", markup=False), bars.BarColumn(bar_width=None), _Numbers(self)
        self.bar = bars.Progress(*columns, console=console, disable=not console.is_terminal)
        self.task = self.bar.add_task("starting", total=1.0)

    def __enter__(self) -> Self:
        self.bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None) -> None:
        if kind is None:  # remaining work was done already, by others
            self.settle(self.total - self.done)
        if self.console.is_terminal:
            self.bar.stop()

    def cell(self, name: str) -> None:
        """Set the name of the cell that starts."""
        self.name = name

    def advance(self, stage: str, seconds: float) -> None:
        """Report work in `stage` that was expected to take `seconds`."""
        self.last = self.clock()
        if self.first is None:
            self.first = self.last
        else:
            self.counted += seconds
        self.done += seconds
        place = " · ".join(filter(None, (self.name, stage)))
        if self.console.is_terminal:
            self.bar.update(self.task, completed=self.part, description=printable(place))
        elif self.last - self.shown >= LINE_EVERY_SECONDS:
            self.shown = self.last
            times = f"elapsed {duration(self.elapsed)}, about {duration(self.left)} left"
            self.line(f"{place} · {self.part:.0%} of the run, {times}")

    def settle(self, seconds: float) -> None:
        """Remove `seconds` from the expected total, after a cell has ended with less work than expected."""
        self.total -= seconds
        self.bar.update(self.task, completed=self.part)

    def line(self, text: str) -> None:
        """Print a sentence that stays on the screen."""
        self.console.print(text, highlight=False, soft_wrap=True)

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
        """Expected seconds for the rest."""
        spent = 0.0 if self.first is None else self.last - self.first
        basis = self.counted + self.trust
        pace = (spent + self.trust / self.at_once) / basis if basis > 0 else 1 / self.at_once
        since = 0.0 if self.first is None else self.clock() - self.last
        return max(0.0, (self.total - self.done) * pace - since)


class _Numbers(bars.ProgressColumn):
    """The percentage that is done, the elapsed time, and the time left."""

    def __init__(self, progress: Progress) -> None:
        super().__init__()
        self.progress = progress

    def render(self, task: bars.Task) -> Text:
        """The column's text."""
        left = "" if task.finished else f" · left {duration(self.progress.left)}"
        return Text(f"{task.percentage:>3.0f} % elapsed {duration(self.progress.elapsed)}{left}")


def duration(seconds: float) -> str:
    """Seconds in words: "40 s", "7 min", "3.5 h", "12 days"."""
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    if seconds < 48 * 3600:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 86400:.0f} days"
