"""Fine-tuning of the SNN by backpropagation through time (paper §1.2, §2.2; Algorithm 1): Adam, rate halved."""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from harness.config import SnnRecipe
from harness.data.types import ImageSet
from harness.schema import Counts, Epoch
from harness.snn.network import Spiking
from harness.training.batches import encoder_key, generator
from harness.training.evaluate import Evaluation
from harness.training.loop import Training, require_activity


def fine_tuning(
    spiking: Spiking,
    train: ImageSet,
    recipe: SnnRecipe,
    seed: int,
    test: Callable[[], Evaluation],
    read: Callable[[], Counts] | None = None,
) -> Training:
    """The training of the spiking network's weights; `test` tests it after an epoch, `read` on the way.

    The training raises CellFailure where a layer has fallen silent after an epoch.
    """
    network = spiking.network
    optimizer = torch.optim.Adam(
        network.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay, fused=True
    )
    generators = {
        "order": generator(seed, "snn-order"),
        "dropout": generator(seed, "snn-dropout"),
    }

    def loss(images: Tensor, labels: Tensor, places: Tensor, epoch: int) -> Tensor:
        gains = network.masks(len(images), recipe.dropout, recipe.dropout, generators["dropout"])
        spikes = spiking.encode(images, encoder_key(seed, "encoder-training", epoch), places)
        output = network.snn(spikes, spiking.neurons(gains))
        if recipe.loss_input == "mean":
            output = output / spiking.timesteps
        return F.cross_entropy(output, labels)

    def tested(mean: float) -> Epoch:
        evaluation = test()
        require_activity(evaluation.layers)
        return Epoch(mean, evaluation.counts.correct[-1], evaluation.counts.total)

    return Training(
        name="SNN",
        network=network,
        images=train,
        recipe=recipe,
        optimizer=optimizer,
        schedule=torch.optim.lr_scheduler.StepLR(optimizer, recipe.halve_every, 0.5),
        generators=generators,
        loss=loss,
        test=tested,
        work=3.0 * spiking.macs,
        readings=readings(recipe, len(train)),
        read=read or (lambda: test().counts),
    )


def readings(recipe: SnnRecipe, images: int) -> dict[int, str]:
    """After how many optimiser steps each fraction of `recipe.readings` of fine-tuning is over."""
    steps = recipe.epochs * math.ceil(images / recipe.batch_size)
    return {max(1, round(fraction * steps)): f"{fraction:g}" for fraction in recipe.readings}
