"""A cell from left to right: data → encoder → ANN → thresholds → fine-tuning → accuracy at every timestep."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import torch
from torch import Tensor

from encoders.base import Encoder, Operations
from harness.config import CellConfig
from harness.data.subset import at_most
from harness.data.types import DataSet
from harness.schema import CellResult, Counts
from harness.snn.balancing import balance
from harness.snn.kernels import Kernel
from harness.snn.kernels.events import events_pay
from harness.snn.network import Network, Spiking
from harness.training.ann import NO_CACHE, AnnCache, AnnRequest, pretrained
from harness.training.batches import CALIBRATION_IMAGES, encoder_key, generator, normalised
from harness.training.checkpoint import NOWHERE, SILENT, Checkpoint, Watch
from harness.training.evaluate import TestResult, TimedNetwork, evaluate
from harness.training.loop import fine_tuning, train
from harness.training.trains import Encode, encoded_once

# The weights of pixels that are always black decay below fp32's normal range, where a product takes an Intel core a
# hundred times as long. Counted as 0 from here on, also by the threads that are started later: they inherit it.
torch.set_flush_denormal(True)
torch.backends.cudnn.deterministic = True  # decides numbers on cuda only
torch.backends.cudnn.allow_tf32 = False  # decides numbers on cuda only: fp32 is fp32

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}
SAMPLE_IMAGES = 2000  # training images on which the finished network is tested too, the same for every seed
SAMPLE_SEED = 0
BALANCING = 3  # forward passes that take about as long as balancing an image


@dataclass(frozen=True)
class Setting:
    """Where and how a cell runs; nothing here changes what it computes beyond rounding.

    ann_cache: of pre-trained ANNs, shared by all arms of a seed. checkpoint: of the unfinished cell.
    products: those that an earlier training chose, if its record is to come out again.
    """

    device: torch.device
    kernel: Kernel = "auto"
    ann_cache: AnnCache = NO_CACHE
    checkpoint: Checkpoint = NOWHERE
    watch: Watch = SILENT
    products: tuple[str, ...] = ()


@dataclass(frozen=True)
class Trained:
    """A finished cell: the numbers it gave, the network that gave them, and which test images it gets right.

    right: bool `[T, N]` in the data set's order. timings: seconds by stage.
    """

    result: CellResult
    spiking: TimedNetwork
    right: Tensor
    timings: dict[str, float] = field(default_factory=dict)


def run_cell(config: CellConfig, data: DataSet, encoder: Encoder, setting: Setting) -> Trained:
    """Everything one cell does.

    Raises CellFailure, or EncoderError from the encoder, where it cannot be finished; Stopped where the watch says so.
    """
    clock = Stopwatch()
    seed, dtype = config.seed, DTYPES[config.precision]

    sample = at_most(data.train, CALIBRATION_IMAGES, seed)
    encoder = encoder.calibrate(normalised(sample.images))
    shape = _shape(encoder.frame(normalised(sample.images[:1])))
    draws = generator(seed, "initial-weights")
    network = Network(config.network, shape, data.classes, draws, config.ann.initialisation).to(setting.device)
    clock.lap("setup")

    ann_epochs = pretrained(AnnRequest(network, encoder, data, config, dtype), setting.ann_cache, setting.watch)
    clock.lap("ann")

    spiking = Spiking(network, encoder, config.neuron, config.timesteps, dtype=dtype, kernel=setting.kernel)
    encode = encoded_once(spiking, len(data.test), one_key=True)
    spiking, balanced = _balanced(spiking, data, config, setting, encode)
    clock.lap("balancing")

    tests: list[TestResult] = []

    def test() -> TestResult:
        tests[:] = [evaluate(spiking, data.test, seed, setting.watch, setting.checkpoint.part("test"), encode)]
        return tests[0]

    tuned_on = at_most(data.train, config.snn.images, seed)
    read_on = at_most(data.test, config.snn.reading_images, seed)
    encode_read = encode if read_on is data.test else encoded_once(spiking, len(read_on), one_key=True)

    def read() -> Counts:
        checkpoint = setting.checkpoint.part("reading")
        return evaluate(spiking, read_on, seed, setting.watch, checkpoint, encode_read).counts

    training = fine_tuning(spiking, tuned_on, config.snn, seed, test, read)
    trained = train(training, setting.checkpoint.part("training"), setting.watch)
    clock.lap("fine-tuning")
    final = tests[0] if tests else test()  # the last epoch's, unless its run was another
    train_sample = at_most(data.train, SAMPLE_IMAGES, SAMPLE_SEED)
    on_training = evaluate(spiking, train_sample, seed, setting.watch, setting.checkpoint.part("sample"))
    clock.lap("test")
    operations = Operations.of(encoder.operations(_shape(sample.images), config.timesteps))
    result = CellResult(
        encoder_state=dict(encoder.state()),
        encoder_operations=float(operations),
        encoder_macs=operations.macs,
        thresholds=list(spiking.thresholds),
        ann_epochs=ann_epochs,
        balanced=balanced,
        epochs=trained.epochs,
        on_the_way=trained.readings,
        products=list(spiking.products),
        curve=final.counts,
        sample_curve=on_training.counts,
        layers=final.layers,
    )
    return Trained(result, spiking, final.right, clock.laps)


def _balanced(
    spiking: Spiking, data: DataSet, config: CellConfig, setting: Setting, encode: Encode
) -> tuple[Spiking, Counts]:
    """The network with its thresholds, and how well it does before fine-tuning: from the checkpoint, if it is there."""
    checkpoint = setting.checkpoint.part("balanced")
    saved: dict[str, Any] | None = checkpoint.load()
    if saved is None:
        activity: list[float] | None = [] if config.products == "by-activity" else None
        thresholds = _thresholds(spiking, data, config, setting, activity)
        products = setting.products or PRODUCTS[config.products](spiking, activity or [])
        balanced = replace(spiking, thresholds=tuple(thresholds), products=products)
        part = setting.checkpoint.part("test")
        counts = evaluate(balanced, data.test, config.seed, setting.watch, part, encode).counts
        saved = {"thresholds": thresholds, "products": list(products), "counts": msgspec.to_builtins(counts)}
        checkpoint.save(saved)
    balanced = replace(spiking, thresholds=tuple(saved["thresholds"]), products=tuple(saved["products"]))
    return balanced, msgspec.convert(saved["counts"], Counts)


def _dense(_spiking: Spiking, _activity: list[float]) -> tuple[str, ...]:
    """No product is chosen for single layers: the setting's kernel decides."""
    return ()


