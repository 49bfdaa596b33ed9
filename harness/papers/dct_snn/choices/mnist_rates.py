"""Choose each code's fine-tuning rate on MNIST: the same grid and the same budget for all, on a validation split.

    python -m harness.papers.dct_snn.choices.mnist_rates [--timesteps T] [--data-dir DIR] [--workers N]

Every code of `mnist-encoders` is trained at T on 50,000 training images with rates of `GRID`, and scored on the other
10,000; all else is the recipe of Table 1's experiment. A code at another T takes the rate of the nearest T that was
searched. The scores stand in results/selection/mnist-rates.json.
"""

from dataclasses import replace
from functools import partial
from pathlib import Path

import typer

from harness.catalogue import Arm
from harness.papers.dct_snn.choices.rates import Course, Grid, best, known_scores, score, search
from harness.papers.dct_snn.choices.validation import SEED, Scores
from harness.papers.dct_snn.experiments.mnist import PAPER
from harness.papers.dct_snn.experiments.mnist_encoders import EXPERIMENT

OUTPUT = Path("results/selection/mnist-rates.json")
VALIDATION_IMAGES = 10_000
GRID = Grid((1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1), first=(3e-3, 1e-2, 1e-3))


def course(arm: Arm, timesteps: int) -> Course:
    """A code of `mnist-encoders` at T."""
    config = EXPERIMENT.resolve(arm, PAPER, SEED)
    return Course(arm.name, replace(config, timesteps=timesteps, snn=PAPER.snn))


def main(timesteps: int = 16, data_dir: Path | None = None, workers: int = 2) -> None:
    """Score what has no score yet, and print the best rate of each code."""
    scores = Scores(OUTPUT, VALIDATION_IMAGES)
    courses = tuple(course(arm, timesteps) for arm in EXPERIMENT.arms)
    search(courses, GRID, scores, partial(score, images=VALIDATION_IMAGES, data_dir=data_dir), workers)
    for searched in courses:
        print(f"{searched.name}: {best(known_scores(searched, GRID, scores))}")


if __name__ == "__main__":
    typer.run(main)
