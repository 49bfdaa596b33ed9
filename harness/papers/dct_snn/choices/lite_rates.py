"""Choose how the lite profile fine-tunes each code on CIFAR-10: the same grid and budget for all, on held-out images.

    python -m harness.papers.dct_snn.choices.lite_rates [--arm ARM]... [--data-dir DIR] [--workers N]

The published rate is meant for 25 epochs of 50,000 images; lite has one of 6,000. Candidates differ in the rate and in
what the loss sees. They are the codes of `cifar10-encoders`, and the arm cyclic-16x3 of `ablation-interleaved`, whose
choice every DCT arm on its map takes. They are scored on 5,000 held-out training images. The scores stand in
results/selection/lite-rates.json. `--arm` searches single arms, e.g. `cyclic-16x3`, which the ablations wait for.
"""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal

import typer

from harness.config import CellConfig
from harness.papers.dct_snn.choices.rates import Course, Grid, best, known_scores, score, search
from harness.papers.dct_snn.choices.validation import SEED, Scores
from harness.papers.dct_snn.experiments import ablation_interleaved, cifar10_encoders
from harness.papers.dct_snn.experiments.vgg import LITE

OUTPUT = Path("results/selection/lite-rates.json")
VALIDATION_IMAGES = 5_000
GRID = Grid((1e-6, 3e-6, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3), first=(3e-5, 1e-4, 1e-5))
LOSSES: tuple[Literal["sum", "mean"], ...] = ("sum", "mean")


def cells() -> tuple[CellConfig, ...]:
    """The cells whose rates are chosen, each with all held-out images in the place of the test set."""
    codes, ablation = cifar10_encoders.EXPERIMENT, ablation_interleaved.EXPERIMENT
    found = [ablation.resolve(ablation.arm("cyclic-16x3"), ablation.profile(LITE.name), SEED)]
    found += [codes.resolve(arm, codes.profile(LITE.name), SEED) for arm in codes.arms]
    return tuple(replace(cell, test_images=None) for cell in found)


def courses() -> tuple[Course, ...]:
    """Each cell with each loss."""
    return tuple(
        Course(f"{cell.arm}, {loss}", replace(cell, snn=replace(cell.snn, loss_input=loss)))
        for cell in cells()
        for loss in LOSSES
    )


def main(arm: list[str] | None = None, data_dir: Path | None = None, workers: int = 2) -> None:
    """Score what has no score yet, and print the best rate of each cell with each loss, and its score."""
    scores = Scores(OUTPUT, VALIDATION_IMAGES)
    competing = tuple(course for course in courses() if not arm or course.cell.arm in arm)
    search(competing, GRID, scores, partial(score, images=VALIDATION_IMAGES, data_dir=data_dir), workers)
    for course in competing:
        known = known_scores(course, GRID, scores)
        print(f"{course.name}: {best(known)} with {known[best(known)]} of {VALIDATION_IMAGES}")


if __name__ == "__main__":
    typer.run(main)
