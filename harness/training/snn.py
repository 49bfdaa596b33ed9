"""Fine-tuning of the SNN by backpropagation through time (paper §1.2, §2.2; Algorithm 1): Adam, rate halved."""

import torch
import torch.nn.functional as F
from torch import Generator

from harness.config import SnnRecipe
from harness.data.types import ImageSet
from harness.schema import Epoch
from harness.snn.spiking import Spiking
from harness.training.batches import epoch
from harness.training.checkpoint import Checkpoint
from harness.training.divergence import require_activity, require_finite
from harness.training.evaluate import Evaluation, evaluate
from harness.training.progress import Progress
from harness.training.randomness import generator


def fine_tune(
    spiking: Spiking,
    train: ImageSet,
    test: ImageSet,
    recipe: SnnRecipe,
    seed: int,
    checkpoint: Checkpoint,
    progress: Progress,
) -> tuple[list[Epoch], Evaluation]:
    """Train the weights in place; return one entry an epoch, and the evaluation after the last one.

    Goes on from `checkpoint` where it holds earlier epochs, and leaves one after each.
    Raises CellFailure when the loss is not finite or a layer falls silent.
    """
    network = spiking.network
    optimizer = torch.optim.Adam(
        network.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay, fused=True
    )
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, recipe.halve_every, 0.5)
    generators = {
        "order": generator(seed, "snn-order"),
        "dropout": generator(seed, "snn-dropout"),
        "encoder": generator(seed, "encoder-training"),
    }
    evaluation = None
    epochs = checkpoint.restore(network, optimizer, schedule, generators)
    while len(epochs) < recipe.epochs:
        name = f"SNN epoch {len(epochs) + 1}/{recipe.epochs}"
        loss = _one_epoch(name, spiking, train, recipe, optimizer, generators, progress)
        schedule.step()
        evaluation = evaluate(spiking, test, seed, progress)
        require_activity(evaluation.layers)
        epochs.append(Epoch(loss, evaluation.counts.correct[-1], evaluation.counts.total))
        checkpoint.save(network, optimizer, schedule, generators, epochs)
    return epochs, evaluation or evaluate(spiking, test, seed, progress)


def _one_epoch(
    name: str,
    spiking: Spiking,
    train: ImageSet,
    recipe: SnnRecipe,
    optimizer: torch.optim.Optimizer,
    generators: dict[str, Generator],
    progress: Progress,
) -> float:
    network, losses = spiking.network, []
    for images, labels in epoch(train, recipe.batch_size, recipe.augmentation, generators["order"]):
        gains = network.masks(len(images), recipe.dropout, recipe.dropout, generators["dropout"])
        spikes = spiking.encode(images, generators["encoder"])
        output = network.snn(spikes, spiking.neurons(gains))
        if recipe.loss_input == "mean":
            output = output / spiking.timesteps
        loss = F.cross_entropy(output, labels.to(output.device))
        require_finite(loss, network, name)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(loss.detach())
        progress(name, 3 * spiking.macs * len(images))
    return float(torch.stack(losses).mean())
