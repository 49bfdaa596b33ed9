"""A whole cell of a VGG5 on CIFAR-10, as the lite profile sizes it, without the training of its ANN."""

import torch

from harness.bench.implementations import OURS
from harness.bench.networks import VGG5_LITE
from harness.bench.report import Row
from harness.config import AnnRecipe, Augmentation, Balancing, CellConfig, EncoderSpec, NeuronSpec, SnnRecipe
from harness.data import load
from harness.data.types import DataSet
from harness.errors import HarnessError
from harness.plugins.guard import guarded
from harness.training.cell import Setting, run_cell

FLIP = Augmentation(flip=True)
CONFIG = CellConfig(
    experiment="bench",
    profile="lite",
    arm="cyclic-16x3",
    seed=0,
    dataset="cifar10",
    encoder=EncoderSpec("dct", {"stride": 4, "colour": "ycbcr"}),
    timesteps=48,
    network=VGG5_LITE,
    neuron=NeuronSpec(),
    balancing=Balancing(images=512),
    ann=AnnRecipe(1, 64, 0.02, decay_every=1, dropout=0.1, classifier_dropout=0.2, augmentation=FLIP),
    snn=SnnRecipe(1, 16, 3e-5, dropout=0.1, loss_input="mean", images=6000, augmentation=FLIP),
    train_images=None,
    test_images=2000,
    precision="bf16",
)


def cell_rows(config: CellConfig = CONFIG) -> list[Row]:
    """The row of the cell: milliseconds an image of fine-tuning, everything else included. None without the data.

    The ANN is trained for one epoch and not counted: the arms of a seed share it.
    """
    try:
        data = load(config.dataset, train_images=config.train_images, test_images=config.test_images, download=False)
    except HarnessError as error:
        return [_row(config, status=f"no data: {error}")]
    return [_row(config, seconds=seconds_of(config, data))]


def seconds_of(config: CellConfig, data: DataSet) -> float:
    """Seconds of all stages of a cell but its ANN."""
    timings = run_cell(config, data, guarded(config.encoder), Setting(torch.device("cpu"))).timings
    return sum(seconds for stage, seconds in timings.items() if stage != "ann")


def _row(config: CellConfig, seconds: float | None = None, status: str = "measured") -> Row:
    images = config.snn.images or 1
    return Row(
        OURS,
        "ours",
        "bf16",
        config.network.name,
        config.snn.batch_size,
        config.timesteps,
        ms_per_image=None if seconds is None else round(1000 * seconds / images, 4),
        steps=-(-images // config.snn.batch_size),
        status=status,
        what="cell",
    )
