"""A short measurement of a cell's own stages: the code of a cell runs on its data until each stage is timed."""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace

import torch
from torch import Tensor

from harness.config import CellConfig
from harness.data.subset import subset
from harness.data.types import DataSet, ImageSet
from harness.errors import CellFailure, Stopped
from harness.plugins.guard import guarded
from harness.runs.cost import Rates, Stages
from harness.schema import Epoch
from harness.snn.balancing import balance
from harness.snn.network import Network, Spiking
from harness.training.ann import correct, pretraining
from harness.training.batches import encoder_key, generator, normalised
from harness.training.cell import CALIBRATION_IMAGES, DTYPES, SAMPLE_IMAGES, Setting
from harness.training.checkpoint import NOWHERE, Watch
from harness.training.evaluate import Evaluation, evaluate
from harness.training.loop import Training, train
from harness.training.snn import fine_tuning

TIMED_SECONDS = 0.2  # so long is a stage timed, after a first step that warms up; at least one step is
MOST_STEPS = 50
CALIBRATED_ON = 256  # images; the time is scaled to those of a cell
ANN_TESTED = 100
BALANCED = (1, 4)  # chunks of two passes: their difference leaves out what a pass costs however few images it has
SUBSETS = 3  # that a cell chooses: for calibration, balancing and its last test
PERCENTILE = 95.0  # at most: above it, deep layers with random weights may stay silent
SOME_THRESHOLD = 0.1
ENDLESS = 1_000_000  # epochs: the measurement is stopped, it does not end


def measure(config: CellConfig, data: DataSet, setting: Setting) -> Rates:
    """Seconds of the stages of a cell, measured in a few seconds with the threads that torch has now.

    Raises CellFailure or EncoderError where the cell would fail, too.
    """
    seed, dtype = config.seed, DTYPES[config.precision]
    sample = data.train.images[: min(CALIBRATED_ON, len(data.train))]
    encoder = guarded(config.encoder).calibrate(normalised(sample))
    calibration = _seconds(lambda: encoder.calibrate(normalised(sample)))
    calibration *= min(CALIBRATION_IMAGES, len(data.train)) / len(sample)
    _, channels, height, width = encoder.frame(normalised(sample[:1])).shape
    network = Network(config.network, (channels, height, width), data.classes, generator(seed, "initial-weights"))
    network = network.to(setting.device)

    # Fine-tuning and tests come before the ANN's steps: these move the weights farther from where they start.
    spiking = Spiking(network, encoder, config.neuron, config.timesteps, dtype=dtype, kernel=setting.kernel)
    balancing, thresholds = _balancing(spiking, data, config)
    spiking = replace(spiking, thresholds=thresholds or (SOME_THRESHOLD,) * (len(network.stages) - 1))
    test = _timed(lambda watch: evaluate(spiking, data.test, seed, watch)) * spiking.macs
    tuning = _training(fine_tuning(spiking, data.train, config.snn, seed, _untested))
    ann = _training(pretraining(network, encoder, data, config, dtype))
    few = ImageSet(data.test.images[:ANN_TESTED], data.test.labels[:ANN_TESTED])
    ann_test = _seconds(lambda: correct(network, few, encoder, dtype)) / len(few)
    # Where random weights leave a layer silent, balancing takes about as long as a test.
    return Rates(Stages(ann, ann_test, balancing or test, tuning, test), calibration + _choosing(data))


def _untested() -> Evaluation:
    raise AssertionError("the measurement has no test")


def _training(training: Training) -> float:
    """Seconds an image of the steps of a training."""
    recipe = replace(training.recipe, epochs=ENDLESS)
    whole = replace(training, recipe=recipe, test=lambda mean: Epoch(mean, 0, 1), readings={}, read=None)
    return _timed(lambda watch: train(whole, NOWHERE, watch)) * training.work


def _timed(run: Callable[[Watch], object]) -> float:
    """Seconds a multiply-accumulate of what `run` reports to its watch, without its first report.

    A run with a single report is run again, and timed as a whole.
    """
    laps = _Laps()
    with suppress(Stopped, CellFailure):  # a training that diverges after its second step has been timed
        run(laps.watch)
    if laps.rate is not None:
        return laps.rate
    again = _Laps()
    with suppress(Stopped):
        run(again.watch)
    return again.since_start


class _Laps:
    """The times of reports."""

    def __init__(self) -> None:
        self.start = time.perf_counter()
        self.laps: list[tuple[float, float]] = []
        self.watch = Watch(self.note, self.enough)

    def note(self, _stage: str, work: float) -> None:
        """See `Watch.progress`."""
        self.laps.append((time.perf_counter(), work))

    def enough(self) -> bool:
        """Whether the stage has been timed."""
        if len(self.laps) < 2:
            return False
        return self.laps[-1][0] - self.laps[0][0] > TIMED_SECONDS or len(self.laps) > MOST_STEPS

    @property
    def rate(self) -> float | None:
        """Seconds of a unit of work after the first report; None where there is no second one."""
        work = sum(work for _, work in self.laps[1:])
        return (self.laps[-1][0] - self.laps[0][0]) / work if work else None

    @property
    def since_start(self) -> float:
        """Seconds of a unit of work since the start."""
        return (self.laps[-1][0] - self.start) / sum(work for _, work in self.laps)


def _balancing(spiking: Spiking, data: DataSet, config: CellConfig) -> tuple[float, tuple[float, ...]]:
    """Seconds an image of threshold balancing, and thresholds; 0 and none where random weights leave a layer silent."""
    network = spiking.network.cast(spiking.dtype)
    low = replace(config.balancing, percentile=min(config.balancing.percentile, PERCENTILE))
    images = data.train.images[: min(config.balancing.images, len(data.train))]
    chunks = torch.split(torch.arange(len(images)), spiking.chunk())

    def passing(count: int) -> list[float]:
        def trains() -> Iterable[Tensor]:
            key = encoder_key(config.seed, "balancing")
            for places in chunks[:count]:
                yield spiking.encode(normalised(images[places]), key, places)

        return balance(network, trains, low, config.neuron, spiking.kernel)

    try:
        thresholds = tuple(passing(1))  # warms up
    except CellFailure:
        return 0.0, ()
    short = _seconds(lambda: passing(BALANCED[0]))
    if len(chunks) == 1:
        return short / len(images), thresholds
    count = min(BALANCED[1], len(chunks))
    long = _seconds(lambda: passing(count))
    more = sum(map(len, chunks[1:count]))
    return max(long - short, long / 4) / more, thresholds


def _choosing(data: DataSet) -> float:
    """Seconds in which a cell chooses its subsets of the training images."""
    if len(data.train) <= SAMPLE_IMAGES:
        return 0.0
    return SUBSETS * _seconds(lambda: subset(data.train, SAMPLE_IMAGES))


def _seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start
