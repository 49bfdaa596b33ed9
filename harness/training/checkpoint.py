"""Checkpoints, progress reports and stop requests of long computations."""

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import torch

from harness.errors import Stopped
from harness.machine.files import read_sealed, write_sealed


@dataclass(frozen=True)
class Checkpoint:  # decides no number
    """A file of values: tensors, numbers, and lists and dictionaries of them.

    path: None keeps nothing. owner: the fingerprint of the computation; a file of another owner is not read.
    """

    path: Path | None = None
    owner: str = ""

    def part(self, name: str) -> Self:
        """A further file, beside this one, for another part of the same work."""
        return replace(self, path=self.path and self.path.with_name(f"{self.path.name}.{name}"))

    def save(self, values: dict[str, Any]) -> None:
        """Replace the file. Raises OSError when the disk refuses."""
        if self.path is None:
            return
        buffer = io.BytesIO()
        torch.save({"owner": self.owner, "values": values}, buffer)
        write_sealed(self.path, buffer.getvalue())

    def load(self) -> dict[str, Any] | None:
        """The values; None if the file is missing, damaged or of another owner."""
        content = None if self.path is None else read_sealed(self.path)
        if content is None:
            return None
        try:
            saved = torch.load(io.BytesIO(content), weights_only=True)
            values: dict[str, Any] = saved["values"]
            return values if saved["owner"] == self.owner else None
        except Exception:  # torch raises anything for bytes that it has not written
            return None

    def remove(self) -> None:
        """Delete the file, once something else has taken its place."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)


NOWHERE = Checkpoint()  # decides no number


@dataclass(frozen=True)
class Watch:
    """How a computation reports its progress and is told to stop.

    progress: called with the stage and the multiply–accumulates done since the last call. stop: called between steps;
    True ends the work with a checkpoint.
    """

    progress: Callable[[str, float], None] = lambda _stage, _work: None
    stop: Callable[[], bool] = lambda: False

    def pause(self, stage: str) -> None:
        """Raise Stopped if the computation is to stop."""
        if self.stop():
            raise Stopped(stage)


SILENT = Watch()
