"""Choose how the lite profile of the CIFAR experiments fine-tunes, on a validation split of CIFAR-10's training images.

    python -m harness.papers.dct_snn.choices.lite [--data-dir DIR]

The published learning rate is meant for 20 epochs of 50,000 images; lite has one of 6,000. Candidates differ in the
rate and in what the loss sees, run the arm cyclic-16x3 of `ablation-interleaved`, and are scored on 2,000 held-out
training images. The scores stand in results/selection/lite.json, with that of no fine-tuning at all.
"""

import itertools
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import typer

from harness.config import SnnRecipe
from harness.data import load
from harness.machine.allocator import keep_freed_memory
from harness.papers.dct_snn.choices.validation import SEED, Scores, snn_score, validation_split
from harness.papers.dct_snn.experiments.ablation_interleaved import EXPERIMENT
from harness.papers.dct_snn.experiments.vgg import LITE

OUTPUT = Path("results/selection/lite.json")
VALIDATION_IMAGES = 2_000
LOSSES: tuple[Literal["sum", "mean"], ...] = ("sum", "mean")
GRID = tuple(itertools.product((1e-5, 3e-5, 1e-4), LOSSES))


def main(data_dir: Path | None = None) -> None:
    """Score every candidate that has no score yet, and print the best."""
    keep_freed_memory()
    data = validation_split(load("cifar10", data_dir), VALIDATION_IMAGES)
    scores = Scores(OUTPUT, len(data.test))
    cell = replace(EXPERIMENT.resolve(EXPERIMENT.arms[0], LITE, SEED), test_images=None)
    with TemporaryDirectory() as anns:  # one ANN for all candidates

        def score(recipe: SnnRecipe) -> int:
            return scores.of("snn", {"snn": recipe}, lambda: snn_score(replace(cell, snn=recipe), data, Path(anns)))

        published = replace(LITE.snn, learning_rate=1e-4, loss_input="sum")
        score(replace(published, epochs=0))
        recipes = [replace(published, learning_rate=rate, loss_input=loss) for rate, loss in GRID]
        print(f"chosen: {max(recipes, key=score)}")


if __name__ == "__main__":
    typer.run(main)
