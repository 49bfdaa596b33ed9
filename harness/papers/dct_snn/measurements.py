"""Measurements for the claims of that kind: on the images and the code alone (§6), and on kept weights (abstract).

    python -m harness.papers.dct_snn.measurements [--data-dir DIR] [--results-dir DIR]

Nothing is trained. CIFAR-10's test images are measured in seconds. Each network whose weights lie beside its fresh
record is read as `harness predict --frequencies 8` does, in half of its steps.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

import torch
import typer
from torch import Tensor

from encoders.dct import Dct
from harness.analysis.cells import Measurement, write_measurement
from harness.catalogue import Catalogue
from harness.config import PROFILES
from harness.data import DataSet, load, subset
from harness.papers import catalogue
from harness.records.freshness import freshness_in, known_certificates
from harness.records.store import record_paths
from harness.records.weights import weights_path
from harness.runs.predict import answer
from harness.schema import Record
from harness.training.batches import encoder_key, normalised

# ## The images and the code

DATA_SET = "cifar10"
BATCH = 500
CALIBRATION_IMAGES = 2048  # as many as the thresholds of a cell are fitted on
SPIKE_IMAGES = 2000
TIMESTEPS = 48
SEED = 1000


def energy_share(images: Iterator[Tensor], first: int) -> float:
    """Percent of the energy (sum of squared DCT coefficients) in the first `first` frequencies of all 4×4 blocks.

    `images`: batches `[N, C, H, W]` in [-1, 1].
    """
    encoder, energy = Dct(colour="ycbcr"), torch.zeros(16, dtype=torch.float64)
    for batch in images:
        # The transform is orthonormal: a contribution has the energy of its coefficient.
        squares = encoder.contributions(batch).double().square()
        energy += squares.sum(dim=(0, 1, 2, 3, 5))
    return float(100 * energy[:first].sum() / energy.sum())


def late_spikes(training: Tensor, test: Iterator[Tensor], schedule: str = "interleaved") -> float:
    """Spikes of the code in the last quarter of 48 steps, in percent of those in the first quarter."""
    encoder = Dct(schedule=schedule, colour="ycbcr").calibrate(training)
    spikes = torch.zeros(TIMESTEPS, dtype=torch.float64)
    for batch in test:
        train = encoder.encode(batch, TIMESTEPS, encoder_key(SEED, "encoder-test"))
        spikes += train.abs().double().sum(dim=(1, 2, 3, 4))
    quarter = TIMESTEPS // 4
    return float(100 * spikes[-quarter:].sum() / spikes[:quarter].sum())


def of_images(data: DataSet) -> Iterator[Measurement]:
    """Both measurements of §6."""

    def of(quantity: str, value: float, images: int, how: str) -> Measurement:
        return Measurement(quantity, round(value, 4), "%", data.name, data.digest, images, how)

    def batches(images: Tensor) -> Iterator[Tensor]:
        yield from map(normalised, images.split(BATCH))

    test = data.test.images
    yield of(
        "energy-of-first-8-frequencies",
        energy_share(batches(test), 8),
        len(test),
        "The first 8 of 16 frequencies hold",
    )
    training = normalised(subset(data.train, CALIBRATION_IMAGES, SEED).images)
    ratio, cyclic = (late_spikes(training, batches(test[:SPIKE_IMAGES]), s) for s in ("interleaved", "cyclic"))
    how = f"Spikes in the last quarter of 48 interleaved steps by those in the first quarter (cyclic: {cyclic:.3g} %)"
    yield of("interleaved-late-spikes", ratio, SPIKE_IMAGES, how)


# ## Accuracy traded for latency: networks trained with all frequencies, read with the first half alone

FREQUENCIES = 8  # of 16
ARM = ("ablation-interleaved", "cyclic-16x3")  # a network of one cycle, as on MNIST, is only stopped early by it


class Read(NamedTuple):
    """The right answers of one network: after all steps, after half of them, and with half the frequencies."""

    record: Record
    whole: int
    early: int
    shortened: int
    total: int


def networks(results: Path, catalogue: Catalogue, arm: tuple[str, str]) -> list[tuple[Path, Record]]:
    """Weights and fresh records of an arm (experiment, name), at the fullest profile that has some."""
    certificates, by_profile = known_certificates(results), dict[int, list[tuple[Path, Record]]]()
    for path in record_paths(results / arm[0], levels=2):
        if path.parts[-2] == arm[1] and path.parts[-3] != "smoke" and weights_path(path).exists():
            freshness = freshness_in(path, catalogue, certificates)
            if freshness.state == "done" and freshness.record is not None:
                spent = PROFILES.index(freshness.record.config.profile)
                by_profile.setdefault(spent, []).append((weights_path(path), freshness.record))
    return by_profile[max(by_profile)] if by_profile else []


def read_shortened(weights: Path, record: Record, data_dir: Path | None = None) -> Read:
    """The network of `weights` with its first frequencies alone, in half of the steps of its `record`."""
    assert record.curve is not None, "a done record has a curve"
    half, correct = record.config.timesteps // 2, record.curve.correct
    counts = answer(weights, data_dir=data_dir, frequencies=FREQUENCIES, timesteps=half).predictions.counts
    return Read(record, correct[-1], correct[half - 1], counts.correct[-1], counts.total)


def kept(reads: Sequence[Read]) -> Measurement:
    """The share of the accuracy that is kept, over all networks together."""
    config, total = reads[0].record.config, sum(read.total for read in reads)
    whole, early, shortened = (sum(getattr(read, name) for read in reads) for name in ("whole", "early", "shortened"))
    seeds = f"{len(reads)} seed{'s' if len(reads) > 1 else ''}"
    how = (
        f"With the first {FREQUENCIES} of 16 frequencies in half of {config.timesteps} steps, the kept weights of "
        f"{config.arm} ({config.profile} profile, {seeds}) have {100 * shortened / total:.2f} % right, stopped early "
        f"at the same step {100 * early / total:.2f} %, with all steps {100 * whole / total:.2f} %; first by last"
    )
    value, data = round(100 * shortened / whole, 4), reads[0].record.fingerprint.data
    quantity = f"accuracy-kept-with-{FREQUENCIES}-frequencies-{DATA_SET}"
    weights = tuple(read.record.weights.sha256 for read in reads if read.record.weights is not None)
    return Measurement(quantity, value, "%", DATA_SET, data, reads[0].total, how, config.profile, config.arm, weights)


def of_weights(results: Path, catalogue: Catalogue, data_dir: Path | None = None) -> Iterator[Measurement]:
    """The measurement on all networks that are there, if any."""
    reads = [read_shortened(*network, data_dir) for network in networks(results, catalogue, ARM)]
    if reads:
        yield kept(reads)
    else:
        print(f"no weights of {ARM[1]} in {results}: harness run {ARM[0]} --arm {ARM[1]} --keep-weights")


def main(
    data_dir: Annotated[Path | None, typer.Option(help="Where the data sets are.")] = None,
    results_dir: Annotated[Path, typer.Option(help="Where records and measurements are.")] = Path("results/evidence"),
) -> None:
    """Measure, write down and print."""
    for measured in (of_images(load(DATA_SET, data_dir)), of_weights(results_dir, catalogue(), data_dir)):
        for measurement in measured:
            write_measurement(results_dir, measurement)
            print(f"{measurement.how}: {measurement.value:.2f} {measurement.unit}")


if __name__ == "__main__":
    typer.run(main)
