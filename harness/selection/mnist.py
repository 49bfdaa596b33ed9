"""Choose what the paper does not state for MNIST, on a validation split of the training images.

    python -m harness.selection.mnist [--data-dir DIR]

The test set is not loaded into any decision: cells run on 50,000 training images and are scored on the other
10,000. First the ANN (learning rate, dropout, augmentation), then fine-tuning (learning rate, dropout) with the same
augmentation.
Every candidate and the choice are written to results/selection/mnist.json.
"""

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import torch
import typer

import encoders
from harness.cell import DTYPES, Setting, run_cell
from harness.config import AnnRecipe, Augmentation, CellConfig, SnnRecipe, canonical_json
from harness.data import load
from harness.data.subset import subset
from harness.data.types import DataSet, ImageSet
from harness.experiments.mnist import EXPERIMENT, PAPER
from harness.files import write_atomically
from harness.fingerprint import fingerprint
from harness.snn.network import Network
from harness.training.ann import pretrain
from harness.training.progress import silent
from harness.training.seeds import generator

OUTPUT = Path("results/selection/mnist.json")
VALIDATION_IMAGES = 10_000
SEED = 1000  # not among the seeds that are reported

ANN_GRID = tuple(itertools.product((0.01, 0.03, 0.1), (0.0, 0.2), (0, 1)))
SNN_GRID = tuple(itertools.product((1e-4, 3e-4, 1e-3, 3e-3), (0.0, 0.2)))


def validation_split(data: DataSet) -> DataSet:
    """The training images split in two, stratified: 50,000 to train on, 10,000 in the place of the test set."""
    held_out = subset(data.train, VALIDATION_IMAGES, SEED)
    kept = _without(data.train, held_out)
    return DataSet(data.name, data.classes, kept, held_out, f"{data.digest}/validation")


def _without(images: ImageSet, taken: ImageSet) -> ImageSet:
    known = {image.numpy().tobytes() for image in taken.images}
    keep = torch.tensor([image.numpy().tobytes() not in known for image in images.images])
    return ImageSet(images.images[keep], images.labels[keep])


def ann_score(recipe: AnnRecipe, data: DataSet) -> int:
    """Validation images that the ANN classifies rightly after its last epoch."""
    network = Network(PAPER.network, (1, 28, 28), data.classes, generator(SEED, "initial-weights"))
    encoder = encoders.create("dct")
    return pretrain(network, data, encoder, recipe, SEED, DTYPES[PAPER.precision], silent)[-1].correct


def snn_score(config: CellConfig, data: DataSet) -> int:
    """Validation images that the fine-tuned SNN classifies rightly at its last timestep."""
    encoder = encoders.create(config.encoder.name, **config.encoder.parameters)
    mark = fingerprint(config, data.digest, type(encoder).__module__)
    curve = run_cell(config, data, encoder, mark, Setting(torch.device("cpu"))).curve
    assert curve is not None
    return curve.correct[-1]


def main(data_dir: Path | None = None) -> None:
    """Score every candidate that has no score yet, choose the best of each stage, write them all down."""
    data = validation_split(load("mnist", data_dir))
    scores = _Scores(len(data.test))
    anns = [
        replace(PAPER.ann, learning_rate=rate, classifier_dropout=dropout, augmentation=Augmentation(pad=margin))
        for rate, dropout, margin in ANN_GRID
    ]
    ann = max(anns, key=lambda recipe: scores.of("ann", {"ann": recipe}, lambda: ann_score(recipe, data)))
    default = replace(EXPERIMENT.resolve(EXPERIMENT.arms[0], PAPER, SEED), ann=ann)
    snns = [
        replace(PAPER.snn, learning_rate=rate, dropout=dropout, augmentation=ann.augmentation)
        for rate, dropout in SNN_GRID
    ]

    def score(recipe: SnnRecipe) -> int:
        whole = replace(default, snn=recipe)
        return scores.of("snn", {"ann": ann, "snn": recipe}, lambda: snn_score(whole, data))

    snn = max(snns, key=score)
    print(f"chosen: {ann}, {snn}")


class _Scores:
    """Scores on disk, so that a longer grid does not repeat a shorter one."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.rows: list[dict[str, Any]] = msgspec.json.decode(OUTPUT.read_bytes()) if OUTPUT.exists() else []

    def of(self, stage: str, recipes: dict[str, AnnRecipe | SnnRecipe], measure: Callable[[], int]) -> int:
        """The score of a candidate, measured and written down unless it is known."""
        built = msgspec.to_builtins(recipes)
        for row in self.rows:
            if row["recipes"] == built:
                return int(row["correct"])
        row = {"stage": stage, "recipes": built, "correct": measure(), "total": self.total, "seed": SEED}
        self.rows.append(row)
        write_atomically(OUTPUT, msgspec.json.format(canonical_json(self.rows), indent=1) + b"\n")
        print(f"{stage} {row['correct']}/{self.total} {built[stage]}", flush=True)
        return int(row["correct"])


if __name__ == "__main__":
    typer.run(main)
