"""Records as pandas frames: a view, never a second truth. Whatever cannot be used is named, never dropped.

Below: rows of one record; `load`, which reads a results folder; and measurements, which lie beside the records.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pandas as pd

from harness.catalogue import Catalogue
from harness.config import CellConfig, ProfileName, canonical_json
from harness.errors import HarnessError
from harness.machine.files import read_regular, write_atomically
from harness.records import certificates
from harness.records.freshness import Freshness, Records, freshness_in
from harness.records.store import LARGEST_RECORD, Answers, answers_in, companion_paths, record_path, record_paths
from harness.records.verifications import verifications_of
from harness.schema import Counts, Record

ARM = ["experiment", "profile", "arm"]
CELL = [*ARM, "seed"]
FOLDER = "measurements"
ADDITIONS_ALONE = frozenset({"poisson", "phase", "ttfs"})
_PLACE = {"experiment": "str", "profile": "str", "arm": "str", "seed": "int64"}
_COUNTS = {"correct": "int64", "total": "int64"}
CURVES = {**_PLACE, "timestep": "int64", **_COUNTS}
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


def cell_row(record: Record, path: Path, stale: str) -> dict[str, Any]:
    """The row of one record; `stale` says why it may not be judged, empty where it may."""
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
        "verified": "; ".join(f"{found.source}: {found.verdict}" for found in verifications_of(path, record)),
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


def encoder_macs(record: Record) -> float | None:
    """Multiply-accumulates that the encoder spends on one image; None where the record does not tell.

    A record without `encoder_macs` tells its encoder's operations in one sum. They are parted as the encoder's own
    `operations` parts them for the record's configuration, and only where that sum fits: else nothing is guessed.
    """
    if record.encoder_macs is not None or record.encoder_operations is None:
        return record.encoder_macs
    if record.encoder_operations == 0 or record.config.encoder.name in ADDITIONS_ALONE:
        return 0.0
    return _of_dct(record, record.encoder_operations) if record.config.encoder.name == "dct" else None


def _of_dct(record: Record, operations: float) -> float | None:
    """Of each block: a separable b×b DCT (2b³), one product for each contribution (b⁴); additions: b² a step."""
    size = record.config.encoder.parameters.get("block_size", 4)
    if not isinstance(size, int) or size < 1:
        return None
    of_block = 2 * size**3 + size**4
    blocks = operations / (of_block + size**2 * record.config.timesteps)
    return blocks * of_block if blocks.is_integer() else None


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
    """Measurements by quantity, and what is wrong with files that are none. Never raises on a bad one."""
    found, problems = {}, []
    for path in sorted((results / FOLDER).glob("*.json")):
        try:
            found[path.stem] = _read_measurement(path)
        except HarnessError as error:
            problems.append(str(error))
    return found, tuple(problems)


def _read_measurement(path: Path) -> Measurement:
    try:
        measurement = msgspec.json.decode(read_regular(path, LARGEST_RECORD), type=Measurement)
    except (OSError, ValueError, RecursionError) as error:
        raise HarnessError(f"{path}: not a readable measurement ({error})", "restore it or measure again") from None
    if measurement.quantity != path.stem:
        raise HarnessError(f"{path}: refused: this is the measurement of {measurement.quantity}", "move it back")
    return measurement


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
    `balanced`: as `curves`, straight after threshold balancing, of the cells whose record says so.
    `known`: as `curves`, on a fixed sample of training images, of the cells whose record says so.
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
    balanced: pd.DataFrame
    answers: Mapping[tuple[str, str, str, int], Answers]
    measurements: Mapping[str, Measurement]
    problems: tuple[str, ...]
    unregistered: tuple[CellConfig, ...] = ()
    known: pd.DataFrame = field(default_factory=lambda: as_frame([], CURVES))
    readings: pd.DataFrame = field(default_factory=lambda: as_frame([], READINGS))


def load(results: Path, catalogue: Catalogue) -> Loaded:
    """Read every record under `results` (a folder that does not exist holds none). Never raises on a bad one."""
    problems = list(_foreign(results))
    found = _Rows()
    stale: Counter[tuple[Path, str]] = Counter()
    looked = list(_answers(Records(results), catalogue))
    usual = _usual_data(now.record for _, now in looked if now.record is not None and now.state == "done")
    for path, now in looked:
        record = now.record
        if record is None:
            problems.append(now.reason)
            continue
        reason = now.reason if now.state == "stale" else _other_data(record, usual)
        found.cells.append(cell_row(record, path, reason))
        if record.config.experiment not in catalogue.names():
            found.unregistered.append(record.config)
        if reason:
            stale[path.parent, reason] += 1
        elif record.curve is not None and record.status == "done":
            found.add(record, record.curve, answers_in(record))
    problems += [f"{folder}: {count} stale: {reason}" for (folder, reason), count in stale.items()]
    measurements, refused = read_measurements(results)
    return found.loaded([*problems, *refused], measurements)


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
        found = records.answer(config)
        if found.record is not None:
            found = replace(found, record=msgspec.structs.replace(found.record, config=config))
        if found.state != "missing":
            yield found.path, found


def _usual_data(records: Iterable[Record]) -> Mapping[tuple[str, str], str]:
    """By experiment and profile, the digest of the data that most of its records are of."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    for record in records:
        counts.setdefault((record.config.experiment, record.config.profile), Counter())[record.fingerprint.data] += 1
    return {key: count.most_common(1)[0][0] for key, count in counts.items()}


