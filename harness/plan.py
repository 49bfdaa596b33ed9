"""What is to do: the cells of an experiment, and what stands in their records today."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import encoders
from encoders.errors import EncoderError
from encoders.registry import module_of
from harness.config import Arm, CellConfig, Experiment, Profile
from harness.data.types import DataSet
from harness.errors import HarnessError
from harness.fingerprint import fingerprint
from harness.records import read_record, record_path
from harness.schema import Fingerprint
from harness.training.batches import normalised
from harness.training.seeds import generator

State = Literal["done", "failed", "stale", "missing"]
PRACTICAL_SECONDS = 3 * 3600.0


@dataclass(frozen=True)
class PlannedCell:
    """A cell, its record's place, what stands there now, and why it is not simply done."""

    config: CellConfig
    fingerprint: Fingerprint
    path: Path
    state: State
    reason: str = ""


def plan(
    experiment: Experiment, profile: Profile, arms: Sequence[Arm], seeds: int, data: DataSet, results: Path
) -> list[PlannedCell]:
    """The cells of `arms` × seeds 0 … `seeds` − 1, seed by seed so that arms can be compared early.

    Raises HarnessError for a results folder that cannot be written, EncoderError for parameters that do not fit.
    """
    if seeds < 1:
        raise HarnessError(f"--seeds must be at least 1, not {seeds}", "use --seeds 5 for the planned number")
    require_writable(results)
    for arm in arms:
        require_fitting(experiment.resolve(arm, profile, 0), data)
    cells = []
    for seed in range(seeds):
        for arm in arms:
            config = experiment.resolve(arm, profile, seed)
            mark = fingerprint(config, data.digest, module_of(config.encoder.name))
            path = record_path(results, config)
            cells.append(PlannedCell(config, mark, path, *state_of(path, mark)))
    return cells


def require_fitting(config: CellConfig, data: DataSet) -> None:
    """Raise EncoderError if the encoder's parameters do not fit each other, the images or T: before any training."""
    encoder = encoders.create(config.encoder.name, **config.encoder.parameters)
    images = normalised(data.train.images[:64])
    try:
        encoder.calibrate(images, generator(0, "calibration")).encode(
            images[:1], config.timesteps, generator(0, "encoder-test")
        )
    except EncoderError:
        raise
    except Exception:  # a fault of a plug-in's code, not of the user's input: its cells will fail and say so
        return


def state_of(path: Path, today: Fingerprint) -> tuple[State, str]:
    """What the record at `path` is worth under today's fingerprint, and why."""
    if not path.exists():
        return "missing", ""
    try:
        record = read_record(path)
    except HarnessError as error:
        return "stale", error.message
    changed = _changed(record.fingerprint, today)
    if changed:
        return "stale", f"changed since: {', '.join(changed)}"
    if record.status == "failed":
        return "failed", record.failure.reason if record.failure else ""
    return "done", ""


def _changed(before: Fingerprint, today: Fingerprint) -> list[str]:
    if before.digest == today.digest:
        return []
    parts = [name for name in ("config", "data") if getattr(before, name) != getattr(today, name)]
    names = sorted(before.modules.keys() | today.modules.keys())
    return parts + [name for name in names if before.modules.get(name) != today.modules.get(name)]


def require_writable(folder: Path) -> None:
    """Raise HarnessError unless records can be written below `folder`."""
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        raise HarnessError(f"cannot write to results folder {folder}", "choose another with --results-dir")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".write-test-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise HarnessError(
            f"cannot write to results folder {folder}: {error.strerror}", "choose another with --results-dir"
        ) from None
