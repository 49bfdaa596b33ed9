"""Where cells are computed: in this process, in several, on a cluster. What a cell is and does is the same everywhere.

An executor takes cells and yields finished ones; it schedules, and knows neither training nor records.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

from harness.runs.grid import Finished, Grid
from harness.runs.plan import PlannedCell


class Executor(Protocol):
    """Computes cells somewhere."""

    def __call__(self, cells: Sequence[PlannedCell], grid: Grid) -> Iterator[Finished]:
        """Yield each of `cells` as its record is there, in any order.

        Raises HarnessError where cells cannot be computed there, and Stopped where the watch of `grid` ends the run.
        """
        ...