def _other_data(record: Record, usual: Mapping[tuple[str, str], str]) -> str:
    """Why the record may not stand beside the others of its experiment and profile, or nothing."""
    known = usual.get((record.config.experiment, record.config.profile), record.fingerprint.data)
    return "" if record.fingerprint.data == known else f"computed on other data than most of its profile ({known[:12]})"


class _Rows:
    """The rows of `Loaded`, as they are collected."""

    def __init__(self) -> None:
        self.curves: list[dict[str, Any]] = []
        self.cells: list[dict[str, Any]] = []
        self.layers: list[dict[str, Any]] = []
        self.balanced: list[dict[str, Any]] = []
        self.known: list[dict[str, Any]] = []
        self.readings: list[dict[str, Any]] = []
        self.answers: dict[tuple[str, str, str, int], Answers] = {}
        self.unregistered: list[CellConfig] = []

    def add(self, record: Record, curve: Counts, answers: Answers) -> None:
        """A finished cell that is not stale."""
        self.curves += curve_rows(record, curve)
        self.layers += layer_rows(record)
        self.readings += reading_rows(record)
        if record.balanced is not None:
            self.balanced += curve_rows(record, record.balanced)
        if record.sample_curve is not None:
            self.known += curve_rows(record, record.sample_curve)
        if answers:
            config = record.config
            self.answers[config.experiment, config.profile, config.arm, config.seed] = answers

    def loaded(self, problems: list[str], measurements: Mapping[str, Measurement]) -> Loaded:
        """All of it as frames."""
        return Loaded(
            curves=as_frame(self.curves, CURVES),
            cells=as_frame(self.cells, CELLS),
            layers=as_frame(self.layers, LAYERS),
            balanced=as_frame(self.balanced, CURVES),
            answers=self.answers,
            measurements=measurements,
            problems=tuple(sorted(problems)),
            unregistered=tuple(self.unregistered),
            known=as_frame(self.known, CURVES),
            readings=as_frame(self.readings, READINGS),
        )


def _foreign(results: Path) -> Iterator[str]:
    """Files that lie where no record does; hidden ones (unfinished writes, .gitkeep) are nobody's business."""
    known = {*record_paths(results), *companion_paths(results)}
    for path in sorted(results.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(results).parts)
        # Timings of `python -m bench`, certificates of `tools.certify` and measurements lie beside the records.
        measured = any(path.is_relative_to(results / name) for name in ("bench", certificates.FOLDER, FOLDER))
        if path.is_file() and path not in known and not hidden and not measured:
            yield f"{path}: not a record: no such file belongs into a results folder"
