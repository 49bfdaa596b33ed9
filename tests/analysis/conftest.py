"""A factory of small records, written through the store as a run would write them."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest

from encoders.registry import module_of
from harness.papers import catalogue
from harness.records.fingerprint import fingerprint
from harness.records.store import write_record
from harness.schema import Counts, Epoch, Failure, Record

Write = Callable[..., Path]
DIGEST = "0" * 64
CATALOGUE = catalogue()


def _write(
    results: Path,
    experiment: str,
    profile: str,
    arm: str,
    seed: int,
    correct: int | Sequence[int] = 0,
    *,
    failure: str = "",
    best: int | None = None,
    total: int = 10_000,
) -> Path:
    """A record whose curve is `correct`, or 0 up to a last timestep with `correct`; `best` is an earlier epoch's."""
    found = CATALOGUE.experiment(experiment)
    config = found.resolve(found.arm(arm), found.profile(profile), seed)
    curve = [0] * (config.timesteps - 1) + [correct] if isinstance(correct, int) else list(correct)
    epochs = [Epoch(0.5, curve[-1] if best is None else best, total), Epoch(0.4, curve[-1], total)]
    record = Record(
        config=config,
        fingerprint=fingerprint(config, DIGEST, module_of(config.encoder.name)),
        status="failed" if failure else "done",
        environment={},
        timings={"ann": 2.0, "test": 0.5},
        epochs=[] if failure else epochs,
        curve=None if failure else Counts(curve, total),
        failure=Failure(failure, "Traceback: …") if failure else None,
    )
    return write_record(results, record)


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """`write(experiment, profile, arm, seed, correct, …)` leaves a record in tmp_path and returns its path."""
    # Hundreds of records need not survive a power cut; the store's own tests keep it.
    monkeypatch.setattr("os.fsync", lambda _: None)
    return partial(_write, tmp_path)
