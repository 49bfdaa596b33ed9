"""Choose the compressed recipe of the short profile, on a validation split of CIFAR-10's training images.

    python -m harness.papers.dct_snn.choices.short [--data-dir DIR]

First the ANN's rate, then the rate of fine-tuning, both with the arm cyclic-16x3 of `ablation-interleaved`. Every
candidate sees a quarter of its training images, in pre-training and in fine-tuning: a choice for fewer steps than the
profile has. How many epochs and images the profile has is a matter of hours and is not searched: more of them help a
candidate on a quarter of the images whatever they do for the whole set.
Scores, on 2,000 held-out training images, go to results/selection/short.json. A search that is stopped goes on where
it was: what is unfinished lies in the user cache folder.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import typer

from harness.config import AnnRecipe, SnnRecipe
from harness.data import load
from harness.data.cache import root
from harness.data.subset import subset
from harness.data.types import DataSet
from harness.machine.process import keep_freed_memory
from harness.papers.dct_snn.choices.validation import SEED, Scores, ann_score, snn_score, validation_split
from harness.papers.dct_snn.experiments.ablation_interleaved import EXPERIMENT
from harness.papers.dct_snn.experiments.vgg import SHORT

OUTPUT = Path("results/selection/short.json")
VALIDATION_IMAGES = 2_000
PART = 4  # a candidate sees one in so many of its images
TRAIN_IMAGES = 48_000 // PART
ANN_RATES = (0.03, 0.1)
SNN_RATES = (1e-5, 3e-5, 1e-4)


def best_ann(score: Callable[[AnnRecipe], int]) -> AnnRecipe:
    """The ANN's recipe at the best rate."""
    return max((replace(SHORT.ann, learning_rate=rate) for rate in ANN_RATES), key=score)


def best_snn(score: Callable[[SnnRecipe], int]) -> SnnRecipe:
    """The recipe of fine-tuning at the best rate."""
    return max((replace(SHORT.snn, learning_rate=rate) for rate in SNN_RATES), key=score)


def in_part(snn: SnnRecipe) -> SnnRecipe:
    """`snn` as a candidate is scored: on a part of its images."""
    return replace(snn, images=None if snn.images is None else snn.images // PART)


def _split(data_dir: Path | None) -> DataSet:
    whole = validation_split(load("cifar10", data_dir), VALIDATION_IMAGES)
    return replace(whole, train=subset(whole.train, TRAIN_IMAGES, SEED), digest=f"{whole.digest}/{TRAIN_IMAGES}")


def main(data_dir: Path | None = None) -> None:
    """Score every candidate that has no score yet, and print the best."""
    keep_freed_memory()
    data = _split(data_dir)
    scores = Scores(OUTPUT, len(data.test))
    cell = EXPERIMENT.resolve(EXPERIMENT.arm("cyclic-16x3"), SHORT, SEED)

    def of_ann(ann: AnnRecipe) -> int:
        return scores.of("ann", {"ann": ann}, lambda: ann_score(replace(cell, ann=ann), data, root()))

    ann = best_ann(of_ann)

    def of_snn(snn: SnnRecipe) -> int:
        part = in_part(snn)
        tuned = replace(cell, ann=ann, snn=part)
        return scores.of("snn", {"ann": ann, "snn": part}, lambda: snn_score(tuned, data, root(), "events"))

    print(f"chosen: {ann}, {best_snn(of_snn)}")


if __name__ == "__main__":
    typer.run(main)
