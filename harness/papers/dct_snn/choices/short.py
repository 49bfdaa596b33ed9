"""Choose the compressed recipe of the short profile, on a validation split of CIFAR-10's training images.

    python -m harness.papers.dct_snn.choices.short [--data-dir DIR]

First the ANN's rate at the fewest epochs, then its number of epochs at that rate, then the rate of fine-tuning, all
with the arm cyclic-16x3 of `ablation-interleaved`. Every candidate sees a quarter of the training images, in
pre-training and in fine-tuning, so that the search takes about two hours of two cores: a choice for fewer steps than
the profile has. Scores, on 2,000 held-out training images, go to results/selection/short.json.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import typer

from harness.config import AnnRecipe, SnnRecipe
from harness.data import load
from harness.data.subset import subset
from harness.data.types import DataSet
from harness.machine.allocator import keep_freed_memory
from harness.papers.dct_snn.choices.validation import SEED, Scores, ann_score, snn_score, validation_split
from harness.papers.dct_snn.experiments.ablation_interleaved import EXPERIMENT
from harness.papers.dct_snn.experiments.vgg import SHORT, compressed

OUTPUT = Path("results/selection/short.json")
VALIDATION_IMAGES = 2_000
TRAIN_IMAGES, TUNING_IMAGES = 12_000, 6_250
EPOCHS = (20, 25, 30)
ANN_RATES = (0.03, 0.1)
SNN_RATES = (1e-5, 3e-5, 1e-4)


def best_ann(score: Callable[[AnnRecipe], int]) -> AnnRecipe:
    """The best rate at the fewest epochs, then the best number of epochs at that rate; the first of equal ones."""
    rate = max(ANN_RATES, key=lambda rate: score(_ann(EPOCHS[0], rate)))
    return max((_ann(epochs, rate) for epochs in EPOCHS), key=score)


def best_snn(score: Callable[[SnnRecipe], int]) -> SnnRecipe:
    """The best rate of fine-tuning; the first of equal ones."""
    return max((replace(SHORT.snn, learning_rate=rate, images=TUNING_IMAGES) for rate in SNN_RATES), key=score)


def _ann(epochs: int, rate: float) -> AnnRecipe:
    return replace(compressed(SHORT.ann, epochs), learning_rate=rate)


def _split(data_dir: Path | None) -> DataSet:
    whole = validation_split(load("cifar10", data_dir), VALIDATION_IMAGES)
    return replace(whole, train=subset(whole.train, TRAIN_IMAGES, SEED), digest=f"{whole.digest}/{TRAIN_IMAGES}")


def main(data_dir: Path | None = None) -> None:
    """Score every candidate that has no score yet, and print the best."""
    keep_freed_memory()
    data = _split(data_dir)
    scores = Scores(OUTPUT, len(data.test))
    cell = EXPERIMENT.resolve(EXPERIMENT.arm("cyclic-16x3"), SHORT, SEED)
    with TemporaryDirectory() as folder:  # the chosen ANN is trained once for all candidates of fine-tuning
        anns = Path(folder)

        def of_ann(ann: AnnRecipe) -> int:
            return scores.of("ann", {"ann": ann}, lambda: ann_score(replace(cell, ann=ann), data, anns))

        ann = best_ann(of_ann)

        def of_snn(snn: SnnRecipe) -> int:
            tuned = replace(cell, ann=ann, snn=snn)
            return scores.of("snn", {"ann": ann, "snn": snn}, lambda: snn_score(tuned, data, anns))

        print(f"chosen: {ann}, {best_snn(of_snn)}")


if __name__ == "__main__":
    typer.run(main)
