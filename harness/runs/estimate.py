"""How much work cells are and how long it will take here: multiply-accumulates, and a short measurement."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F

import encoders
from harness.config import CellConfig
from harness.data.types import DataSet
from harness.machine.threads import Threads, threads_for
from harness.snn.network import Network, Shape, stages
from harness.training.batches import normalised
from harness.training.cell import DTYPES
from harness.training.randomness import generator


@dataclass(frozen=True)
class Work:
    """Multiply-accumulates and optimiser steps."""

    macs: float = 0.0
    steps: int = 0

    def __add__(self, other: "Work") -> "Work":
        return Work(self.macs + other.macs, self.steps + other.steps)


@dataclass(frozen=True)
class Speed:
    """What a multiply-accumulate and an optimiser step cost on a device, in seconds."""

    per_mac: float
    per_step: float

    def seconds(self, work: Work) -> float:
        """How long `work` takes."""
        return work.macs * self.per_mac + work.steps * self.per_step


def frame_shape(config: CellConfig, data: DataSet) -> Shape:
    """(C, H, W) of the maps that the network of `config` sees."""
    encoder = encoders.create(config.encoder.name, **config.encoder.parameters)
    _, channels, height, width = encoder.frame(normalised(data.train.images[:1])).shape
    return channels, height, width


def total_work(cells: Sequence[CellConfig], data: DataSet, shape: Shape) -> Work:
    """The work of `cells`, with one ANN for all arms of a seed."""
    anns = {config.seed: _ann_work(config, data, shape) for config in cells}
    return sum([*anns.values(), *(_snn_work(config, data, shape) for config in cells)], Work())


def _ann_work(config: CellConfig, data: DataSet, shape: Shape) -> Work:
    epochs, images = config.ann.epochs, len(data.train)
    return Work(3.0 * _macs(config, data, shape) * images * epochs, epochs * math.ceil(images / config.ann.batch_size))


def _snn_work(config: CellConfig, data: DataSet, shape: Shape) -> Work:
    epochs, images = config.snn.epochs, min(config.snn.images or len(data.train), len(data.train))
    macs = config.timesteps * _macs(config, data, shape)
    evaluations = epochs + 1
    return Work(
        macs * (3.0 * images * epochs + len(data.test) * evaluations),
        epochs * math.ceil(images / config.snn.batch_size),
    )


def _macs(config: CellConfig, data: DataSet, shape: Shape) -> int:
    return sum(stage.macs for stage in stages(config.network, shape, data.classes))


def estimate(configs: Sequence[CellConfig], data: DataSet, device: torch.device) -> tuple[Work, float]:
    """The work of cells and the seconds that it takes with the threads that torch has now.

    Measured on the CPU where `device` is a GPU of other machines.
    """
    if not configs:
        return Work(), 0.0
    shape = frame_shape(configs[0], data)
    work = total_work(configs, data, shape)
    if device.type == "cuda" and not torch.cuda.is_available():
        device = torch.device("cpu")
    return work, measure(configs[0], data, shape, device).seconds(work)


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
    steps = (config.timesteps * _macs(config, data, shape) * config.snn.batch_size for config in arms)
    return threads_for(max(steps), workers)


def measure(config: CellConfig, data: DataSet, shape: Shape, device: torch.device) -> Speed:
    """Time a forward and backward pass of the cell's layers on `device`: of one image, and of a batch."""
    network = Network(config.network, shape, data.classes, generator(0, "initial-weights")).to(device)
    macs = 3 * sum(stage.macs for stage in network.stages)
    batch = max(2, min(2048, round(1e9 / macs)))
    dtype = DTYPES[config.precision]
    single, whole = (_pass(network, images, shape, device, dtype) for images in (1, batch))
    return Speed(max(whole - single, whole / 10) / (macs * (batch - 1)), single)


def _pass(network: Network, images: int, shape: Shape, device: torch.device, dtype: torch.dtype) -> float:
    frames = torch.zeros(images, *shape, device=device, dtype=dtype)
    labels = torch.zeros(images, dtype=torch.int64, device=device)
    fastest = math.inf
    for _ in range(3):  # the first pass warms up
        start = time.perf_counter()
        loss = F.cross_entropy(network.ann(frames), labels)
        loss.backward()
        float(loss.detach())  # waits for a GPU
        fastest = min(fastest, time.perf_counter() - start)
    return fastest