def _by_activity(spiking: Spiking, activity: list[float]) -> tuple[str, ...]:
    """The product of each hidden layer, given which fraction of its inputs is not zero."""
    on_cpu = spiking.device.type == "cpu"
    return tuple(
        "events" if on_cpu and events_pay(layer, fraction, spiking.dtype) else "dense"
        for layer, fraction in zip(spiking.network.layers, activity, strict=False)
    )


PRODUCTS = {"dense": _dense, "by-activity": _by_activity}  # chosen by products


def _thresholds(
    spiking: Spiking, data: DataSet, config: CellConfig, setting: Setting, activity: list[float] | None
) -> list[float]:
    images = at_most(data.train, config.balancing.images, config.seed).images

    def trains() -> Iterable[Tensor]:
        key = encoder_key(config.seed, "balancing")
        for places in torch.split(torch.arange(len(images)), spiking.chunk()):
            yield spiking.encode(normalised(images[places]), key, places)

    def seen_by_layer(images: int) -> None:
        layers = len(spiking.network.layers) - 1
        setting.watch.progress("balancing", BALANCING * spiking.macs * images / layers)
        setting.watch.pause("balancing")

    network = spiking.network.cast(spiking.dtype)
    return balance(network, trains, config.balancing, config.neuron, setting.kernel, activity, seen_by_layer)


def _shape(images: Tensor) -> tuple[int, int, int]:
    _, channels, height, width = images.shape
    return channels, height, width


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
