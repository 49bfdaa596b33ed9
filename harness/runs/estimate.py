"""How long cells take: the multiply–accumulates of each stage, times the seconds of one.

The rate comes from some training steps of the network, timed here. An estimate is right to about a quarter.
"""

import hashlib
import math
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from encoders.errors import EncoderError
from harness.config import CellConfig, NetworkSpec, canonical_json
from harness.data.types import DataSet
from harness.errors import CellFailure, Stopped
from harness.machine.environment import environment
from harness.machine.process import SMALL_STEP, Threads, threads_for
from harness.plugins.guard import guarded
from harness.records.store import checkpoints_beside
from harness.schema import Epoch
from harness.snn.balancing import balance
from harness.snn.kernels import kernel_for
from harness.snn.layered import layers_of
from harness.snn.network import Network, Shape, Spiking, stages
from harness.training.ann import NO_CACHE, AnnRequest, ann_key, pretraining
from harness.training.batches import encoder_key, generator, normalised
from harness.training.cell import DTYPES, SAMPLE_IMAGES, Setting
from harness.training.checkpoint import NOWHERE, Checkpoint, Watch
from harness.training.evaluate import Evaluation
from harness.training.loop import Training, fine_tuning, readings, train
from harness.training.method import method_of

if TYPE_CHECKING:
    from harness.runs.plan import PlannedCell

TIMED_SECONDS = 0.3  # so long are steps timed, after a first one that warms up; at least one is
MOST_STEPS = 50
PERCENTILE = 95.0  # at most: above it, deep layers with random weights may stay silent
SOME_THRESHOLD = 0.1
ENDLESS = 1_000_000  # epochs: the timing is stopped, it does not end
Lap = tuple[float, float]  # when work was reported, and how many multiply–accumulates
BALANCING = 3  # passes forward through the network that balancing an image takes about as long as


class Images(NamedTuple):
    """How many images go through each stage of a cell. ann_test: through the ANN; test: through the SNN."""

    ann: float = 0
    ann_test: float = 0
    balancing: float = 0
    tuning: float = 0
    test: float = 0


class Rates(NamedTuple):
    """Seconds of one multiply–accumulate of the ANN, and of the SNN."""

    ann: float
    snn: float


@dataclass(frozen=True)
class Cost:
    """What a cell has still to do, and the `seconds` that this is expected to take.

    work: the multiply–accumulates that it will report as progress. steps: of the optimiser. begun: an earlier run has
    done a part, which is in none of these numbers.
    """

    seconds: float = 0.0
    work: float = 0.0
    steps: int = 0
    begun: bool = False

    def of(self, work: float) -> float:
        """The part of `seconds` that `work` reported multiply–accumulates stand for."""
        return self.seconds * work / self.work if self.work else 0.0


def circumstances(config: CellConfig, setting: Setting) -> dict[str, str]:
    """The environment in which a cell of `config` runs."""
    return environment(setting.device, config.precision, kernel_for(setting.device, setting.kernel))


def checkpoint_of(path: Path, owner: str, config: CellConfig, setting: Setting) -> Checkpoint:
    """The files of the unfinished cell whose record will be at `path`; `owner`: the digest of its fingerprint.

    Their name holds the environment, since a record states a single one.
    """
    around = hashlib.sha256(canonical_json(circumstances(config, setting))).hexdigest()[:8]
    return Checkpoint(path.with_name(f".{path.stem}.{around}.checkpoint"), owner)


def ann_checkpoint(entry: Path) -> Checkpoint:
    """The file of an ANN in training that the cache will have at `entry`."""
    return Checkpoint(entry, entry.stem).part("checkpoint")


def ann_entries(data: DataSet, setting: Setting) -> Callable[[CellConfig], Path | None]:
    """Where the ANN of a cell is or will be in the cache; None without a cache."""
    folder = setting.ann_cache.folder
    # Of the network, the key has only the device: weights of any shape do. Where that device is one of other machines,
    # the key is not that of their cache, and serves to tell which cells share an ANN.
    bare = Network(NetworkSpec("any"), (1, 1, 1), 1, generator(0, "initial-weights")).to(_here(setting).device)
    known: dict[bytes, str] = {}

    def entry_of(config: CellConfig) -> Path | None:
        if folder is None or config.method:
            return None
        facts = canonical_json([config.encoder, config.network, config.ann, config.seed, config.precision])
        if facts not in known:
            request = AnnRequest(bare, guarded(config.encoder), data, config, DTYPES[config.precision])
            known[facts] = ann_key(request, setting.ann_cache.code)
        return folder / f"{known[facts]}.pt"

    return entry_of


