"""Pre-training of the ANN (paper §2.2): SGD with momentum, a learning rate that falls every so many epochs."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from encoders.base import Encoder
from harness.config import CellConfig
from harness.data.types import DataSet, ImageSet
from harness.schema import Epoch
from harness.snn.network import Network
from harness.training.batches import normalised, on_device
from harness.training.checkpoint import Checkpoint
from harness.training.loop import Training, train
from harness.training.randomness import generator
from harness.training.watch import Watch


@dataclass(frozen=True)
class AnnRequest:
    """The ANN of a cell: `network` is to get its weights."""

    network: Network
    encoder: Encoder
    data: DataSet
    config: CellConfig
    dtype: torch.dtype

    def train(self, checkpoint: Checkpoint, watch: Watch) -> list[Epoch]:
        """Train the network, going on from `checkpoint`. Raises what `train` raises."""
        course = pretraining(self.network, self.encoder, self.data, self.config, self.dtype)
        return train(course, checkpoint, watch).epochs


def pretraining(network: Network, encoder: Encoder, data: DataSet, config: CellConfig, dtype: torch.dtype) -> Training:
    """The training of `network`, as an ANN, on the encoder's analog frames of the training images."""
    recipe, seed = config.ann, config.seed
    optimizer = torch.optim.SGD(
        network.parameters(), recipe.learning_rate, recipe.momentum, weight_decay=recipe.weight_decay
    )
    generators = {"order": generator(seed, "ann-order"), "dropout": generator(seed, "ann-dropout")}

    def loss(images: Tensor, labels: Tensor, _places: Tensor, _epoch: int) -> Tensor:
        gains = network.masks(len(images), recipe.dropout, recipe.classifier_dropout, generators["dropout"])
        logits = network.ann(encoder.frame(images).to(dtype), gains)
        return F.cross_entropy(logits, labels)

    return Training(
        name="ANN",
        network=network,
        images=data.train,
        recipe=recipe,
        optimizer=optimizer,
        schedule=torch.optim.lr_scheduler.StepLR(optimizer, recipe.decay_every, recipe.decay_factor),
        generators=generators,
        loss=loss,
        test=lambda mean: Epoch(mean, correct(network, data.test, encoder, dtype), len(data.test)),
        work=3.0 * sum(stage.macs for stage in network.stages),
    )


@torch.no_grad()
def correct(network: Network, images: ImageSet, encoder: Encoder, dtype: torch.dtype) -> int:
    """How many images the ANN classifies rightly."""
    device = network.weights[0].device
    hits = torch.zeros((), dtype=torch.int64)
    for batch, labels in zip(torch.split(images.images, 500), torch.split(images.labels, 500), strict=True):
        frame: Tensor = encoder.frame(on_device(normalised(batch), device)).to(dtype)
        hits += (network.ann(frame).argmax(1).cpu() == labels).sum()
    return int(hits)
