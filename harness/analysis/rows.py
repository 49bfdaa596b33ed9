"""Rows of pandas frames, and their columns, from one record."""

from pathlib import Path
from typing import Any

import pandas as pd

from harness.analysis.curves import optimism, percent
from harness.analysis.encoder_macs import encoder_macs
from harness.records.rechecks import rechecks_of
from harness.records.retrainings import retraining_of
from harness.schema import Counts, Record

CURVES = {
    "experiment": "str",
    "profile": "str",
    "arm": "str",
    "seed": "int64",
    "timestep": "int64",
    "correct": "int64",
    "total": "int64",
}
READINGS = {
    "experiment": "str",
    "profile": "str",
    "arm": "str",
    "seed": "int64",
    "fraction": "float64",
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
    "weights": "str",
    "device": "str",
    "encoder": "str",
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
    "encoder_macs": "float64",
    "ann_accuracy": "float64",
    "rechecks": "str",
    "trained_again": "str",
    "again_how": "str",
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


def cell_row(record: Record, path: Path, stale: str) -> dict[str, Any]:
    """The row of one record; `stale` says why it may not be judged, empty where it may."""
    again = retraining_of(path, record)
    return {
        **_key(record),
        "status": "stale" if stale else record.status,
        "reason": stale or (record.failure.reason if record.failure else ""),
        "path": str(path),
        "fingerprint": record.fingerprint.digest,
        "weights": record.weights.sha256 if record.weights else "",
        "device": record.environment.get("device", ""),
        "encoder": record.config.encoder.name,
        "timesteps": record.config.timesteps,
        "seconds": sum(record.timings.values()),
        "rechecks": "; ".join(f"{check.simulator}: {check.verdict}" for check in rechecks_of(path, record)),
        "trained_again": again.verdict if again else "",
        "again_how": again.how if again else "",
        **(_outcome(record) if record.status == "done" and not stale else {}),
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
        "encoder_macs": encoder_macs(record),
        "ann_accuracy": _of_ann(record),
    }


def _of_ann(record: Record) -> float | None:
    """Test accuracy of the pre-trained ANN after its last epoch, in percent."""
    last = record.ann_epochs[-1] if record.ann_epochs else None
    return None if last is None else float(percent(last.correct, last.total))


def curve_rows(record: Record, curve: Counts) -> list[dict[str, Any]]:
    """A row for each timestep of a curve of the record."""
    return [
        {**_key(record), "timestep": timestep, "correct": correct, "total": curve.total}
        for timestep, correct in enumerate(curve.correct, start=1)
    ]


def reading_rows(record: Record) -> list[dict[str, Any]]:
    """A row for each fraction of fine-tuning at which the record has test counts; none without readings on the way."""
    if not record.on_the_way:
        return []
    named = {float(name): counts for name, counts in record.on_the_way.items()}
    read = {0.0: record.balanced, **named, 1.0: record.curve}
    return [
        {**_key(record), "fraction": fraction, "correct": counts.correct[-1], "total": counts.total}
        for fraction, counts in read.items()
        if counts is not None
    ]


def layer_rows(record: Record) -> list[dict[str, Any]]:
    """A row for each weighted layer."""
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


def as_frame(rows: list[dict[str, Any]], columns: dict[str, str]) -> pd.DataFrame:
    """Rows as a frame with exactly these columns and types, empty where there are none."""
    return pd.DataFrame(rows, columns=list(columns)).astype(columns)