def _here(setting: Setting) -> Setting:
    """The setting, on the CPU where it has a GPU of other machines."""
    if setting.device.type == "cuda" and not torch.cuda.is_available():
        return replace(setting, device=torch.device("cpu"), kernel="auto")
    return setting


def images_of(config: CellConfig, data: DataSet, ann: bool = True) -> Images:
    """The images of a whole cell, which trains its ANN or finds it in the cache."""
    train_count, test, tuned, epochs = len(data.train), len(data.test), _tuned(config, data), config.snn.epochs
    read = len(readings(config.snn, tuned)) * _read(config, data) if epochs else 0
    return Images(
        ann=ann * train_count * config.ann.epochs,
        ann_test=ann * test * config.ann.epochs,
        balancing=min(config.balancing.images, train_count),
        tuning=tuned * epochs,
        test=test * (1 + max(1, epochs)) + read + min(SAMPLE_IMAGES, train_count),
    )


def estimate(cells: Sequence["PlannedCell"], data: DataSet, setting: Setting) -> list["PlannedCell"]:
    """`cells` with their costs, with the threads that torch has now.

    Of cells that share an ANN the first trains it. A cell with a fault costs nothing.
    Timed on the CPU where `setting` has a GPU of other machines.
    """
    setting = _here(setting)
    trained = [cell for cell in cells if cell.fault is None and not cell.config.method]
    shape_of = _shapes(data)
    rates = _rates([cell.config for cell in trained], data, setting)
    anns: set[Path | None] = {None}
    known: dict[bytes, float] = {}
    costs = {
        cell.path: _cost_of_method(cell.config, data, setting, known, bool(checkpoints_beside(cell.path)))
        for cell in cells
        if cell.fault is None and cell.config.method
    }
    for cell, rate in zip(trained, rates, strict=True):
        ann = cell.ann is None or not (cell.ann in anns or cell.ann.exists())
        anns.add(cell.ann)
        left, done, begun = _left(cell, data, setting, ann)
        macs = _macs(cell.config, data, shape_of(cell.config))
        costs[cell.path] = _cost(left, macs, cell.config, rate, _steps(cell.config, data, ann) - done, begun)
    return [replace(cell, cost=costs.get(cell.path, Cost())) for cell in cells]


def cost_of(config: CellConfig, data: DataSet, setting: Setting) -> Cost:
    """What one cell costs that trains its own ANN, all of it."""
    if config.method:
        return _cost_of_method(config, data, setting, {})
    macs = _macs(config, data, _shapes(data)(config))
    return _cost(images_of(config, data), macs, config, timed(config, data, setting), _steps(config, data, True), False)


def _cost_of_method(
    config: CellConfig, data: DataSet, setting: Setting, known: dict[bytes, float], begun: bool = False
) -> Cost:
    """What a cell of another method costs, all of it: the work that it will report, at the rate of its first steps.

    known: rates of cells that were timed, by all but their names and seeds.
    """
    assert config.method
    method = method_of(config.method)
    recipes = [recipe for recipe in (config.ann, config.snn) if recipe]
    key = canonical_json([config.method, config.network, *recipes, config.encoder, config.precision, config.timesteps])
    if key not in known:
        laps: list[Lap] = []
        with suppress(Stopped, CellFailure, EncoderError, RuntimeError):  # as its record is to say
            alone = replace(setting, checkpoint=NOWHERE, ann_cache=NO_CACHE, watch=_timing(laps))
            method.run(config, data, guarded(config.encoder), alone)
        known[key] = _rate(laps)
    work = method.work(config, data, _macs(config, data, _shapes(data)(config)))
    steps = sum(recipe.epochs * math.ceil(len(data.train) / recipe.batch_size) for recipe in recipes)
    return Cost(known[key] * work, work, steps, begun)


def _cost(images: Images, macs: int, config: CellConfig, rates: Rates, steps: int, begun: bool) -> Cost:
    # Tests of the ANN and balancing report no progress of their own.
    reported_ann, reported_snn = 3 * images.ann, (3 * images.tuning + images.test) * config.timesteps
    seconds = rates.ann * (reported_ann + images.ann_test)
    seconds += rates.snn * (reported_snn + BALANCING * images.balancing * config.timesteps)
    return Cost(seconds * macs, (reported_ann + reported_snn) * macs, steps, begun)


