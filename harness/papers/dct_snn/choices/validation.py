"""What every choice that the paper leaves open is made on: a part of the training images, and never the test set."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import torch

import encoders
from harness.config import AnnRecipe, CellConfig, EncoderSpec, SnnRecipe, canonical_json
from harness.data.subset import subset
from harness.data.types import DataSet, ImageSet
from harness.machine.files import write_atomically
from harness.records.fingerprint import ann_code, fingerprint
from harness.snn.network import Network
from harness.snn.neuron import Kernel
from harness.training.ann import NO_CACHE, AnnCache, AnnRequest, pretrained
from harness.training.batches import generator, normalised
from harness.training.cell import DTYPES, Setting, run_cell
from harness.training.checkpoint import NOWHERE, SILENT, Checkpoint

Candidate = Mapping[str, AnnRecipe | SnnRecipe | EncoderSpec | int]
KINDS: Mapping[str, type[AnnRecipe | SnnRecipe | EncoderSpec | int]] = {
    "ann": AnnRecipe,
    "snn": SnnRecipe,
    "encoder": EncoderSpec,
    "timesteps": int,
}
SEED = 1000  # not among the seeds that are reported


def validation_split(data: DataSet, images: int) -> DataSet:
    """The training images split in two, stratified: `images` of them stand in the place of the test set."""
    held_out = subset(data.train, images, SEED)
    kept = _without(data.train, held_out)
    return DataSet(data.name, data.classes, kept, held_out, f"{data.digest}/validation of {images}")


def _without(images: ImageSet, taken: ImageSet) -> ImageSet:
    known = {image.numpy().tobytes() for image in taken.images}
    keep = torch.tensor([image.numpy().tobytes() not in known for image in images.images])
    return ImageSet(images.images[keep], images.labels[keep])


def ann_score(config: CellConfig, data: DataSet, cache: Path | None = None) -> int:
    """Validation images that the pre-trained ANN classifies rightly after its last epoch.

    `cache`: the folder of what candidates share and of unfinished ones, None for none. A candidate that is stopped
    goes on from there.
    """
    encoder = encoders.create(config.encoder.name, **config.encoder.parameters)
    channels, height, width = encoder.frame(normalised(data.train.images[:1])).shape[1:]
    draws = generator(config.seed, "initial-weights")
    network = Network(config.network, (channels, height, width), data.classes, draws, config.ann.initialisation)
    request = AnnRequest(network, encoder, data, config, DTYPES[config.precision])
    return pretrained(request, _anns(cache), SILENT)[-1].correct


def snn_score(config: CellConfig, data: DataSet, cache: Path | None = None, kernel: Kernel = "auto") -> int:
    """Validation images that the fine-tuned SNN classifies rightly at its last timestep.

    `cache` as in `ann_score`, `kernel` as in `Setting`.
    """
    encoder = encoders.create(config.encoder.name, **config.encoder.parameters)
    checkpoint = NOWHERE if cache is None else _unfinished(config, data, cache)
    setting = Setting(torch.device("cpu"), kernel, _anns(cache), checkpoint=checkpoint)
    right = run_cell(config, data, encoder, setting).result.curve.correct[-1]
    checkpoint.part("training").remove()
    return right


@dataclass(frozen=True)
class SharedBalancing(Checkpoint):
    """A candidate's own checkpoint, but for the balanced network: those that differ in fine-tuning alone share it."""

    shared: Checkpoint = NOWHERE

    def part(self, name: str) -> Checkpoint:
        """A file beside this one, or beside the shared one for the balanced network."""
        return self.shared.part(name) if name == "balanced" else super().part(name)


def _anns(cache: Path | None) -> AnnCache:
    return NO_CACHE if cache is None else AnnCache(cache / "anns", ann_code())


def _unfinished(config: CellConfig, data: DataSet, cache: Path) -> Checkpoint:
    own, shared = (_digest(cell, data) for cell in (config, replace(config, snn=SnnRecipe(0, 1))))
    return SharedBalancing(cache / "candidates" / own, own, Checkpoint(cache / "balanced" / shared, shared))


def _digest(config: CellConfig, data: DataSet) -> str:
    return fingerprint(config, data.digest).digest


def _read(written: Mapping[str, Any]) -> Candidate:
    # A setting that is newer than the score stands at its default, which is what was done before.
    return {name: msgspec.convert(value, KINDS[name]) for name, value in written.items()}


class Scores:
    """Scores on disk, so that a longer grid does not repeat a shorter one. `total`: validation images."""

    def __init__(self, path: Path, total: int) -> None:
        self.path = path
        self.total = total
        self.rows: list[dict[str, Any]] = msgspec.json.decode(path.read_bytes()) if path.exists() else []

    def known(self, recipes: Candidate) -> int | None:
        """The score of a candidate that is written down."""
        return next((int(row["correct"]) for row in self.rows if _read(row["recipes"]) == recipes), None)

    def of(self, stage: str, recipes: Candidate, measure: Callable[[], int]) -> int:
        """The score of a candidate, measured and written down unless it is known."""
        if (found := self.known(recipes)) is not None:
            return found
        built = msgspec.to_builtins(recipes)
        row = {"stage": stage, "recipes": built, "correct": measure(), "total": self.total, "seed": SEED}
        self.rows.append(row)
        write_atomically(self.path, msgspec.json.format(canonical_json(self.rows), indent=1) + b"\n")
        print(f"{stage} {row['correct']}/{self.total} {built}", flush=True)
        return int(row["correct"])
