"""A factory of small records, written through the store as a run would write them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from harness.catalogue import Catalogue
from harness.records.fingerprint import fingerprint
from harness.records.store import write_record
from harness.schema import Counts, Epoch, Failure, Record
from tests.analysis.judging import CATALOGUE, Invented, Write

DIGEST = "0" * 64


def record(
    experiment: str,
    profile: str,
    arm: str,
    seed: int,
    correct: int | Sequence[int] = 0,
    *,
    failure: str = "",
    best: int | None = None,
    total: int = 10_000,
    known: Catalogue = CATALOGUE,
    **fields: Any,
) -> Record:
    """A small cell, done or failed: its curve is `correct`, or 0 up to a last timestep with `correct`.

    `best`: the count of an earlier epoch. On training images it is as on test images. `fields`: others of the record.
    """
    found = known.experiment(experiment).with_added([arm])
    config = found.resolve(found.arm(arm), found.profile(profile), seed)
    curve = [0] * (config.timesteps - 1) + [correct] if isinstance(correct, int) else list(correct)
    first = curve[-1] if best is None else best
    made = Record(
        config=config,
        fingerprint=fingerprint(config, DIGEST),
        status="failed" if failure else "done",
        environment={},
        timings={"ann": 2.0, "test": 0.5},
        epochs=[] if failure else [Epoch(0.5, first, total), Epoch(0.4, curve[-1], total)],
        curve=None if failure else Counts(curve, total),
        sample_curve=None if failure else Counts(curve, total),
        failure=Failure(failure, "Traceback: …") if failure else None,
    )
    return structs.replace(made, **fields)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """`write(experiment, profile, arm, seed, correct, …)` leaves a record in tmp_path and returns its path."""
    return lambda *cell, **more: write_record(tmp_path, record(*cell, **more))


@pytest.fixture
def records(tmp_path: Path, write: Write) -> Invented:
    return Invented(tmp_path, write)
