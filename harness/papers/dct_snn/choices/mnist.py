"""Choose what the paper does not state for MNIST, on a validation split of the training images.

    python -m harness.papers.dct_snn.choices.mnist [--data-dir DIR]

The test set is not loaded into any decision: cells run on 50,000 training images and are scored on the other
10,000. First the ANN (learning rate, dropout, augmentation), then fine-tuning (learning rate, dropout) with the same
augmentation.
Every candidate and the choice are written to results/selection/mnist.json.
"""

import itertools
from dataclasses import replace
from pathlib import Path

import typer

from harness.config import AnnRecipe, Augmentation, SnnRecipe
from harness.data import load
from harness.machine.process import keep_freed_memory
from harness.papers.dct_snn.choices.validation import SEED, Scores, ann_score, snn_score, validation_split
from harness.papers.dct_snn.experiments.mnist import EXPERIMENT, PAPER

OUTPUT = Path("results/selection/mnist.json")
VALIDATION_IMAGES = 10_000

ANN_GRID = tuple(itertools.product((0.01, 0.03, 0.1), (0.0, 0.2), (0, 1)))
SNN_GRID = tuple(itertools.product((1e-4, 3e-4, 1e-3, 3e-3), (0.0, 0.2)))


def main(data_dir: Path | None = None) -> None:
    """Score every candidate that has no score yet, choose the best of each stage, write them all down."""
    keep_freed_memory()
    data = validation_split(load("mnist", data_dir), VALIDATION_IMAGES)
    scores = Scores(OUTPUT, len(data.test))
    anns = [
        replace(PAPER.ann, learning_rate=rate, classifier_dropout=dropout, augmentation=Augmentation(pad=margin))
        for rate, dropout, margin in ANN_GRID
    ]
    cell = EXPERIMENT.resolve(EXPERIMENT.arms[0], PAPER, SEED)

    def of_ann(recipe: AnnRecipe) -> int:
        return scores.of("ann", {"ann": recipe}, lambda: ann_score(replace(cell, ann=recipe), data))

    ann = max(anns, key=of_ann)
    default = replace(cell, ann=ann)
    snns = [
        replace(PAPER.snn, learning_rate=rate, dropout=dropout, augmentation=ann.augmentation)
        for rate, dropout in SNN_GRID
    ]

    def score(recipe: SnnRecipe) -> int:
        whole = replace(default, snn=recipe)
        return scores.of("snn", {"ann": ann, "snn": recipe}, lambda: snn_score(whole, data))

    snn = max(snns, key=score)
    print(f"chosen: {ann}, {snn}")


if __name__ == "__main__":
    typer.run(main)