def _left(cell: "PlannedCell", data: DataSet, setting: Setting, ann: bool) -> tuple[Images, int, bool]:
    """The images that have still to go through each stage, the optimiser steps done, and whether the cell was begun.

    A test that was stopped counts as not begun.
    """
    config, whole = cell.config, images_of(cell.config, data, ann)
    own = checkpoint_of(cell.path, cell.fingerprint.digest, config, setting)
    balanced = own.part("balanced").load() is not None
    pretraining_to = ann_checkpoint(cell.ann) if ann and cell.ann else NOWHERE
    ann_images, ann_tests, _, ann_steps = _position(pretraining_to, len(data.train))
    tuned, tests, read, steps = _position(own.part("training"), _tuned(config, data))
    test = len(data.test)
    tested = (balanced + tests) * test + read * _read(config, data)
    done = Images(ann_images, ann_tests * test, balanced * whole.balancing, tuned, tested)
    left = Images(*(most - less for most, less in zip(whole, done, strict=True)))
    return left, ann_steps + steps, any(done)


def _position(checkpoint: Checkpoint, images: int) -> tuple[int, int, int, int]:
    """Images, tests, readings and steps that a training with so many images per epoch has done (`loop.Position`)."""
    saved = checkpoint.load()
    if saved is None:
        return 0, 0, 0, 0
    epochs = len(saved["epochs"])
    running = saved["done"] if saved["order"] is not None else 0
    return epochs * images + running, epochs, len(saved["readings"]), saved["steps"]


def threads_of(
    cells: Sequence[CellConfig], arms: Sequence[CellConfig], data: DataSet, device: torch.device, workers: int = 1
) -> Threads:
    """The threads of a run of `cells`, in each of `workers` processes.

    Chosen by the largest training step among `arms`, all those of the experiment, so that every cell of it has equal
    threads whichever are asked for.
    """
    if device.type != "cpu" or not cells:
        return Threads(torch.get_num_threads())
    shape = _shapes(data)(cells[0])
    return threads_for(max(_step(config, data, shape) for config in arms), workers)


def _rates(configs: Sequence[CellConfig], data: DataSet, setting: Setting) -> list[Rates]:
    """The rates of each of `configs`. Of cells that differ only in seed and timesteps, the shortest and longest are
    timed: the time of an image is a line over the timesteps, that of a multiply–accumulate one over their inverse.
    """
    shape_of = _shapes(data)
    alike: dict[bytes, dict[int, CellConfig]] = {}
    keys = [_likeness(config, shape_of(config), data) for config in configs]
    for key, config in zip(keys, configs, strict=True):
        alike.setdefault(key, {}).setdefault(config.timesteps, config)
    ends = {
        key: [(1 / t, timed(by_timesteps[t], data, setting)) for t in sorted({max(by_timesteps), min(by_timesteps)})]
        for key, by_timesteps in alike.items()
    }
    found = []
    for key, config in zip(keys, configs, strict=True):
        inverse, rates = zip(*reversed(ends[key]), strict=True)
        snn = np.interp(1 / config.timesteps, inverse, [rate.snn for rate in rates])
        found.append(Rates(rates[0].ann, float(snn)))
    return found


def timed(config: CellConfig, data: DataSet, setting: Setting) -> Rates:
    """The rates by some training steps of ANN and SNN here; zero where the cell would fail, as its record is to say."""
    seed, dtype = config.seed, DTYPES[config.precision]
    sample = data.train.images[:256]
    try:
        encoder = guarded(config.encoder).calibrate(normalised(sample))
        _, channels, height, width = encoder.frame(normalised(sample[:1])).shape
        network = Network(config.network, (channels, height, width), data.classes, generator(seed, "initial-weights"))
        network = network.to(setting.device)
        spiking = Spiking(network, encoder, config.neuron, config.timesteps, dtype=dtype, kernel=setting.kernel)
        spiking = replace(spiking, thresholds=_thresholds(spiking, data, config))
        # Before the ANN's steps: these move the weights farther from where they start.
        snn = _seconds_of_one(fine_tuning(spiking, data.train, config.snn, seed, _untested))
        return Rates(_seconds_of_one(pretraining(network, encoder, data, config, dtype)), snn)
    except (CellFailure, EncoderError, RuntimeError):
        return Rates(0.0, 0.0)


