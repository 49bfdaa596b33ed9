"""Signals that end a run: Ctrl-C at once, keeping what is finished; SIGTERM and SIGUSR1 at the next checkpoint."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

STOPPED = 130  # exit code after Ctrl-C
AGAIN = 75  # exit code after an end with a checkpoint: start again to go on (EX_TEMPFAIL)
GRACEFUL = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGUSR1") if hasattr(signal, name))
Handler = Callable[[int, FrameType | None], None]


@dataclass
class Deadline:
    """When a run ends with a checkpoint: `seconds` after `start`, or as soon as a signal asks for it."""

    seconds: float | None = None
    _begun: float | None = None
    _asked: list[int] = field(default_factory=list)

    def start(self) -> None:
        """Start counting, unless it has been started."""
        if self._begun is None:
            self._begun = time.monotonic()

    def ask(self, number: int) -> None:
        """End the run because of signal `number`."""
        self._asked.append(number)

    def passed(self) -> bool:
        """Whether the run should end now."""
        over = self.seconds is not None and self._begun is not None
        return bool(self._asked) or (over and time.monotonic() - (self._begun or 0.0) >= (self.seconds or 0.0))


@contextmanager
def stoppable(deadline: Deadline | None = None) -> Iterator[None]:
    """Inside the block, Ctrl-C (SIGINT) raises KeyboardInterrupt; a second signal ends the process.

    SIGTERM and SIGUSR1 ask `deadline` to end the run; without a deadline they act like Ctrl-C.
    """
    seen: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        seen.append(number)
        if len(seen) > 1:
            _end_at_once()
        if deadline is None or number not in GRACEFUL:
            raise KeyboardInterrupt
        deadline.ask(number)

    with _handled((signal.SIGINT, *GRACEFUL), stop):
        yield


@contextmanager
def finishing() -> Iterator[None]:
    """Delay the first signal to the end of the block, so that a file is written whole. A second ends the process."""
    seen: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        seen.append(number)
        if len(seen) > 1:
            _end_at_once()

    with _handled((signal.SIGINT, *GRACEFUL), note):
        yield
    if seen:
        signal.raise_signal(seen[0])


@contextmanager
def _handled(numbers: Sequence[signal.Signals], handler: Handler) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in numbers}
    for number, old in before.items():
        if old not in (signal.SIG_IGN, None):  # a shell has its background processes ignore Ctrl-C: keep that
            signal.signal(number, handler)
    try:
        yield
    finally:
        for number, old in before.items():
            if old is not None:
                signal.signal(number, old)


def _end_at_once() -> None:
    if sys.stderr.isatty():
        os.write(2, b"\x1b[?25h\n")  # the progress display hides the cursor
    os._exit(STOPPED)
