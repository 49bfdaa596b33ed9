"""What is to do: the cells of an experiment, and what stands in their records today."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.catalogue import Arm, Experiment, Profile
from harness.config import CellConfig
from harness.data.types import DataSet
from harness.errors import CellFailure, HarnessError
from harness.machine.files import nearest_existing
from harness.plugins.guard import guarded
from harness.records.certificates import known_certificates
from harness.records.fingerprint import Device, fingerprint
from harness.records.freshness import State, freshness
from harness.records.store import record_path
from harness.runs.cost import Cost
from harness.schema import Fingerprint
from harness.training.batches import encoder_key, normalised

PRACTICAL_SECONDS = 3 * 3600.0
MOST_SEEDS = 10_000  # a record's name has four digits


@dataclass(frozen=True)
class PlannedCell:
    """A cell, its record's place, what stands there now, and why it is not simply done.

    `stamp` tells whether somebody has written the record since; `fault` is why the cell cannot be run at all; `cost`
    is what it is expected to take, where that was estimated.
    """

    config: CellConfig
    fingerprint: Fingerprint
    path: Path
    state: State
    reason: str = ""
    stamp: int = 0
    fault: CellFailure | None = None
    cost: Cost | None = None

    @property
    def seconds(self) -> float:
        """The seconds expected of it; 0 where none were estimated."""
        return self.cost.seconds if self.cost else 0.0


def configurations(
    experiment: Experiment, profile: Profile, arms: Sequence[Arm], seeds: int | None = None
) -> list[CellConfig]:
    """The cells of `arms` with seeds 0 … `seeds` − 1 (None: as planned for each arm), seed by seed.

    Raises HarnessError for a number of seeds that cannot be.
    """
    planned = [experiment.seeds(arm.name, profile.name) for arm in arms]
    if seeds is not None and not 1 <= seeds <= MOST_SEEDS:
        most = max(planned, default=profile.seeds)
        raise HarnessError(
            f"--seeds must be at least 1 and at most {MOST_SEEDS}, not {seeds}",
            f"leave it out, or use {most} as the {profile.name} profile plans",
        )
    counts = planned if seeds is None else [seeds] * len(arms)
    return [
        experiment.resolve(arm, profile, seed)
        for seed in range(max(counts, default=0))
        for arm, count in zip(arms, counts, strict=True)
        if seed < count
    ]


def plan(configs: Sequence[CellConfig], data: DataSet, results: Path, device: Device = "cpu") -> list[PlannedCell]:
    """What stands in the place of each cell. Raises EncoderError for parameters that do not fit."""
    certificates = known_certificates(results)
    first = {config.arm: config for config in reversed(configs)}
    faults = {arm: trial(config, data) for arm, config in first.items()}
    cells = []
    for config in configs:
        path = record_path(results, config)
        stamp = stamp_of(path)
        found = freshness(path, config, certificates, data.digest)
        mark = _fingerprint(config, data.digest, device)
        cells.append(PlannedCell(config, mark, path, found.state, found.reason, stamp, faults[config.arm]))
    return cells


def _fingerprint(config: CellConfig, digest: str, device: Device) -> Fingerprint:
    name = config.encoder.name
    try:
        return fingerprint(config, digest, device)
    except (ModuleNotFoundError, SyntaxError, UnicodeDecodeError) as error:
        raise HarnessError(
            f"encoder '{name}': {error}, so nothing could tell when a record of it is stale",
            "install it as a package with __init__.py and .py files",
        ) from None


def trial(config: CellConfig, data: DataSet) -> CellFailure | None:
    """Encode one image before anything is trained: what is wrong with the encoder's code, or nothing.

    Raises EncoderError if its parameters do not fit each other, the images or T: that is the user's to mend.
    """
    images = normalised(data.train.images[:64])
    try:
        encoder = guarded(config.encoder).calibrate(images)
        encoder.frame(images[:1])
        encoder.encode(images[:1], config.timesteps, encoder_key(0, "encoder-test"))
        encoder.state()
    except CellFailure as failure:
        return failure
    return None


def stamp_of(path: Path) -> int:
    """Tells one writing of a record from the next: its time of change, 0 where there is none."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def require_writable(folder: Path) -> None:
    """Raise HarnessError unless records can be written below `folder`."""
    try:
        existing = nearest_existing(folder)
        if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
            raise PermissionError(0, f"{existing} is no folder that you may write to")
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".write-test-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise HarnessError(
            f"cannot write to results folder {folder}: {reason}", "choose another with --results-dir"
        ) from None