def _thresholds(spiking: Spiking, data: DataSet, config: CellConfig) -> tuple[float, ...]:
    """Balanced on a few images; any number where random weights leave a layer silent."""
    low = replace(config.balancing, percentile=min(config.balancing.percentile, PERCENTILE))
    places = torch.arange(min(spiking.chunk(), len(data.train)))
    train = spiking.encode(normalised(data.train.images[places]), encoder_key(config.seed, "balancing"), places)
    try:
        network = spiking.network.cast(spiking.dtype)
        return tuple(balance(network, lambda: [train], low, config.neuron, spiking.kernel))
    except CellFailure:
        return (SOME_THRESHOLD,) * (len(spiking.network.stages) - 1)


def _untested() -> Evaluation:
    raise AssertionError("a timed training has no test")


def _seconds_of_one(training: Training) -> float:
    """The seconds of a multiply–accumulate of a training, without its first step; zero where it diverges at once."""
    laps: list[Lap] = []
    recipe = replace(training.recipe, epochs=ENDLESS)
    # By epoch, since a schedule by steps ends after those of the recipe.
    endless = replace(
        training, recipe=recipe, test=lambda mean: Epoch(mean, 0, 1), readings={}, read=None, by_step=False
    )
    with suppress(Stopped, CellFailure):
        train(endless, NOWHERE, _timing(laps))
    return _rate(laps)


def _timing(laps: list[Lap]) -> Watch:
    """Notes when how much work was reported in `laps`, and stops when that is enough for `_rate`."""

    def note(_stage: str, work: float) -> None:
        laps.append((time.perf_counter(), work))

    def enough() -> bool:
        return len(laps) > 1 and (laps[-1][0] - laps[0][0] > TIMED_SECONDS or len(laps) > MOST_STEPS)

    return Watch(note, enough)


def _rate(laps: Sequence[Lap]) -> float:
    """Seconds of a multiply–accumulate, without the first step; zero where there is no second one."""
    work = sum(work for _, work in laps[1:])
    return (laps[-1][0] - laps[0][0]) / work if work else 0.0


def _likeness(config: CellConfig, shape: Shape, data: DataSet) -> bytes:
    """What decides how long an image takes, timesteps apart. The encoder does only where the network is small."""
    small = _step(config, data, shape) <= SMALL_STEP
    sizes = [config.network.features, config.network.hidden, shape, config.precision, config.products]
    ways = [config.neuron, config.balancing.method, config.snn.augmentation, config.ann.augmentation]
    batches = [config.ann.batch_size, config.snn.batch_size, config.ann.dropout > 0, config.snn.dropout > 0]
    return canonical_json([*sizes, *ways, *batches, config.encoder.name if small else ""])


def _shapes(data: DataSet) -> Callable[[CellConfig], Shape]:
    """The (C, H, W) of the maps that the network of a configuration sees, remembered for each encoder."""
    known: dict[bytes, Shape] = {}

    def shape_of(config: CellConfig) -> Shape:
        key = canonical_json(config.encoder)
        if key not in known:
            _, *shape = guarded(config.encoder).frame(normalised(data.train.images[:1])).shape
            known[key] = (shape[0], shape[1], shape[2])
        return known[key]

    return shape_of


def _macs(config: CellConfig, data: DataSet, shape: Shape) -> int:
    layers = layers_of if config.method else stages
    return sum(layer.macs for layer in layers(config.network, shape, data.classes))


def _step(config: CellConfig, data: DataSet, shape: Shape) -> float:
    """Multiply-accumulates of a training step, forward."""
    macs = _macs(config, data, shape)
    return config.timesteps * macs * config.snn.batch_size if config.snn else macs * config.ann.batch_size


def _tuned(config: CellConfig, data: DataSet) -> int:
    """How many training images an epoch of fine-tuning has."""
    return min(config.snn.images or len(data.train), len(data.train))


def _read(config: CellConfig, data: DataSet) -> int:
    """How many test images a reading on the way has."""
    return min(config.snn.reading_images or len(data.test), len(data.test))


def _steps(config: CellConfig, data: DataSet, ann: bool) -> int:
    """Optimiser steps of a cell, those of its ANN included if it trains it."""
    tuning = config.snn.epochs * math.ceil(_tuned(config, data) / config.snn.batch_size)
    return tuning + ann * config.ann.epochs * math.ceil(len(data.train) / config.ann.batch_size)
