"""Ctrl-C and SIGTERM: once stops a run where it is, with everything finished kept; twice ends it at once."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)
STOPPED = 130
Handler = Callable[[int, FrameType | None], None]


@contextmanager
def stoppable() -> Iterator[None]:
    """Within, the first signal raises KeyboardInterrupt, however it was sent; the second ends the process."""
    seen: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        seen.append(number)
        if len(seen) > 1:
            _end_at_once()
        raise KeyboardInterrupt

    with _handled(stop):
        yield


@contextmanager
def finishing() -> Iterator[None]:
    """Put the first signal off until what is being written is written; a second one still ends the process."""
    seen: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        seen.append(number)
        if len(seen) > 1:
            _end_at_once()

    with _handled(note):
        yield
    if seen:
        signal.raise_signal(seen[0])


@contextmanager
def _handled(handler: Handler) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}
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
