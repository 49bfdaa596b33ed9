"""A factory of small records, written through the store as a run would write them."""

from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import Any

import pytest

from harness.papers import catalogue
from harness.records.fingerprint import fingerprint
from harness.records.store import write_record
from harness.schema import Counts, Epoch, Failure, Record

Write = Callable[..., Path]
DIGEST = "0" * 64
CATALOGUE = catalogue()


@dataclass(frozen=True)
class Cell:
    """A small cell: its curve is `correct`, or 0 up to a last timestep with `correct`; `best` is an earlier epoch's.

    On training images it is as on test images.
    """

    experiment: str
    profile: str
    arm: str
    seed: int
    correct: int | Sequence[int] = 0
    _: KW_ONLY
    failure: str = ""
    best: int | None = None
    total: int = 10_000

    def record(self) -> Record:
        """Its record, done or failed."""
        found, correct, total = CATALOGUE.experiment(self.experiment), self.correct, self.total
        config = found.resolve(found.arm(self.arm), found.profile(self.profile), self.seed)
        curve = [0] * (config.timesteps - 1) + [correct] if isinstance(correct, int) else list(correct)
        first = curve[-1] if self.best is None else self.best
        return Record(
            config=config,
            fingerprint=fingerprint(config, DIGEST),
            status="failed" if self.failure else "done",
            environment={},
            timings={"ann": 2.0, "test": 0.5},
            epochs=[] if self.failure else [Epoch(0.5, first, total), Epoch(0.4, curve[-1], total)],
            curve=None if self.failure else Counts(curve, total),
            sample_curve=None if self.failure else Counts(curve, total),
            failure=Failure(self.failure, "Traceback: …") if self.failure else None,
        )


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """`write(experiment, profile, arm, seed, correct, …)` leaves a record in tmp_path and returns its path."""

    def write(*cell: Any, **more: Any) -> Path:
        return write_record(tmp_path, Cell(*cell, **more).record())

    return write
