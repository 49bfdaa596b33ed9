"""What a worker process and the one that hired it say to each other.

A worker is sent cells, one at a time. While it computes, anything that is sent asks it to stop with a checkpoint, and
so does the end of the other process.
"""

from typing import NamedTuple

from harness.machine.files import Owner
from harness.runs.grid import Finished


class Progress(NamedTuple):
    """So many seconds of the cell's cost more are done, the last of them in `stage`."""

    stage: str
    work: float


class Said(NamedTuple):
    """A line for the user."""

    text: str


class Answer(NamedTuple):
    """What became of the cell that was sent: its record, or who else computes it."""

    result: Finished | Owner


class Broken(NamedTuple):
    """The cell could not be computed; nothing of it is lost that was kept. The worker ends."""

    error: Exception


Message = Progress | Said | Answer | Broken
