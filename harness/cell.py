"""A cell from left to right: data → encoder → ANN → thresholds → fine-tuning → accuracy at every t → record."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from encoders.base import Encoder
from harness.config import CellConfig
from harness.data.subset import subset
from harness.data.types import DataSet, ImageSet
from harness.energy import estimate
from harness.environment import environment
from harness.schema import Fingerprint, Record
from harness.snn.balancing import balance
from harness.snn.fire import Kernel
from harness.snn.network import Network
from harness.snn.spiking import Spiking
from harness.training.ann_cache import pretrained
from harness.training.batches import normalised
from harness.training.checkpoint import Checkpoint
from harness.training.evaluate import evaluate
from harness.training.progress import Progress, silent
from harness.training.seeds import generator
from harness.training.snn import fine_tune

# The weights of pixels that are always black decay below fp32's normal range, where a product takes an Intel core a
# hundred times as long. Counted as 0 from here on, also by the threads that are started later: they inherit it.
torch.set_flush_denormal(True)

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}
CALIBRATION_IMAGES = 2048  # the encoder's percentiles are fitted on at most so many training images


@dataclass(frozen=True)
class Setting:
    """Where and how a cell runs; nothing here changes what it computes beyond rounding.

    `ann_cache`: folder of pre-trained ANNs, shared by all arms of a seed. `checkpoint`: file of the unfinished cell.
    """

    device: torch.device
    kernel: Kernel = "auto"
    ann_cache: Path | None = None
    checkpoint: Path | None = None
    progress: Progress = silent


def run_cell(config: CellConfig, data: DataSet, encoder: Encoder, fingerprint: Fingerprint, setting: Setting) -> Record:
    """Everything one cell does. Raises CellFailure, or EncoderError from the encoder, where it cannot be finished."""
    clock = Stopwatch()
    seed, dtype = config.seed, DTYPES[config.precision]

    sample = _some(data.train, CALIBRATION_IMAGES, seed)
    encoder = encoder.calibrate(normalised(sample.images), generator(seed, "calibration"))
    shape = _shape(encoder.frame(normalised(sample.images[:1])))
    network = Network(config.network, shape, data.classes, generator(seed, "initial-weights")).to(setting.device)
    clock.lap("setup")

    ann_epochs = pretrained(network, data, encoder, config, dtype, setting.ann_cache, setting.progress)
    clock.lap("ann")

    spiking = Spiking(network, encoder, config.neuron, config.timesteps, dtype=dtype, kernel=setting.kernel)
    balancing = _some(data.train, config.balancing.images, seed)

    def trains() -> Iterable[Tensor]:
        draws = generator(seed, "balancing")
        for images in torch.split(balancing.images, spiking.chunk()):
            yield spiking.encode(normalised(images), draws)

    thresholds = balance(network.cast(dtype), trains, config.balancing, config.neuron, setting.kernel)
    spiking = replace(spiking, thresholds=tuple(thresholds))
    clock.lap("balancing")

    balanced = evaluate(spiking, data.test, seed, setting.progress).counts
    clock.lap("balanced test")

    train = data.train if config.snn.images is None else _some(data.train, config.snn.images, seed)
    checkpoint = Checkpoint(setting.checkpoint, fingerprint.digest)
    epochs, final = fine_tune(spiking, train, data.test, config.snn, seed, checkpoint, setting.progress)
    clock.lap("fine-tuning")
    encoding = encoder.operations(_shape(sample.images), config.timesteps)
    return Record(
        config=config,
        fingerprint=fingerprint,
        status="done",
        environment=environment(setting.device, config.precision, setting.kernel),
        timings=clock.laps,
        encoder_state=dict(encoder.state()),
        encoder_operations=encoding,
        thresholds=thresholds,
        ann_epochs=ann_epochs,
        balanced=balanced,
        epochs=epochs,
        curve=final.counts,
        layers=final.layers,
        energy=estimate(final.layers, encoding),
    )


def _shape(images: Tensor) -> tuple[int, int, int]:
    _, channels, height, width = images.shape
    return channels, height, width


def _some(images: ImageSet, count: int, seed: int) -> ImageSet:
    return images if count >= len(images) else subset(images, count, seed)


class Stopwatch:
    """Seconds between laps, by name."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        """Note the time since the last lap under `name`."""
        now = time.perf_counter()
        self.laps[name] = round(now - self._last, 3)
        self._last = now
