"""Measurements for the claims of that kind: on CIFAR-10's test images and the code alone (§6), in seconds.

python -m harness.papers.dct_snn.measurements [--data-dir DIR] [--results-dir DIR]
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import torch
import typer
from torch import Tensor

from encoders.dct import Dct
from harness.analysis.cells import Measurement, write_measurement
from harness.data import DataSet, load, subset
from harness.training.batches import CALIBRATION_IMAGES, encoder_key, normalised

DATA_SET = "cifar10"
BATCH = 500
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


def main(
    data_dir: Annotated[Path | None, typer.Option(help="Where the data sets are.")] = None,
    results_dir: Annotated[Path, typer.Option(help="Where records and measurements are.")] = Path("results/evidence"),
) -> None:
    """Measure, write down and print."""
    for measurement in of_images(load(DATA_SET, data_dir)):
        write_measurement(results_dir, measurement)
        print(f"{measurement.how}: {measurement.value:.2f} {measurement.unit}")


if __name__ == "__main__":
    typer.run(main)
