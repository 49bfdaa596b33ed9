"""Records as pandas frames: a view, never a second truth. Whatever cannot be used is named, never dropped.

Below: rows of one record; `load`, which reads a results folder; and measurements, which lie beside the records.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pandas as pd

from harness.catalogue import Catalogue
from harness.config import CellConfig, ProfileName, canonical_json
from harness.machine.files import read_regular, write_atomically
from harness.records import certificates
from harness.records.freshness import Freshness, Records, freshness_in
from harness.records.store import LARGEST_RECORD, Answers, answers_in, companion_paths, record_path, record_paths
from harness.records.verifications import verifications_of
from harness.schema import Record

ARM = ["experiment", "profile", "arm"]
CELL = [*ARM, "seed"]
FOLDER = "measurements"
ADDITIONS_ALONE = frozenset({"poisson", "phase", "ttfs"})
Key = tuple[str, str, str, int]  # experiment, profile, arm, seed
Curve = npt.NDArray[np.float64]  # percent after every timestep
_PLACE = {"experiment": "str", "profile": "str", "arm": "str", "seed": "int64"}
_COUNTS = {"correct": "int64", "total": "int64"}
CURVES = {**_PLACE, "timestep": "int64", **_COUNTS}
EPOCHS = {**_PLACE, "epoch": "int64", "ann": "bool", "loss": "float64", **_COUNTS}
READINGS = {**_PLACE, "fraction": "float64", **_COUNTS}
CELLS = {
    **_PLACE,
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
    "verified": "str",
}
LAYERS = {
    **_PLACE,
    "position": "int64",
    "layer": "str",
    "macs": "float64",
    "accumulates": "float64",
    "multiplies": "bool",
    "neurons": "float64",
    "spikes": "float64",
}


def rows_of(frame: pd.DataFrame, arm: Sequence[str]) -> pd.DataFrame:
    """The rows of one arm, named by the values of its columns `ARM`: (experiment, profile, arm)."""
    return frame[(frame[ARM] == list(arm)).all(axis=1)]


def percent(correct: npt.ArrayLike, total: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Accuracy in percent. One rounding only, so that 8950 of 10000 is the same float as a printed "89.5"."""
    return np.asarray(100 * np.asarray(correct) / np.asarray(total), dtype=np.float64)


def optimism(accuracy_after_epochs: Sequence[float]) -> float:
    """How much the best epoch, chosen on the test set, stands above the final one (≥ 0); NaN without epochs."""
    return max(accuracy_after_epochs) - accuracy_after_epochs[-1] if accuracy_after_epochs else float("nan")


def _row(record: Record, path: Path, stale: str) -> dict[str, Any]:
    """The row of one record; `stale` says why it may not be judged, empty where it may."""
    row = {
        **_cell(record),
        "status": "stale" if stale else record.status,
        "reason": stale or (record.failure.reason if record.failure else ""),
        "path": str(path),
        "fingerprint": record.fingerprint.digest,
        "weights": record.weights.sha256 if record.weights else "",
        "device": record.environment.get("device", ""),
        "encoder": record.config.encoder.name,
        "timesteps": record.config.timesteps,
        "seconds": sum(record.timings.values()),
        "verified": "; ".join(f"{answer.source}: {answer.verdict}" for answer in verifications_of(path, record)),
    }
    if stale or record.status != "done":
        return row
    assert record.curve is not None, "a done record without a curve is refused before"
    accuracy = float(percent(record.curve.correct[-1], record.curve.total))
    excess = optimism([float(percent(epoch.correct, epoch.total)) for epoch in record.epochs])
    ann = record.ann_epochs[-1] if record.ann_epochs else None
    return row | {
        "correct": record.curve.correct[-1],
        "total": record.curve.total,
        "accuracy": accuracy,
        "best_accuracy": accuracy + excess,
        "optimism": excess,
        "macs": sum(layer.macs for layer in record.layers) if record.layers else None,
        "accumulates": sum(layer.accumulates for layer in record.layers) if record.layers else None,
        "encoder_operations": record.encoder_operations,
        "encoder_macs": encoder_macs(record),
        "ann_accuracy": None if ann is None else float(percent(ann.correct, ann.total)),
    }


def encoder_macs(record: Record) -> float | None:
    """Multiply-accumulates that the encoder spends on one image; None where the record does not tell.

    A record without `encoder_macs` tells its encoder's operations in one sum. They are parted as the encoder's own
    `operations` parts them for the record's configuration, and only where that sum fits: else nothing is guessed.
    """
    operations, encoder = record.encoder_operations, record.config.encoder
    if record.encoder_macs is not None or operations is None:
        return record.encoder_macs
    if operations == 0 or encoder.name in ADDITIONS_ALONE:
        return 0.0
    size = encoder.parameters.get("block_size", 4)
    if encoder.name != "dct" or not isinstance(size, int) or size < 1:
        return None
    # Of each block: a separable b×b DCT (2b³), one product for each contribution (b⁴); additions: b² a step.
    of_block = 2 * size**3 + size**4
    blocks = operations / (of_block + size**2 * record.config.timesteps)
    return blocks * of_block if blocks.is_integer() else None


