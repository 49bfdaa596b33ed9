"""An epoch of MNIST from end to end: batches, shifts, encoding, training steps, and a test at last.

Ours is the code of a cell with the DCT encoder. Each peer runs a plain loop with its own rate encoder and its own
layers, on the same batches.
"""

import importlib
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from harness.bench.evaluation import spiking_network
from harness.bench.implementations import Implementation
from harness.bench.networks import MNIST, NETWORKS
from harness.bench.plan import EpochSize, Point
from harness.bench.report import Row
from harness.bench.timing import timed
from harness.bench.workload import CLASSES, workload
from harness.config import Augmentation, SnnRecipe
from harness.data import load
from harness.data.types import ImageSet
from harness.errors import HarnessError
from harness.snn.network import Network
from harness.training.batches import batch, normalised
from harness.training.checkpoint import NOWHERE, SILENT
from harness.training.evaluate import evaluate
from harness.training.loop import train
from harness.training.snn import fine_tuning

SHIFT = Augmentation(pad=1)
RATE = 1e-3
SECONDS = 1.0  # of timed epochs, at least
TESTED = 500  # images of a peer's test at once
Epoch = Callable[[ImageSet, ImageSet], object]


def epoch_rows(size: EpochSize, implementations: Sequence[Implementation], say: Callable[[str], None]) -> list[Row]:
    """A row for each implementation but the bare layers; milliseconds a training image, its share of the test included.

    Each has an epoch of two batches first, which is not timed, then epochs until a second has passed; the fastest of
    them counts.
    """
    tuned, tested = images(size)
    first = ImageSet(tuned.images[: 2 * size.batch], tuned.labels[: 2 * size.batch])
    rows = []
    for implementation in implementations:
        if implementation.kind == "matmuls":
            continue
        say(f"epoch of MNIST: {implementation.name}")
        epoch = _ours(implementation, size) if implementation.kind == "ours" else _peer(implementation, size)
        epoch(first, first)
        times = [timed(partial(epoch, tuned, tested))]
        while sum(times) < SECONDS:
            times.append(timed(partial(epoch, tuned, tested)))
        rows.append(
            Row(
                implementation.name,
                implementation.kind,
                implementation.precision,
                MNIST.name,
                size.batch,
                size.timesteps,
                ms_per_image=round(1000 * min(times) / size.train, 4),
                steps=-(-size.train // size.batch),
                what="epoch",
            )
        )
    return rows


def images(size: EpochSize) -> tuple[ImageSet, ImageSet]:
    """Training and test images: MNIST where it is on this machine, else noise, which takes as long."""
    try:
        data = load("mnist", train_images=size.train, test_images=size.test, download=False)
    except HarnessError:
        draws = Generator().manual_seed(0)
        return _noise(size.train, draws), _noise(size.test, draws)
    return data.train, data.test


def _noise(count: int, draws: Generator) -> ImageSet:
    shape = NETWORKS[MNIST.name][1]
    pixels = torch.randint(0, 256, (count, *shape), generator=draws, dtype=torch.uint8)
    return ImageSet(pixels, torch.randint(0, CLASSES, (count,), generator=draws))


def _ours(implementation: Implementation, size: EpochSize) -> Epoch:
    dtype = torch.bfloat16 if implementation.precision == "bf16" else torch.float32
    balanced = spiking_network(MNIST.name, size.timesteps, dtype)
    network = Network(MNIST, NETWORKS[MNIST.name][1], CLASSES, Generator().manual_seed(0))
    spiking = replace(balanced, network=network)
    recipe = SnnRecipe(1, size.batch, RATE, dropout=0.0, augmentation=SHIFT)

    def epoch(tuned: ImageSet, tested: ImageSet) -> object:
        course = fine_tuning(spiking, tuned, recipe, 0, lambda: evaluate(spiking, tested, 0, SILENT))
        return train(course, NOWHERE, SILENT)

    return epoch


def _peer(implementation: Implementation, size: EpochSize) -> Epoch:
    model = implementation.model(workload(Point(MNIST.name, size.batch, size.timesteps)))
    optimizer = torch.optim.Adam(model.parameters, RATE, fused=True)
    encode = encoder(implementation)
    draws = Generator().manual_seed(0)

    def output(pixels: Tensor) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=implementation.precision == "bf16"):
            return model.forward(encode((pixels + 1) / 2, size.timesteps)).float()

    def epoch(tuned: ImageSet, tested: ImageSet) -> int:
        for chosen in torch.split(torch.randperm(len(tuned), generator=draws), size.batch):
            pixels, labels = batch(tuned, chosen, SHIFT, draws)
            loss = F.cross_entropy(output(pixels), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            parts = zip(torch.split(tested.images, TESTED), torch.split(tested.labels, TESTED), strict=True)
            return sum(int((output(normalised(part)).argmax(1) == labels).sum()) for part, labels in parts)

    return epoch


def encoder(implementation: Implementation) -> Callable[[Tensor, int], Tensor]:
    """A peer's own rate encoder: images `[N, C, H, W]` in [0, 1] and T → spikes `[T, N, C, H, W]`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        encode: Callable[[Tensor, int], Tensor] = importlib.import_module(implementation.module).encode
    return encode
