"""How much of a run is over and how long the rest takes: the estimate, corrected by how it has gone so far."""

import time
from collections.abc import Callable

# The estimate is trusted as much as so many seconds of the run itself, or as a tenth of the run if it is short.
TRUST_SECONDS = 30.0


class Forecast:
    """A run that is expected to take `total` seconds of work, of which `at_once` are done in one second.

    Start-up and compilation come before the first report of work. They are no part of the rate, which is counted from
    that report on.
    """

    def __init__(self, total: float, at_once: int = 1, clock: Callable[[], float] = time.monotonic) -> None:
        self.total, self.at_once, self.clock = total, at_once, clock
        self.trust = min(TRUST_SECONDS, total / 10)
        self.done = 0.0
        self.counted = 0.0  # work done since the first report
        self.start = clock()
        self.first = self.last = self.start
        self.reported = False

    def advance(self, seconds: float) -> None:
        """Work that was expected to take `seconds` is done."""
        self.last = self.clock()
        if self.reported:
            self.counted += seconds
        else:
            self.first, self.reported = self.last, True
        self.done += seconds

    def settle(self, seconds: float) -> None:
        """A cell has ended, and `seconds` that were expected of it are not coming."""
        self.total -= seconds

    @property
    def part(self) -> float:
        """How much of the work is done, 0 to 1."""
        return 1.0 if self.done >= self.total * (1 - 1e-6) else max(0.0, self.done / self.total)

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return self.clock() - self.start

    @property
    def left(self) -> float:
        """Seconds that the rest takes."""
        spent = self.last - self.first
        known = self.counted + self.trust
        pace = (spent + self.trust / self.at_once) / known if known > 0 else 1 / self.at_once
        since = self.clock() - self.last if self.reported else 0.0
        return max(0.0, (self.total - self.done) * pace - since)
