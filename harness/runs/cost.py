"""What a cell costs: images that go through each stage, times the seconds of an image there. Arithmetic only."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields

from harness.config import CellConfig
from harness.data.types import DataSet
from harness.training.cell import SAMPLE_IMAGES
from harness.training.snn import readings


@dataclass(frozen=True)
class Stages:
    """One number for each stage of a cell: images, or seconds an image.

    ann: training of the ANN; ann_test: its test after each epoch. balancing: all layers. tuning: fine-tuning, encoding
    and augmentation included. test: evaluation of the SNN, before, during and after fine-tuning.
    """

    ann: float = 0.0
    ann_test: float = 0.0
    balancing: float = 0.0
    tuning: float = 0.0
    test: float = 0.0

    def between(self, other: "Stages", part: float) -> "Stages":
        """Numbers on the line from these (`part` 0) to those of `other` (`part` 1)."""
        return Stages(*(low + (high - low) * part for low, high in self._pairs(other)))

    def less(self, done: "Stages") -> "Stages":
        """What is left of these where so much is done."""
        return Stages(*(whole - part for whole, part in self._pairs(done)))

    def _pairs(self, other: "Stages") -> Iterator[tuple[float, float]]:
        return ((getattr(self, f.name), getattr(other, f.name)) for f in fields(self))


@dataclass(frozen=True)
class Rates:
    """Seconds an image of each stage, and the seconds of `setup`, which each cell has once."""

    each: Stages = Stages()
    setup: float = 0.0

    def between(self, other: "Rates", part: float) -> "Rates":
        """Rates on the line from these (`part` 0) to `other` (`part` 1)."""
        return Rates(self.each.between(other.each, part), self.setup + (other.setup - self.setup) * part)


@dataclass(frozen=True)
class Cost:
    """What a cell is expected to take: `images` of each stage at `rates`, and so many optimiser `steps`.

    macs: multiply-accumulates of one image in the ANN, by which `Watch.progress` counts. ann: whether the cell trains
    its ANN, or finds it in the cache. twin: an equal cell is trained before it, so this one takes no time.
    begun: an earlier run has done a part, which is in none of these numbers.
    """

    images: Stages
    rates: Rates
    macs: float
    timesteps: int
    steps: int
    ann: bool = True
    twin: bool = False
    begun: bool = False

    @property
    def ann_seconds(self) -> float:
        """Seconds of the ANN's training and tests."""
        return self.images.ann * self.rates.each.ann + self.images.ann_test * self.rates.each.ann_test

    @property
    def seconds(self) -> float:
        """Seconds of the whole cell."""
        if self.twin:
            return 0.0
        each, images = self.rates.each, self.images
        own = images.balancing * each.balancing + images.tuning * each.tuning + images.test * each.test
        return self.rates.setup + own + (self.ann_seconds if self.ann else 0.0)

    def of(self, stage: str, work: float) -> float:
        """The seconds expected of `work` multiply-accumulates in a stage named as `Watch.progress` names it."""
        kind = stage.split(" ")[0]
        if kind == "ANN":  # its tests are not reported: they count with its steps
            return work / (3 * self.macs * self.images.ann) * self.ann_seconds if self.images.ann else 0.0
        passes, rate = (3, self.rates.each.tuning) if kind == "SNN" else (1, self.rates.each.test)
        return work / (passes * self.macs * self.timesteps) * rate


def images_of(config: CellConfig, data: DataSet) -> Stages:
    """How many images go through each stage of a cell."""
    train, test, tuned = len(data.train), len(data.test), tuned_images(config, data)
    epochs = config.snn.epochs
    tests = 1 + max(1, epochs + (len(readings(config.snn, tuned)) if epochs else 0))
    return Stages(
        ann=train * config.ann.epochs,
        ann_test=test * config.ann.epochs,
        balancing=min(config.balancing.images, train),
        tuning=tuned * epochs,
        test=test * tests + min(SAMPLE_IMAGES, train),
    )


def steps_of(config: CellConfig, data: DataSet, ann: bool) -> int:
    """Optimiser steps of a cell, those of its ANN included if it trains it."""
    tuning = config.snn.epochs * math.ceil(tuned_images(config, data) / config.snn.batch_size)
    return tuning + (config.ann.epochs * math.ceil(len(data.train) / config.ann.batch_size) if ann else 0)


def tuned_images(config: CellConfig, data: DataSet) -> int:
    """How many training images an epoch of fine-tuning has."""
    return min(config.snn.images or len(data.train), len(data.train))


class Meter:
    """Turns the progress of a cell into seconds of its cost, and adds up what it has passed on.

    Setup and balancing report no progress of their own: they count with the first one that comes after them.
    """

    def __init__(self, cost: Cost | None, advance: Callable[[str, float], None]) -> None:
        self.cost, self.advance = cost, advance
        self.reported = 0.0
        self.begun = self.balanced = False

    def progress(self, stage: str, work: float) -> None:
        """See `Watch.progress`."""
        seconds = 0.0
        if self.cost is not None:
            seconds = self.cost.of(stage, work) + (0.0 if self.begun else self.cost.rates.setup)
            if stage == "test" and not self.balanced:
                seconds += self.cost.images.balancing * self.cost.rates.each.balancing
                self.balanced = True
            self.begun = True
        self.reported += seconds
        self.advance(stage, seconds)


def total(costs: Sequence[Cost]) -> float:
    """Seconds of cells that are computed one after another."""
    return sum(cost.seconds for cost in costs)
