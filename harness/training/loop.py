"""The loop that trains a network, ANN or SNN: epochs of batches, a test after each epoch, and checkpoints.

At the end: the fine-tuning of the SNN by backpropagation through time (paper §1.2, §2.2; Algorithm 1), by Adam with a
rate that is halved. `training/ann.py` has the training of the ANN.
"""

import inspect
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import msgspec
import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from harness.config import AnnRecipe, SnnRecipe
from harness.data.types import ImageSet
from harness.errors import CellFailure, Stopped
from harness.schema import Counts, Epoch, LayerActivity
from harness.snn.layered import Layered
from harness.snn.network import Network, Spiking
from harness.training.batches import batch, encoder_key, on_device
from harness.training.batches import generator as generator_of
from harness.training.checkpoint import Checkpoint, Watch
from harness.training.evaluate import TestResult
from harness.training.trains import encoded_once

SAVE_EVERY_SECONDS = 300.0  # a run that is killed loses at most so much work
LOOK_EVERY = 100  # steps between two checks of a GPU's losses: each check waits for all the work queued there


@dataclass(frozen=True)
class Training:
    """One training of `network`.

    generators: one for every random choice; "order" decides the order of the images.
    loss: of a batch of images in [-1, 1] and labels, both on the network's device, given also the images' places in
        `images` and the epoch, counted from 0.
    test: makes the entry of an epoch, given its mean loss.
    work: multiply–accumulates per image.
    by_step: whether the schedule advances after each step; otherwise after each epoch.
    readings: names of intermediate tests, by the number of steps after which `read` takes them.
    """

    name: str
    network: Network | Layered
    images: ImageSet
    recipe: AnnRecipe | SnnRecipe
    optimizer: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler
    generators: Mapping[str, Generator]
    loss: Callable[[Tensor, Tensor, Tensor, int], Tensor]
    test: Callable[[float], Epoch]
    work: float
    by_step: bool = False
    readings: Mapping[int, str] = field(default_factory=dict)
    read: Callable[[], Counts] | None = None


@dataclass
class Position:
    """The progress of a training: finished epochs, readings, steps so far, and the current epoch's order and losses.

    order: the images' places in the order of this epoch, None between epochs. done: how many of them were seen.
    """

    epochs: list[Epoch] = field(default_factory=list)
    readings: dict[str, Counts] = field(default_factory=dict)
    steps: int = 0
    order: Tensor | None = None
    done: int = 0
    losses: list[Tensor] = field(default_factory=list)


def train(training: Training, checkpoint: Checkpoint, watch: Watch) -> Position:
    """Train the network in place, going on from `checkpoint`, and return the finished position.

    Raises CellFailure on a loss that is not finite, on a GPU at most `LOOK_EVERY` steps later; Stopped where `watch`
    says so, with the checkpoint saved.
    """
    at = _restored(training, checkpoint)
    saved = time.monotonic()
    while len(at.epochs) < training.recipe.epochs:
        stage = f"{training.name} epoch {len(at.epochs) + 1}/{training.recipe.epochs}"
        if at.order is None:
            at.order, at.done, at.losses = _new_order(training), 0, []
        while at.done < len(at.order):
            chosen = at.order[at.done : at.done + training.recipe.batch_size]
            _step(training, at, chosen, stage)
            watch.progress(stage, training.work * len(chosen))
            # Asked after a step, so that however short the time, a run gets further than the one before.
            stop = watch.stop()
            if stop or time.monotonic() - saved > SAVE_EVERY_SECONDS:
                require_all_finite(at.losses, stage)
                _save(training, at, checkpoint)
                saved = time.monotonic()
            if stop:
                raise Stopped(stage)
        require_all_finite(at.losses, stage)
        _end_epoch(training, at, checkpoint)
        saved = time.monotonic()
    return at


def _new_order(training: Training) -> Tensor:
    return torch.randperm(len(training.images), generator=training.generators["order"])


def _step(training: Training, at: Position, chosen: Tensor, stage: str) -> None:
    recipe, device = training.recipe, training.network.weights[0].device
    images, labels = batch(training.images, chosen, recipe.augmentation, training.generators["order"])
    loss = training.loss(on_device(images, device), on_device(labels, device), chosen, len(at.epochs))
    if device.type == "cpu":
        require_finite(loss, training.network, stage)
    elif at.steps % LOOK_EVERY == 0:
        require_all_finite([*at.losses, loss], stage)
    training.optimizer.zero_grad()
    loss.backward()
    training.optimizer.step()
    at.losses.append(loss.detach())
    at.done += len(chosen)
    at.steps += 1
    if training.by_step or (at.order is not None and at.done == len(at.order)):
        training.schedule.step()
    if at.steps in training.readings and training.read is not None:
        at.readings[training.readings[at.steps]] = training.read()


