"""Records as pandas frames: a view, never a second truth. Whatever cannot be used is named, never dropped."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from harness.analysis.answers import Answers, answers_of
from harness.analysis.measurements import FOLDER, Measurement, read_measurements
from harness.analysis.rows import (
    CELLS,
    CURVES,
    LAYERS,
    READINGS,
    as_frame,
    cell_row,
    curve_rows,
    layer_rows,
    reading_rows,
)
from harness.catalogue import Catalogue
from harness.config import CellConfig
from harness.records import certificates
from harness.records.certificates import known_certificates
from harness.records.freshness import freshness_in
from harness.records.store import companion_paths, record_paths
from harness.schema import Counts, Record


@dataclass(frozen=True)
class Loaded:
    """What one results folder holds. Accuracies are percent, timesteps count from 1.

    `curves`: one row per finished cell and timestep: experiment, profile, arm, seed, timestep, correct, total.
    `cells`: one row per record that reads: the same keys, then status (done | failed | stale) and the reason of
    a failed or stale one, path, fingerprint, weights (SHA-256), device (its name; both may be empty), encoder,
    timesteps, rechecks ("snntorch: identical"), trained_again (what `harness verify --keep` found, such as "identical
    bit for bit"; empty where nobody asked), again_how (how far apart both trainings are, and on which device, where
    they are not identical), and of a done one correct, total and accuracy at the last timestep of the final epoch,
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
    known = known_certificates(results)
    looked = [(path, freshness_in(path, catalogue, known)) for path in record_paths(results)]
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
            found.add(record, record.curve, answers_of(record))
    problems += [f"{folder}: {count} stale: {reason}" for (folder, reason), count in stale.items()]
    measurements, refused = read_measurements(results)
    return found.loaded([*problems, *refused], measurements)


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
        # Timings of `harness bench`, certificates of `harness certify` and measurements lie beside the records.
        measured = any(path.is_relative_to(results / name) for name in ("bench", certificates.FOLDER, FOLDER))
        if path.is_file() and path not in known and not hidden and not measured:
            yield f"{path}: not a record: no such file belongs into a results folder"
