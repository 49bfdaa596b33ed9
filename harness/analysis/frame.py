"""Records as pandas frames: a view, never a second truth. Whatever cannot be used is named, never dropped."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from harness.analysis.curves import optimism, percent
from harness.catalogue import Catalogue
from harness.config import CellConfig
from harness.records import certificates
from harness.records.certificates import known_certificates
from harness.records.freshness import Standing, standing_in
from harness.records.store import companion_paths, record_paths
from harness.schema import Record

CURVES = {
    "experiment": "str",
    "profile": "str",
    "arm": "str",
    "seed": "int64",
    "timestep": "int64",
    "correct": "int64",
    "total": "int64",
}
CELLS = {
    "experiment": "str",
    "profile": "str",
    "arm": "str",
    "seed": "int64",
    "status": "str",
    "reason": "str",
    "path": "str",
    "fingerprint": "str",
    "timesteps": "int64",
    "correct": "Int64",
    "total": "Int64",
    "accuracy": "float64",
    "best_accuracy": "float64",
    "optimism": "float64",
    "seconds": "float64",
    "macs": "float64",
    "accumulates": "float64",
    "encoder_operations": "float64",
}
LAYERS = {
    "experiment": "str",
    "profile": "str",
    "arm": "str",
    "seed": "int64",
    "position": "int64",
    "layer": "str",
    "macs": "float64",
    "accumulates": "float64",
    "multiplies": "bool",
    "neurons": "float64",
    "spikes": "float64",
}


@dataclass(frozen=True)
class Loaded:
    """What one results folder holds. Accuracies are percent, timesteps count from 1.

    `curves`: one row per finished cell and timestep: experiment, profile, arm, seed, timestep, correct, total.
    `cells`: one row per record that reads: the same keys, then status (done | failed | stale) and the reason of
    a failed or stale one, path, fingerprint, timesteps, and of a done one correct, total and accuracy at the
    last timestep of the final epoch, best_accuracy over epochs (chosen on the test set) and its optimism,
    seconds, and operations for one image: macs (ANN), accumulates (SNN, over all timesteps) and those of the
    encoder.
    `layers`: one row per finished cell and weighted layer: the same keys, position from 0, and the layer's
    operations for one image as the record has them (`harness.schema.LayerActivity`).
    `problems`: every file that was refused or is stale, and why.
    `unregistered`: the configurations of cells whose experiment the catalogue does not know.
    """

    curves: pd.DataFrame
    cells: pd.DataFrame
    layers: pd.DataFrame
    problems: tuple[str, ...]
    unregistered: tuple[CellConfig, ...] = ()


def load(results: Path, catalogue: Catalogue) -> Loaded:
    """Read every record under `results` (a folder that does not exist holds none). Never raises on a bad one."""
    problems = list(_foreign(results))
    curves: list[dict[str, Any]] = []
    cells: list[dict[str, Any]] = []
    layers: list[dict[str, Any]] = []
    unregistered: list[CellConfig] = []
    known = known_certificates(results)
    for path in record_paths(results):
        found = standing_in(path, catalogue, known)
        if found.record is None:
            problems.append(found.reason)
            continue
        cells.append(_cell(found.record, path, found))
        if found.record.config.experiment not in catalogue.names():
            unregistered.append(found.record.config)
        if found.state == "done":
            curves += _curve(found.record)
            layers += _layers(found.record)
        elif found.state == "stale":
            problems.append(f"{path}: stale: {found.reason}")
    tables = (_frame(curves, CURVES), _frame(cells, CELLS), _frame(layers, LAYERS))
    return Loaded(*tables, tuple(sorted(problems)), tuple(unregistered))


def _cell(record: Record, path: Path, found: Standing) -> dict[str, Any]:
    return {
        **_key(record),
        "status": found.state,
        "reason": found.reason,
        "path": str(path),
        "fingerprint": record.fingerprint.digest,
        "timesteps": record.config.timesteps,
        "seconds": sum(record.timings.values()),
        **(_outcome(record) if record.curve is not None else {}),
    }


def _outcome(record: Record) -> dict[str, Any]:
    assert record.curve is not None, "a done record without a curve is refused before"
    final, total = record.curve.correct[-1], record.curve.total
    accuracy = float(percent(final, total))
    excess = optimism([float(percent(epoch.correct, epoch.total)) for epoch in record.epochs])
    return {
        "correct": final,
        "total": total,
        "accuracy": accuracy,
        "best_accuracy": accuracy + excess,
        "optimism": excess,
        "macs": sum(layer.macs for layer in record.layers) if record.layers else None,
        "accumulates": sum(layer.accumulates for layer in record.layers) if record.layers else None,
        "encoder_operations": record.encoder_operations,
    }


def _curve(record: Record) -> list[dict[str, Any]]:
    curve = record.curve
    assert curve is not None, "a done record without a curve is refused before"
    return [
        {**_key(record), "timestep": timestep, "correct": correct, "total": curve.total}
        for timestep, correct in enumerate(curve.correct, start=1)
    ]


def _layers(record: Record) -> list[dict[str, Any]]:
    return [
        {
            **_key(record),
            "position": position,
            "layer": layer.name,
            "macs": layer.macs,
            "accumulates": layer.accumulates,
            "multiplies": layer.multiplies,
            "neurons": layer.neurons,
            "spikes": layer.spikes,
        }
        for position, layer in enumerate(record.layers)
    ]


def _key(record: Record) -> dict[str, Any]:
    config = record.config
    return {"experiment": config.experiment, "profile": config.profile, "arm": config.arm, "seed": config.seed}


def _foreign(results: Path) -> Iterator[str]:
    """Files that lie where no record does; hidden ones (unfinished writes, .gitkeep) are nobody's business."""
    known = {*record_paths(results), *companion_paths(results)}
    for path in sorted(results.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(results).parts)
        # Timings of `harness bench` and certificates of `harness certify` lie beside the records.
        measured = any(path.is_relative_to(results / name) for name in ("bench", certificates.FOLDER))
        if path.is_file() and path not in known and not hidden and not measured:
            yield f"{path}: not a record: no such file belongs into a results folder"


def _frame(rows: list[dict[str, Any]], columns: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(columns)).astype(columns)
