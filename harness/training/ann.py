"""Pre-training of the ANN (paper §2.2), and the cache that shares it: SGD with momentum and a schedule.

All arms of a seed share one ANN, since it depends on their frames and not on their schedule. Whoever comes first trains
it, holding a lock; the others wait. An ANN that was stopped half-way goes on from its checkpoint, whichever arm comes
next.
"""

import hashlib
import math
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR, LRScheduler, OneCycleLR, StepLR

from encoders.base import Encoder
from harness.config import AnnRecipe, CellConfig, canonical_json
from harness.data.types import DataSet, ImageSet
from harness.machine.environment import environment
from harness.machine.files import hold
from harness.schema import Epoch
from harness.snn.network import Network
from harness.training.batches import generator, normalised, on_device
from harness.training.checkpoint import NOWHERE, Checkpoint, Watch
from harness.training.loop import Training, train, uncompiled

TEST_BATCH = 500


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
    recipe, seed, device = config.ann, config.seed, network.weights[0].device
    optimizer = uncompiled(torch.optim.SGD)(
        network.parameters(),
        recipe.learning_rate,
        recipe.momentum,
        weight_decay=recipe.weight_decay,
        nesterov=recipe.nesterov,
        fused=True,  # the same numbers bit for bit, in a third of the time
    )
    steps = recipe.epochs * math.ceil(len(data.train) / recipe.batch_size)
    generators = {"order": generator(seed, "ann-order"), "dropout": generator(seed, "ann-dropout")}

    def answer(images: Tensor, gains: Sequence[Tensor | None] | None = None) -> Tensor:
        return network.ann(encoder.frame(images).to(dtype), gains)

    def loss(images: Tensor, labels: Tensor, _places: Tensor, _epoch: int) -> Tensor:
        gains = network.masks(len(images), recipe.dropout, recipe.classifier_dropout, generators["dropout"])
        return F.cross_entropy(answer(images, gains), labels)

    def test(mean_loss: float) -> Epoch:
        return Epoch(mean_loss, correct(data.test, device, answer), len(data.test))

    return Training(
        name="ANN",
        network=network,
        images=data.train,
        recipe=recipe,
        optimizer=optimizer,
        schedule=SCHEDULES[recipe.schedule](optimizer, recipe, steps),
        by_step=recipe.schedule != "steps",
        generators=generators,
        loss=loss,
        test=test,
        work=3.0 * sum(layer.macs for layer in network.layers),
    )


def _steps(optimizer: Optimizer, recipe: AnnRecipe, _steps: int) -> LRScheduler:
    return StepLR(optimizer, recipe.decay_every, recipe.decay_factor)


def _cosine(optimizer: Optimizer, recipe: AnnRecipe, steps: int) -> LRScheduler:
    rise = recipe.warm_up * steps

    def factor(step: int) -> float:
        return step / rise if step < rise else (1 + math.cos(math.pi * (step - rise) / (steps - rise))) / 2

    return LambdaLR(optimizer, factor)


def _one_cycle(optimizer: Optimizer, recipe: AnnRecipe, steps: int) -> LRScheduler:
    return OneCycleLR(
        optimizer, recipe.learning_rate, total_steps=steps, pct_start=recipe.warm_up, cycle_momentum=False
    )


SCHEDULES = {"steps": _steps, "cosine": _cosine, "one-cycle": _one_cycle}  # chosen by ann.schedule


@torch.no_grad()
def correct(images: ImageSet, device: torch.device, answer: Callable[[Tensor], Tensor]) -> int:
    """How many images an ANN classifies rightly, given the logits that it has for images `[N, C, H, W]` in [-1, 1]."""
    hits = torch.zeros((), dtype=torch.int64)
    for batch, labels in zip(images.images.split(TEST_BATCH), images.labels.split(TEST_BATCH), strict=True):
        hits += (answer(on_device(normalised(batch), device)).argmax(1).cpu() == labels).sum()
    return int(hits)


SAMPLE = 8  # images whose frames stand for how an encoder lays images out
POLL_SECONDS = 1.0


@dataclass(frozen=True)
class AnnCache:
    """A folder of ANNs; None keeps nothing.

    code: a digest of the code that trains them. trouble: told when an ANN cannot be kept; the work goes on.
    """

    folder: Path | None = None
    code: str = ""
    trouble: Callable[[OSError], None] = lambda _error: None


NO_CACHE = AnnCache()


@dataclass(frozen=True)
class _InCache(Checkpoint):
    """A file in the cache. If it cannot be written or deleted, the work goes on and only time is lost."""

    trouble: Callable[[OSError], None] = lambda _error: None

    def save(self, values: dict[str, Any]) -> None:
        """Replace the file, or say that it cannot be kept."""
        try:
            super().save(values)
        except OSError as error:
            self.trouble(error)

    def remove(self) -> None:
        """Delete the file, or say that it cannot be deleted."""
        try:
            super().remove()
        except OSError as error:
            self.trouble(error)


def pretrained(request: AnnRequest, cache: AnnCache, watch: Watch) -> list[Epoch]:  # decides no number
    """Give the network the weights of its ANN, from the cache if it is there, else by training it.

    Raises CellFailure where training diverges, Stopped where `watch` says so.
    """
    if cache.folder is None:
        return request.train(NOWHERE, watch)
    device = request.network.weights[0].device
    key = ann_key(request.config, request.data, request.encoder, device, cache.code)
    entry = _InCache(cache.folder / f"{key}.pt", key, cache.trouble)
    while True:
        if (epochs := _read(request.network, entry)) is not None:
            return epochs
        with ExitStack() as held:
            try:
                owner = held.enter_context(hold(cache.folder / f"{key}.lock"))
            except OSError as error:
                cache.trouble(error)
                return request.train(NOWHERE, watch)
            if owner is None:
                # Looked at again: another run may have finished it meanwhile.
                epochs = _read(request.network, entry)
                return _trained_and_kept(request, entry, watch) if epochs is None else epochs
        watch.pause("ANN")
        time.sleep(POLL_SECONDS)


def _read(network: Network, entry: Checkpoint) -> list[Epoch] | None:
    """Give `network` the weights of an entry of the cache; its epochs, or None where it is not there."""
    saved = entry.load()
    if saved is None:
        return None
    try:
        epochs = msgspec.convert(saved["epochs"], list[Epoch])
        network.load_state_dict(saved["network"])
    except (KeyError, TypeError, ValueError, RuntimeError):  # a file in another format: the ANN is trained again
        return None
    return epochs


def _trained_and_kept(request: AnnRequest, entry: _InCache, watch: Watch) -> list[Epoch]:
    unfinished = entry.part("checkpoint")
    epochs = request.train(unfinished, watch)
    entry.save({"network": request.network.state_dict(), "epochs": msgspec.to_builtins(epochs)})
    unfinished.remove()
    return epochs


def ann_key(config: CellConfig, data: DataSet, encoder: Encoder, device: torch.device, code: str) -> str:
    """SHA-256 over what the ANN depends on: data, frames, network, recipe, seed, code and this environment."""
    frames = encoder.frame(normalised(data.train.images[:SAMPLE])).contiguous().numpy()
    facts = {
        "data": data.digest,
        "frames": hashlib.sha256(frames.tobytes()).hexdigest(),
        "network": config.network,
        "recipe": config.ann,
        "seed": config.seed,
        # Another processor, or another of its instructions, rounds otherwise.
        "environment": environment(device, config.precision, ""),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "code": code,
    }
    return hashlib.sha256(canonical_json(facts)).hexdigest()
