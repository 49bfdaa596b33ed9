"""How long cells take here: the stages of a few of them are measured, and all are added up.

An ANN that several cells share counts once, one in the cache not at all; equal cells count once; of a cell that an
earlier run has begun, what is left counts.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from encoders.errors import EncoderError
from harness.config import CellConfig, NetworkSpec, canonical_json
from harness.data.types import DataSet
from harness.errors import CellFailure
from harness.machine.process import SMALL_STEP, Threads, threads_for
from harness.plugins.guard import guarded
from harness.runs.begun import Begun, ann_checkpoint, checkpoint_of
from harness.runs.cost import Cost, Rates, images_of, steps_of, total
from harness.runs.plan import PlannedCell
from harness.runs.probe import measure
from harness.snn.network import Network, Shape, stages
from harness.training.ann import AnnRequest, ann_key
from harness.training.batches import generator, normalised
from harness.training.cell import DTYPES, Setting

Measure = Callable[[CellConfig], Rates]


@dataclass(frozen=True)
class Estimate:
    """Cells with what each costs."""

    cells: tuple[PlannedCell, ...] = ()

    @property
    def seconds(self) -> float:
        """Seconds of all cells one after another."""
        return total([cell.cost for cell in self.cells if cell.cost])

    @property
    def steps(self) -> int:
        """Optimiser steps of all cells."""
        return sum(cell.cost.steps for cell in self.cells if cell.cost and not cell.cost.twin)


def frame_shape(config: CellConfig, data: DataSet) -> Shape:
    """(C, H, W) of the maps that the network of `config` sees."""
    encoder = guarded(config.encoder)
    _, channels, height, width = encoder.frame(normalised(data.train.images[:1])).shape
    return channels, height, width


def threads_of(
    cells: Sequence[CellConfig], arms: Sequence[CellConfig], data: DataSet, device: torch.device, workers: int = 1
) -> Threads:
    """The threads of a run of `cells`, in each of `workers` processes.

    Chosen by the largest training step among `arms`, all those of the experiment, so that every cell of it has equal
    threads whichever are asked for.
    """
    if device.type != "cpu" or not cells:
        return Threads(torch.get_num_threads())
    shape = frame_shape(cells[0], data)
    return threads_for(max(_step(config, data, shape) for config in arms), workers)


def _macs(config: CellConfig, data: DataSet, shape: Shape) -> int:
    return sum(stage.macs for stage in stages(config.network, shape, data.classes))


def _step(config: CellConfig, data: DataSet, shape: Shape) -> float:
    """Multiply-accumulates of a training step, forward."""
    return config.timesteps * _macs(config, data, shape) * config.snn.batch_size


def estimate(
    cells: Sequence[PlannedCell], data: DataSet, setting: Setting, copied: frozenset[str] = frozenset()
) -> Estimate:
    """`cells` with their costs, measured in seconds with the threads that torch has now.

    A cell with a fault has none; one that is copied from a finished record, its digest among `copied`, costs nothing,
    and nothing is measured for it.
    Measured on the CPU where `setting` has a GPU of other machines.
    """
    if setting.device.type == "cuda" and not torch.cuda.is_available():
        setting = replace(setting, device=torch.device("cpu"), kernel="auto")
    sound = [cell for cell in cells if cell.fault is None]
    trained = [cell for cell in sound if cell.fingerprint.digest not in copied]
    measured = interpolated([cell.config for cell in trained], data, lambda config: _measured(config, data, setting))
    rates_of = dict(zip((cell.path for cell in trained), measured, strict=True))
    rates = [rates_of.get(cell.path, Rates()) for cell in sound]
    costs = dict(zip((cell.path for cell in sound), costs_of(sound, data, rates, setting, copied), strict=True))
    return Estimate(tuple(replace(cell, cost=costs.get(cell.path)) for cell in cells))


def _measured(config: CellConfig, data: DataSet, setting: Setting) -> Rates:
    """The measured rates; none where the cell would fail, which its record is to say."""
    try:
        return measure(config, data, setting)
    except (CellFailure, EncoderError, RuntimeError):
        return Rates()


def cost_of(config: CellConfig, data: DataSet, setting: Setting) -> Cost:
    """What one cell costs that trains its own ANN, all of it."""
    macs = _macs(config, data, frame_shape(config, data))
    rates, steps = _measured(config, data, setting), steps_of(config, data, ann=True)
    return Cost(images_of(config, data), rates, macs, config.timesteps, steps)


def costs_of(
    cells: Sequence[PlannedCell],
    data: DataSet,
    rates: Sequence[Rates],
    setting: Setting,
    copied: frozenset[str] = frozenset(),
) -> list[Cost]:
    """What each of `cells` still costs at its `rates`: of those that share an ANN, the first trains it."""
    shape_of = _shapes(data)
    anns = setting.ann_cache
    keys = _ann_keys(data, setting)
    known: set[str] = set()
    seen = set(copied)
    costs = []
    for cell, rate in zip(cells, rates, strict=True):
        config, mark = cell.config, cell.fingerprint.digest
        twin = mark in seen
        seen.add(mark)
        key = keys(config)
        trains = key not in known and not (anns.folder is not None and (anns.folder / f"{key}.pt").exists())
        if anns.folder is not None and not twin:
            known.add(key)
        begun = Begun() if twin else Begun(ann_checkpoint(key, setting), checkpoint_of(cell, setting))
        images, steps = begun.left(config, data, trains)
        macs = _macs(config, data, shape_of(config))
        costs.append(
            Cost(images, rate, macs, config.timesteps, steps, trains, twin, begun=images != images_of(config, data))
        )
    return costs


def interpolated(configs: Sequence[CellConfig], data: DataSet, measured: Measure) -> list[Rates]:
    """The rates of each of `configs`: measured at the fewest and the most timesteps among cells that are otherwise
    alike, and on the line between them for the others.
    """
    shape_of = _shapes(data)
    alike: Mapping[bytes, dict[int, CellConfig]] = defaultdict(dict)
    keys = [_likeness(config, shape_of(config), data) for config in configs]
    for key, config in zip(keys, configs, strict=True):
        alike[key].setdefault(config.timesteps, config)
    ends = {}
    for key, by_timesteps in alike.items():
        low, high = min(by_timesteps), max(by_timesteps)
        first = measured(by_timesteps[low])
        ends[key] = (low, first, high, first if high == low else measured(by_timesteps[high]))
    return [_on_line(config.timesteps, *ends[key]) for key, config in zip(keys, configs, strict=True)]


def _on_line(timesteps: int, low: int, first: Rates, high: int, last: Rates) -> Rates:
    return first if high == low else first.between(last, (timesteps - low) / (high - low))


def _likeness(config: CellConfig, shape: Shape, data: DataSet) -> bytes:
    """What decides how long an image takes, timesteps apart. The encoder does only where the network is small."""
    small = _step(config, data, shape) <= SMALL_STEP
    sizes: Sequence[Any] = [config.network.features, config.network.hidden, shape, config.precision]
    ways = [config.neuron, config.balancing.method, config.snn.augmentation, config.ann.augmentation]
    batches = [config.ann.batch_size, config.snn.batch_size, config.ann.dropout > 0, config.snn.dropout > 0]
    return canonical_json([*sizes, *ways, *batches, config.encoder.name if small else ""])


def _shapes(data: DataSet) -> Callable[[CellConfig], Shape]:
    """`frame_shape`, remembered for each encoder."""
    known: dict[bytes, Shape] = {}

    def shape_of(config: CellConfig) -> Shape:
        key = canonical_json(config.encoder)
        if key not in known:
            known[key] = frame_shape(config, data)
        return known[key]

    return shape_of


def _ann_keys(data: DataSet, setting: Setting) -> Callable[[CellConfig], str]:
    """The key of a cell's ANN in the cache, remembered for cells that differ in what no ANN depends on."""
    # Of the network, the key has only the device: weights of any shape do.
    bare = Network(NetworkSpec("any"), (1, 1, 1), 1, generator(0, "initial-weights")).to(setting.device)
    known: dict[bytes, str] = {}

    def key_of(config: CellConfig) -> str:
        facts = canonical_json([config.encoder, config.network, config.ann, config.seed, config.precision])
        if facts not in known:
            request = AnnRequest(bare, guarded(config.encoder), data, config, DTYPES[config.precision])
            known[facts] = ann_key(request, setting.ann_cache.code)
        return known[facts]

    return key_of
