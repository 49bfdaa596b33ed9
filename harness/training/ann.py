"""Pre-training of the ANN (paper §2.2): SGD with momentum, learning rate divided by 10 every so many epochs."""

import torch
import torch.nn.functional as F
from torch import Tensor

from encoders.base import Encoder
from harness.config import AnnRecipe
from harness.data.types import DataSet, ImageSet
from harness.schema import Epoch
from harness.snn.network import Network
from harness.training.batches import epoch, normalised
from harness.training.divergence import require_finite
from harness.training.progress import Progress
from harness.training.randomness import generator


def pretrain(
    network: Network,
    data: DataSet,
    encoder: Encoder,
    recipe: AnnRecipe,
    seed: int,
    dtype: torch.dtype,
    progress: Progress,
) -> list[Epoch]:
    """Train `network` in place on the encoder's analog frames; one entry an epoch.

    Raises CellFailure on a loss that is not finite.
    """
    optimizer = torch.optim.SGD(
        network.parameters(), recipe.learning_rate, recipe.momentum, weight_decay=recipe.weight_decay
    )
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, recipe.decay_every, 0.1)
    order, dropout = generator(seed, "ann-order"), generator(seed, "ann-dropout")
    device = next(network.parameters()).device
    work = 3 * sum(stage.macs for stage in network.stages)
    epochs = []
    for number in range(recipe.epochs):
        name, losses = f"ANN epoch {number + 1}/{recipe.epochs}", []
        for images, labels in epoch(data.train, recipe.batch_size, recipe.augmentation, order):
            gains = network.masks(len(images), recipe.dropout, recipe.classifier_dropout, dropout)
            logits = network.ann(encoder.frame(images.to(device)).to(dtype), gains)
            loss = F.cross_entropy(logits, labels.to(device))
            require_finite(loss, network, name)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            losses.append(loss.detach())
            progress(name, work * len(images))
        schedule.step()
        mean = float(torch.stack(losses).mean())
        epochs.append(Epoch(mean, correct(network, data.test, encoder, dtype), len(data.test)))
    return epochs


@torch.no_grad()
def correct(network: Network, images: ImageSet, encoder: Encoder, dtype: torch.dtype) -> int:
    """How many images the ANN classifies rightly."""
    device = next(network.parameters()).device
    hits = torch.zeros((), dtype=torch.int64)
    for batch, labels in zip(torch.split(images.images, 500), torch.split(images.labels, 500), strict=True):
        frame: Tensor = encoder.frame(normalised(batch).to(device)).to(dtype)
        hits += (network.ann(frame).argmax(1).cpu() == labels).sum()
    return int(hits)
