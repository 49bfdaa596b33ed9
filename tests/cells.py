"""A cell so small that a test can run it: that of `tests.robust.tiny`, and one of the method `conversion`."""

from dataclasses import replace
from functools import cache

import torch

import encoders
from harness.config import ABSENT, AnnRecipe, Augmentation, CellConfig, EncoderSpec, MethodSpec, NetworkSpec
from harness.data import load
from harness.data.types import DataSet
from harness.machine.environment import environment
from harness.records.fingerprint import fingerprint
from harness.runs.run import record_of
from harness.schema import Record
from harness.training.cell import Setting, run_cell
from tests.robust import tiny

CPU = torch.device("cpu")


def computed_alike(record: Record) -> bool:
    """Whether this machine computes a cell of fp32 as the one of `record` did: bit for bit."""
    here = environment(CPU, "fp32", "numba")
    return all(record.environment[name] == here[name] for name in ("device", "torch", "numba", "machine"))


@cache
def tiny_data() -> DataSet:
    return load("digits", train_images=200, test_images=100)


def tiny_config(**changes: object) -> CellConfig:
    config = tiny.EXPERIMENT.resolve(tiny.EXPERIMENT.arms[0], tiny.PROFILE, 0)
    return replace(config, **changes)  # type: ignore[arg-type]


def run_tiny(config: CellConfig | None = None, data: DataSet | None = None, **setting: object) -> Record:
    config = config or tiny_config()
    data = data or tiny_data()
    encoder = encoders.create(config.encoder.name, **config.encoder.parameters)
    mark = fingerprint(config, data.digest)
    place = Setting(CPU, **setting)  # type: ignore[arg-type]
    return record_of(config, mark, place, run_cell(config, data, encoder, place), ())


def converted_config(**changes: object) -> CellConfig:
    """A cell of the method `conversion`: a residual block with batch norm, three epochs, eight timesteps."""
    ann = AnnRecipe(3, 32, 0.1, 1, dropout=0.0, classifier_dropout=0.0, schedule="cosine", initialisation="he")
    config = replace(
        tiny_config(),
        encoder=EncoderSpec("direct"),
        network=NetworkSpec("tiny-residual", (4, "R8/2", "R8", "G"), norm="batch", bias=True),
        method=MethodSpec("conversion"),
        ann=replace(ann, augmentation=Augmentation(pad=1, cutout=3)),
        snn=ABSENT,
        balancing=ABSENT,
        neuron=ABSENT,
        timesteps=8,
    )
    return replace(config, **changes)  # type: ignore[arg-type]