def _end_epoch(training: Training, at: Position, checkpoint: Checkpoint) -> None:
    """Test the network. If the test is stopped, the checkpoint has this epoch as trained but not tested."""
    try:
        entry = training.test(float(torch.stack(at.losses).mean()))
    except Stopped:
        _save(training, at, checkpoint)
        raise
    at.epochs.append(entry)
    at.order, at.losses = None, []
    _save(training, at, checkpoint)


def _save(training: Training, at: Position, checkpoint: Checkpoint) -> None:
    checkpoint.save(
        {
            "network": training.network.state_dict(),
            "optimizer": training.optimizer.state_dict(),
            "schedule": training.schedule.state_dict(),
            "generators": {name: generator.get_state() for name, generator in training.generators.items()},
            "epochs": msgspec.to_builtins(at.epochs),
            "readings": msgspec.to_builtins(at.readings),
            "steps": at.steps,
            "order": at.order,
            "done": at.done,
            "losses": torch.stack(at.losses) if at.losses else None,
        }
    )


def _restored(training: Training, checkpoint: Checkpoint) -> Position:
    saved: dict[str, Any] | None = checkpoint.load()
    if saved is None:
        return Position()
    training.network.load_state_dict(saved["network"])
    training.optimizer.load_state_dict(saved["optimizer"])
    training.schedule.load_state_dict(saved["schedule"])
    for name, generator in training.generators.items():
        generator.set_state(saved["generators"][name])
    return Position(
        epochs=msgspec.convert(saved["epochs"], list[Epoch]),
        readings=msgspec.convert(saved["readings"], dict[str, Counts]),
        steps=saved["steps"],
        order=saved["order"],
        done=saved["done"],
        losses=[] if saved["losses"] is None else list(saved["losses"].unbind()),
    )


def require_finite(loss: Tensor, network: Network | Layered, epoch: str) -> None:
    """Raise CellFailure, before its gradient spoils every weight, for a loss that is NaN or infinite."""
    if not loss.isfinite():
        raise CellFailure(f"{epoch} diverged: loss {loss.item()}, first in {network.unsound()}")


def require_all_finite(losses: Sequence[Tensor], epoch: str) -> None:
    """Raise CellFailure if one of the losses of an epoch's steps, given in order, is NaN or infinite.

    The step may be long past. By then all weights are NaN, so the layer in which it began is unknown.
    """
    values = torch.stack(list(losses))
    wrong = values.isfinite().logical_not()
    if wrong.any():
        step = int(wrong.nonzero()[0])
        raise CellFailure(f"{epoch} diverged: loss {values[step].item()} in its step {step + 1}")


@cache
def uncompiled(kind: type[torch.optim.Optimizer]) -> Any:
    """The optimizer `kind` without what torch wraps around its methods, which does nothing unless torch.compile runs.

    At its first use that imports all of torch.compile, for longer than a small training takes.
    """
    names = ("add_param_group", "load_state_dict", "state_dict", "zero_grad")
    methods = {name: inspect.unwrap(getattr(kind, name)) for name in names}
    return type(kind.__name__, (kind,), {**methods, "step": torch.no_grad()(inspect.unwrap(kind.step))})


def require_activity(layers: list[LayerActivity]) -> None:
    """Raise CellFailure naming the first hidden layer that never fired."""
    for layer in layers:
        if layer.spikes == 0:
            raise CellFailure(f"{layer.name} fires no spike on the whole test set")


def fine_tuning(
    spiking: Spiking,
    train: ImageSet,
    recipe: SnnRecipe,
    seed: int,
    test: Callable[[], TestResult],
    read: Callable[[], Counts] | None = None,
) -> Training:
    """The training of the spiking network's weights; `test` tests it after an epoch, `read` on the way.

    The training raises CellFailure where a layer has fallen silent after an epoch.
    """
    network = spiking.network
    adam = uncompiled(torch.optim.Adam)
    optimizer = adam(network.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay, fused=True)
    generators = {
        "order": generator_of(seed, "snn-order"),
        "dropout": generator_of(seed, "snn-dropout"),
    }
    augmented = recipe.augmentation.pad or recipe.augmentation.flip
    encode = spiking.encode if augmented else encoded_once(spiking, len(train))

    def loss(images: Tensor, labels: Tensor, places: Tensor, epoch: int) -> Tensor:
        gains = network.masks(len(images), recipe.dropout, recipe.dropout, generators["dropout"])
        spikes = encode(images, encoder_key(seed, "encoder-training", epoch), places)
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