def _curve_rows(record: Record) -> list[dict[str, Any]]:
    """A row for each timestep of the record's curve."""
    assert record.curve is not None, "a done record without a curve is refused before"
    counts = enumerate(record.curve.correct, start=1)
    return [
        {**_cell(record), "timestep": timestep, "correct": correct, "total": record.curve.total}
        for timestep, correct in counts
    ]


def _epoch_rows(record: Record) -> list[dict[str, Any]]:
    """A row for each epoch of the record's two trainings: the ANN's counted up to 0, those of fine-tuning from 1."""
    first = 1 - len(record.ann_epochs)
    return [
        {**_cell(record), "epoch": number, "ann": number <= 0, **msgspec.structs.asdict(epoch)}
        for number, epoch in enumerate((*record.ann_epochs, *record.epochs), start=first)
    ]


def _reading_rows(record: Record) -> list[dict[str, Any]]:
    """A row for each fraction of fine-tuning at which the record has test counts; none without readings on the way."""
    if not record.on_the_way:
        return []
    on_the_way = {float(name): counts for name, counts in record.on_the_way.items()}
    return [
        {**_cell(record), "fraction": fraction, "correct": counts.correct[-1], "total": counts.total}
        for fraction, counts in {0.0: record.balanced, **on_the_way, 1.0: record.curve}.items()
        if counts is not None
    ]


def _layer_rows(record: Record) -> list[dict[str, Any]]:
    """A row for each weighted layer."""
    columns = {"layer": "name"} | {name: name for name in ("macs", "accumulates", "multiplies", "neurons", "spikes")}
    return [
        {**_cell(record), "position": position, **{key: getattr(layer, name) for key, name in columns.items()}}
        for position, layer in enumerate(record.layers)
    ]


def _key(record: Record) -> Key:
    config = record.config
    return config.experiment, config.profile, config.arm, config.seed


def _cell(record: Record) -> dict[str, Any]:
    return dict(zip(CELL, _key(record), strict=True))


def as_frame(rows: list[dict[str, Any]], columns: dict[str, str]) -> pd.DataFrame:
    """Rows as a frame with exactly these columns and types, empty where there are none."""
    return pd.DataFrame(rows, columns=list(columns)).astype(columns)


