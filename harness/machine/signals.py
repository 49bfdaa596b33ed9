"""Signals that end a run: Ctrl-C at once, with everything finished kept; SIGTERM and SIGUSR1 at the next checkpoint."""

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
AGAIN = 75  # exit code of work that ended with a checkpoint, to be started again (EX_TEMPFAIL)
GRACEFUL = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGUSR1") if hasattr(signal, name))
Handler = Callable[[int, FrameType | None], None]


@dataclass
class Deadline:
    """When a run is to end with a checkpoint: after `seconds` from `start`, or as soon as a signal asks for it."""

    seconds: float | None = None
    _begun: float | None = None
    _asked: list[int] = field(default_factory=list)

    def start(self) -> None:
        """Count from now, if nothing was counted yet."""
        if self._begun is None:
            self._begun = time.monotonic()

    def ask(self, number: int) -> None:
        """Have the run end: signal `number` came."""
        self._asked.append(number)

    def passed(self) -> bool:
        """Whether the run is to end now."""
        over = self.seconds is not None and self._begun is not None
        return bool(self._asked) or (over and time.monotonic() - (self._begun or 0.0) >= (self.seconds or 0.0))


@contextmanager
def stoppable(deadline: Deadline | None = None) -> Iterator[None]:
    """Within, Ctrl-C raises KeyboardInterrupt, however it was sent; a second signal ends the process.

    SIGTERM and SIGUSR1 ask `deadline` to end the run; without one they do as Ctrl-C does.
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
    """Put the first Ctrl-C off until what is being written is written; a second one still ends the process."""
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
        if old not in (signal.SIG_IGN, None):  # a run in the background of a shell is not the terminal's to stop
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
