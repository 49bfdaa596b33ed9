"""Records as pandas frames: a view, never a second truth. Whatever cannot be read is named, never dropped."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd


@dataclass(frozen=True)
class Loaded:
    """What one results folder holds. Accuracies are percent, timesteps count from 1.

    `curves`: one row per finished cell and timestep: experiment, profile, arm, seed, timestep, correct, total.
    `cells`: one row per record: experiment, profile, arm, seed, status (done | failed | stale), reason, path,
    fingerprint, timesteps, correct, total, accuracy, best_accuracy, optimism, seconds, macs, accumulates.
    `problems`: every file that was refused, and why.
    """

    curves: pd.DataFrame
    cells: pd.DataFrame
    problems: tuple[str, ...]


def load(results: Path) -> Loaded:
    """Read every record under `results`. Never raises on a bad one."""
    raise NotImplementedError