class Measurement(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`value` of `quantity` in `unit`, over `images` images of a data set with that digest; `how` in a sentence.

    Where trained networks were read: the `profile` and `arm` of their records, and the SHA-256 of their `weights`.
    """

    quantity: str
    value: float
    unit: str
    dataset: str
    data: str
    images: int
    how: str
    profile: ProfileName | None = None
    arm: str = ""
    weights: tuple[str, ...] = ()


def write_measurement(results: Path, measurement: Measurement) -> Path:
    """Write a measurement below a results folder and return its path."""
    path = results / FOLDER / f"{measurement.quantity}.json"
    write_atomically(path, msgspec.json.format(canonical_json(measurement), indent=1) + b"\n")
    return path


def read_measurements(results: Path) -> tuple[Mapping[str, Measurement], tuple[str, ...]]:
    """Measurements by quantity, and one message for each unreadable file. Never raises on a bad one."""
    measurements: dict[str, Measurement] = {}
    problems: list[str] = []
    for path in sorted((results / FOLDER).glob("*.json")):
        try:
            measurement = msgspec.json.decode(read_regular(path, LARGEST_RECORD), type=Measurement)
        except (OSError, ValueError, RecursionError) as error:
            problems.append(f"{path}: not a readable measurement ({error}) — restore it or measure again")
            continue
        if measurement.quantity == path.stem:
            measurements[path.stem] = measurement
        else:
            problems.append(f"{path}: refused: this is the measurement of {measurement.quantity} — move it back")
    return measurements, tuple(problems)


@dataclass(frozen=True)
class Loaded:
    """What one results folder holds. Accuracies are percent, timesteps count from 1.

    `curves`: one row per finished cell and timestep: experiment, profile, arm, seed, timestep, correct, total.
    `cells`: one row per record that reads: the same keys, then status (done | failed | stale) and the reason of
    a failed or stale one, path, fingerprint, weights (SHA-256), device (its name; both may be empty), encoder,
    timesteps, verified (what `harness verify --keep` found, such as "weights: identical; snntorch: within tolerance";
    empty without), and of a done one correct, total and accuracy at the last timestep of the final epoch,
    best_accuracy over epochs (chosen on the test set) and its optimism, ann_accuracy of the pre-trained ANN, seconds,
    and operations for one image: macs (ANN), accumulates (SNN, over all timesteps) and those of the encoder, of which
    encoder_macs are multiply-accumulates.
    `layers`: one row per finished cell and weighted layer: the same keys, position from 0, and the layer's
    operations for one image as the record has them (`harness.schema.LayerActivity`).
    `epochs`: one row per epoch of training: the same keys, epoch (the ANN's last is 0, the first of fine-tuning 1), ann
    (whether it is one of the ANN's), mean loss, and correct and total on the test set after it, at the last timestep.
    `balanced`: percent after every timestep, straight after threshold balancing, of the cells whose record says so.
    `train_curves`: the same at the end, on a fixed sample of training images.
    `readings`: one row per fraction of fine-tuning, 0 (balanced) to 1 (the end), of the cells whose record has readings
    on the way: experiment, profile, arm, seed, fraction, and correct and total at the last timestep.
    `answers`: which test images a finished cell answered rightly, of the cells whose record says so.
    `measurements`: what was computed from images without training or read from kept weights, by quantity.
    `problems`: every file that was refused or is stale, and why. A stale record is a row of `cells` and of nothing
    else: it is shown, and judged by nobody.
    `unregistered`: the configurations of cells whose experiment the catalogue does not know.
    """

    curves: pd.DataFrame
    cells: pd.DataFrame
    layers: pd.DataFrame
    readings: pd.DataFrame
    epochs: pd.DataFrame
    balanced: Mapping[Key, Curve]
    train_curves: Mapping[Key, Curve]
    answers: Mapping[Key, Answers]
    measurements: Mapping[str, Measurement]
    problems: tuple[str, ...]
    unregistered: tuple[CellConfig, ...]


def load(results: Path, catalogue: Catalogue) -> Loaded:
    """Read every record under `results` (a folder that does not exist holds none). Never raises on a bad one."""
    problems = list(_foreign(results))
    rows: list[dict[str, Any]] = []
    done: list[Record] = []
    unregistered: list[CellConfig] = []
    stale: Counter[tuple[Path, str]] = Counter()
    answers = list(_answers(Records(results), catalogue))
    usual = _usual_data(now.record for _, now in answers if now.record is not None and now.state == "done")
    for path, now in answers:
        record = now.record
        if record is None:
            problems.append(now.reason)
            continue
        reason = now.reason if now.state == "stale" else _other_data(record, usual)
        rows.append(_row(record, path, reason))
        if record.config.experiment not in catalogue.names():
            unregistered.append(record.config)
        if reason:
            stale[path.parent, reason] += 1
        elif record.status == "done":
            done.append(record)
    problems += [f"{folder}: {count} stale: {reason}" for (folder, reason), count in stale.items()]
    measurements, refused = read_measurements(results)
    return Loaded(
        curves=as_frame([row for record in done for row in _curve_rows(record)], CURVES),
        cells=as_frame(rows, CELLS),
        layers=as_frame([row for record in done for row in _layer_rows(record)], LAYERS),
        readings=as_frame([row for record in done for row in _reading_rows(record)], READINGS),
        epochs=as_frame([row for record in done for row in _epoch_rows(record)], EPOCHS),
        balanced={_key(r): percent(r.balanced.correct, r.balanced.total) for r in done if r.balanced},
        train_curves={_key(r): percent(r.sample_curve.correct, r.sample_curve.total) for r in done if r.sample_curve},
        answers={_key(record): bits for record in done if (bits := answers_in(record))},
        measurements=measurements,
        problems=tuple(sorted([*problems, *refused])),
        unregistered=tuple(unregistered),
    )


def _answers(records: Records, catalogue: Catalogue) -> Iterator[tuple[Path, Freshness]]:
    """Every record in its own place, but where another one answers its cell; then those that answer further cells.

    An answer has the configuration of the cell that asks.
    """
    asked: dict[Path, CellConfig] = {}
    for experiment in map(catalogue.experiment, catalogue.names()):
        for profile in experiment.profiles:
            if records.begun(experiment, profile):
                asked |= {record_path(records.results, config): config for config in experiment.cells(profile)}
    for path in records.paths:
        if path not in asked:
            yield path, freshness_in(path, catalogue, records.certificates)
    for config in asked.values():
        answer = records.answer(config)
        if answer.record is not None:
            answer = replace(answer, record=msgspec.structs.replace(answer.record, config=config))
        if answer.state != "missing":
            yield answer.path, answer


def _usual_data(records: Iterable[Record]) -> Mapping[tuple[str, str], str]:
    """By experiment and profile, the digest of the data that most of its records are of."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    for record in records:
        counts.setdefault(_key(record)[:2], Counter())[record.fingerprint.data] += 1
    return {key: count.most_common(1)[0][0] for key, count in counts.items()}


def _other_data(record: Record, usual: Mapping[tuple[str, str], str]) -> str:
    """Why the record may not stand beside the others of its experiment and profile; empty where it may."""
    digest = record.fingerprint.data
    most = usual.get(_key(record)[:2], digest)
    return "" if digest == most else f"computed on other data than most of its profile ({most[:12]})"


def _foreign(results: Path) -> Iterator[str]:
    """One message for each file that is no record; hidden ones (unfinished writes, .gitkeep) are left out."""
    expected = {*record_paths(results), *companion_paths(results)}
    # Timings of `python -m bench`, certificates of `tools.certify` and measurements lie beside the records.
    beside = [results / name for name in ("bench", certificates.FOLDER, FOLDER)]
    for path in sorted(results.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(results).parts)
        if path.is_file() and path not in expected and not hidden and not any(map(path.is_relative_to, beside)):
            yield f"{path}: not a record: no such file belongs into a results folder"
