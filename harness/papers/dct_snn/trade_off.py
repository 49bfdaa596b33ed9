"""The abstract's trade of accuracy for latency: networks trained with all frequencies, read with the first half alone.

    python -m harness.papers.dct_snn.trade_off [--data-dir DIR] [--results-dir DIR]

Each network whose weights lie beside its fresh record is read as `harness predict --frequencies 8` does, in half of its
steps. The measurements are written beside the records; where no weights are kept, nothing is.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from harness.analysis.cells import Measurement, write_measurement
from harness.catalogue import Catalogue
from harness.config import PROFILES
from harness.records.certificates import known_certificates
from harness.records.freshness import freshness_in
from harness.records.store import record_paths
from harness.records.weights import weights_path
from harness.runs.predict import answer
from harness.schema import Record

FREQUENCIES = 8  # of 16
ARMS = {"cifar10": ("ablation-interleaved", "cyclic-16x3"), "mnist": ("mnist-784-100-10", "cyclic-16")}


class Read(NamedTuple):
    """One network on its test images: how many are right with all frequencies, at half of its steps, and shortened."""

    record: Record
    whole: int
    early: int
    shortened: int
    total: int


def networks(results: Path, catalogue: Catalogue, arm: tuple[str, str]) -> list[tuple[Path, Record]]:
    """The fresh records of an arm with weights beside them, of the profile that spends most."""
    certificates, fresh = known_certificates(results), list[tuple[Path, Record]]()
    for path in record_paths(results):
        if (path.parts[-4], path.parts[-2]) == arm and path.parts[-3] != "smoke" and weights_path(path).exists():
            now = freshness_in(path, catalogue, certificates)
            if now.state == "done" and now.record is not None:
                fresh.append((weights_path(path), now.record))
    spent = max((PROFILES.index(record.config.profile) for _, record in fresh), default=0)
    return [(path, record) for path, record in fresh if record.config.profile == PROFILES[spent]]


def read_shortened(weights: Path, record: Record, data_dir: Path | None = None) -> Read:
    """The network of `weights` with its first frequencies alone, in half of the steps of its `record`."""
    assert record.curve is not None, "a done record has a curve"
    half = record.config.timesteps // 2
    answered = answer(weights, data_dir=data_dir, frequencies=FREQUENCIES, timesteps=half)
    counts = answered.predictions.counts
    correct = record.curve.correct
    return Read(record, correct[-1], correct[half - 1], counts.correct[-1], counts.total)


def kept(dataset: str, reads: Sequence[Read]) -> Measurement:
    """How much of the accuracy is kept, over all networks together."""
    config, total = reads[0].record.config, sum(read.total for read in reads)
    whole, early, shortened = (sum(getattr(read, name) for read in reads) for name in ("whole", "early", "shortened"))
    seeds = f"{len(reads)} seed{'s' if len(reads) > 1 else ''}"
    how = (
        f"With the first {FREQUENCIES} of 16 frequencies in half of {config.timesteps} steps, the kept weights of "
        f"{config.arm} ({config.profile} profile, {seeds}) have {100 * shortened / total:.2f} % right, stopped early "
        f"at the same step {100 * early / total:.2f} %, with all steps {100 * whole / total:.2f} %; first by last"
    )
    value, data = round(100 * shortened / whole, 4), reads[0].record.fingerprint.data
    quantity = f"accuracy-kept-with-{FREQUENCIES}-frequencies-{dataset}"
    weights = tuple(read.record.weights.sha256 for read in reads if read.record.weights is not None)
    return Measurement(quantity, value, "%", dataset, data, reads[0].total, how, config.profile, config.arm, weights)


def measured(results: Path, catalogue: Catalogue, data_dir: Path | None = None) -> Iterator[Measurement]:
    """One measurement for each data set that has networks."""
    for dataset, arm in ARMS.items():
        reads = [read_shortened(*network, data_dir) for network in networks(results, catalogue, arm)]
        if reads:
            yield kept(dataset, reads)


def main(
    data_dir: Annotated[Path | None, typer.Option(help="Where the data sets are.")] = None,
    results_dir: Annotated[Path, typer.Option(help="Records with weights.")] = Path("results/evidence"),
) -> None:
    """Measure, write down and print."""
    from harness.papers import catalogue

    measurements = list(measured(results_dir, catalogue(), data_dir))
    for measurement in measurements:
        write_measurement(results_dir, measurement)
        print(f"{measurement.how}: {measurement.value:.2f} {measurement.unit}")
    if not measurements:
        print(f"no weights of these arms in {results_dir}: train them with harness run … --keep-weights")


if __name__ == "__main__":
    typer.run(main)
