"""How long work tells how far it is, and is told to stop."""

from collections.abc import Callable
from dataclasses import dataclass

from harness.errors import Stopped


def _ignore(_stage: str, _work: float) -> None:
    """Report to nobody."""


def _never() -> bool:
    """Go on."""
    return False


@dataclass(frozen=True)
class Watch:
    """Whoever waits for a computation.

    progress: called with what is going on and the multiply–accumulates done since the last call, a unit in which
    stages can be added up. stop: asked between steps; True ends the work with a checkpoint.
    """

    progress: Callable[[str, float], None] = _ignore
    stop: Callable[[], bool] = _never

    def pause(self, stage: str) -> None:
        """Raise Stopped if the work is to end here."""
        if self.stop():
            raise Stopped(stage)


SILENT = Watch()
