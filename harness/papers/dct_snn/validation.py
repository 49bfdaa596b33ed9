"""The computations of the searches in `choices`: scores on held-out training images, and an order of frequencies.

No test image is used. This part needs torch, and reading a committed choice does not.
"""

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

import encoders
from encoders.dct import Dct
from harness.config import CellConfig
from harness.data import DataSet, ImageSet, load, subset
from harness.data.cache import root
from harness.machine.process import computing_with, keep_freed_memory
from harness.papers.dct_snn.choices import SEED
from harness.records.fingerprint import ann_code, fingerprint
from harness.snn.network import Network
from harness.snn.neuron import Kernel
from harness.training.ann import NO_CACHE, AnnCache, AnnRequest, pretrained
from harness.training.batches import generator, normalised
from harness.training.cell import DTYPES, Setting, run_cell
from harness.training.checkpoint import SILENT, Checkpoint


def validation_split(data: DataSet, images: int) -> DataSet:
    """The training images split in two, stratified: `images` of them take the place of the test set."""
    held_out = subset(data.train, images, SEED)
    taken = {image.numpy().tobytes() for image in held_out.images}
    keep = torch.tensor([image.numpy().tobytes() not in taken for image in data.train.images])
    kept = ImageSet(data.train.images[keep], data.train.labels[keep])
    return DataSet(data.name, data.classes, kept, held_out, f"{data.digest}/validation of {images}")


def score(
    config: CellConfig,
    stage: Literal["ann", "snn"],
    images: int,
    data_dir: Path | None,
    train_images: int | None = None,
    kernel: Kernel = "auto",
    threads: int | None = None,
) -> int:
    """The number of held-out training images, out of `images`, that a candidate's ANN or SNN classifies correctly.

    `train_images`: the number of others that it is trained on, None for all. `threads`: None for torch's default.
    Checkpoints are in the user cache folder: a candidate that was stopped goes on from there.
    """
    keep_freed_memory()
    data = validation_split(load(config.dataset, data_dir), images)
    if train_images is not None:
        part = subset(data.train, train_images, SEED)
        data = replace(data, train=part, digest=f"{data.digest}/{train_images}")
    with nullcontext() if threads is None else computing_with(threads):
        return ann_score(config, data, root()) if stage == "ann" else snn_score(config, data, root(), kernel)


def ann_score(config: CellConfig, data: DataSet, cache: Path | None = None) -> int:
    """Validation images that the pre-trained ANN classifies correctly after its last epoch.

    `cache`: the folder of ANNs and unfinished candidates; None keeps nothing.
    """
    encoder = encoders.create(config.encoder.name, **config.encoder.parameters)
    channels, height, width = encoder.frame(normalised(data.train.images[:1])).shape[1:]
    draws = generator(config.seed, "initial-weights")
    network = Network(config.network, (channels, height, width), data.classes, draws, config.ann.initialisation)
    request = AnnRequest(network, encoder, data, config, DTYPES[config.precision])
    return pretrained(request, _anns(cache), SILENT)[-1].correct


def snn_score(config: CellConfig, data: DataSet, cache: Path | None = None, kernel: Kernel = "auto") -> int:
    """Validation images that the fine-tuned SNN classifies correctly at its last timestep.

    `cache` as in `ann_score`, `kernel` as in `Setting`.
    """
    encoder = encoders.create(config.encoder.name, **config.encoder.parameters)
    owner = fingerprint(config, data.digest).digest
    checkpoint = Checkpoint(cache and cache / "candidates" / owner, owner)
    setting = Setting(torch.device("cpu"), kernel, _anns(cache), checkpoint=checkpoint)
    correct = run_cell(config, data, encoder, setting).result.curve.correct[-1]
    for part in ("training", "balanced"):
        checkpoint.part(part).remove()
    return correct


def _anns(cache: Path | None) -> AnnCache:
    return NO_CACHE if cache is None else AnnCache(cache / "anns", ann_code())


# ## An order of DCT frequencies


def learned_order(encoder: Dct, images: Tensor, timesteps: int) -> tuple[int, ...]:
    """The greedy order of zig-zag numbers for training images `[N, C, H, W]` in [-1, 1].

    After t steps, accumulated spikes × θ stand for the image up to a gain. The next frequency is the one that makes
    their correlation with the image, pixel by pixel over the images, largest.
    """
    encoder = encoder.calibrate(images)
    assert encoder.thresholds is not None, "a data-set threshold is fitted by calibrate"
    lower, upper = encoder.thresholds
    drive = encoder.contributions(images)  # [N, C, rows, columns, K, b·b]
    target = _centred(drive.sum(dim=-2))
    membrane, decoded = torch.zeros_like(target), torch.zeros_like(target)
    order: list[int] = []
    for _ in range(timesteps):
        # A spike has the size of the threshold that it takes off the membrane.
        driven = [membrane + g for g in drive.unbind(dim=-2)]
        next_decoded = [decoded + upper * (after > upper) + lower * (after < lower) for after in driven]
        best = max(range(len(next_decoded)), key=lambda k: (_correlation(target, next_decoded[k]), -k))
        membrane += drive[..., best, :] - (next_decoded[best] - decoded)
        decoded = next_decoded[best]
        order.append(best)
    return tuple(order)


def _centred(maps: Tensor) -> Tensor:
    return maps - maps.mean(dim=0)


def _correlation(target: Tensor, decoded: Tensor) -> float:
    centred = _centred(decoded)
    return float((target * centred).sum() / centred.norm().clamp(min=1e-12))
