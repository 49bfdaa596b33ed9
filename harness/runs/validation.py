"""What the searches of `tuning` compute: scores on held-out training images. No test image is looked at."""

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Literal

import torch

from harness.config import CellConfig, canonical_json
from harness.data import DataSet, ImageSet, cache, load, subset
from harness.errors import CellFailure
from harness.machine.files import content_digest
from harness.machine.process import computing_with, keep_freed_memory
from harness.plugins.guard import faults_named, guarded
from harness.records.fingerprint import ann_code, device_kind, fingerprint
from harness.runs.plan import circumstances, shape_of
from harness.runs.tuning import SEED
from harness.snn.network import Network
from harness.snn.neuron import Kernel
from harness.training.ann import AnnCache, AnnRequest, pretrained
from harness.training.batches import generator
from harness.training.cell import DTYPES, Setting, run_cell
from harness.training.checkpoint import SILENT, Checkpoint

LOST = "diverged", "fires no spike"  # failures of training that a learning rate may cause


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
    device: str = "cpu",
    kernel: Kernel = "auto",
    threads: int | None = None,
) -> int:
    """How many of `images` held-out training images a candidate's ANN or SNN classifies correctly.

    A candidate whose training fails scores 0. Raises HarnessError if anything else fails. `train_images`: how many of
    the others it is trained on, None for all. `device`, `kernel`: as in `Setting`. `threads`: None for torch's number.
    Unfinished work is kept in the user cache folder: a candidate that is stopped goes on from there.
    """
    keep_freed_memory()
    data = validation_split(load(config.dataset, data_dir, train_images=config.train_images), images)
    if train_images is not None:
        part = subset(data.train, train_images, SEED)
        data = replace(data, train=part, digest=f"{data.digest}/{train_images}")
    anns = AnnCache(cache.folder("anns"), ann_code(), cache.go_without)
    setting = Setting(torch.device(device), kernel, anns)
    with nullcontext() if threads is None else computing_with(threads), faults_named(config.arm):
        try:
            return ann_score(config, data, setting) if stage == "ann" else snn_score(config, data, setting)
        except CellFailure as error:
            if any(words in str(error) for words in LOST):
                return 0
            raise


def ann_score(config: CellConfig, data: DataSet, setting: Setting) -> int:
    """Validation images that the pre-trained ANN classifies correctly after its last epoch."""
    encoder = guarded(config.encoder)
    shape, draws = shape_of(encoder, data.train), generator(config.seed, "initial-weights")
    network = Network(config.network, shape, data.classes, draws, config.ann.initialisation)
    request = AnnRequest(network.to(setting.device), encoder, data, config, DTYPES[config.precision])
    return pretrained(request, setting.ann_cache, SILENT)[-1].correct


def snn_score(config: CellConfig, data: DataSet, setting: Setting) -> int:
    """Validation images that the fine-tuned SNN classifies correctly at its last timestep."""
    encoder, folder = guarded(config.encoder), setting.ann_cache.folder
    owner = fingerprint(config, data.digest, device_kind(setting.device.type)).digest
    around = content_digest(canonical_json(circumstances(config, setting)))[:8]  # a candidate has one environment
    checkpoint = Checkpoint(folder and folder.with_name("candidates") / f"{owner}.{around}", owner)
    correct = run_cell(config, data, encoder, replace(setting, checkpoint=checkpoint)).result.curve.correct[-1]
    for part in ("training", "balanced"):
        checkpoint.part(part).remove()
    return correct
