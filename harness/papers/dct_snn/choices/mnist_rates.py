"""Choose each code's fine-tuning rate on MNIST: the same grid and the same budget for all, on a validation split.

    python -m harness.papers.dct_snn.choices.mnist_rates [--data-dir DIR] [--workers N]

Every code of `mnist-encoders` is trained at T = 8 on 50,000 training images with every rate of `GRID`, and scored on
the other 10,000; all else is the recipe of Table 1's experiment. The rate of a code serves all numbers of timesteps.
The scores stand in results/selection/mnist-rates.json. A search that is stopped goes on where it was.
"""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import torch
import typer

from harness.config import CellConfig, EncoderSpec, SnnRecipe
from harness.data import load
from harness.data.cache import root
from harness.machine.allocator import keep_freed_memory
from harness.papers.dct_snn.choices.validation import SEED, Scores, snn_score, validation_split
from harness.papers.dct_snn.experiments.mnist import PAPER
from harness.papers.dct_snn.experiments.mnist_encoders import EXPERIMENT

OUTPUT = Path("results/selection/mnist-rates.json")
VALIDATION_IMAGES = 10_000
TIMESTEPS = 8  # between the smallest and the largest T that codes are compared at
GRID = (3e-4, 1e-3, 3e-3, 1e-2, 3e-2)


def candidates() -> Iterator[tuple[str, CellConfig]]:
    """Every code with every rate of the grid, rate by rate: the arm's name and its cell."""
    for rate in GRID:
        for arm in EXPERIMENT.arms:
            cell = EXPERIMENT.resolve(arm, PAPER, SEED)
            yield arm.name, replace(cell, timesteps=TIMESTEPS, snn=replace(PAPER.snn, learning_rate=rate))


def candidate(config: CellConfig) -> dict[str, SnnRecipe | EncoderSpec]:
    """What tells the candidates apart in the file of scores."""
    return {"encoder": config.encoder, "snn": config.snn}


def score(config: CellConfig, data_dir: Path | None) -> int:
    """Validation images that this cell classifies rightly, computed on one thread."""
    keep_freed_memory()
    torch.set_num_threads(1)
    data = validation_split(load("mnist", data_dir), VALIDATION_IMAGES)
    return snn_score(config, data, root() / "anns")


def main(data_dir: Path | None = None, workers: int = 2) -> None:
    """Score every candidate that has no score yet, and print the best rate of each code."""
    scores = Scores(OUTPUT, VALIDATION_IMAGES)
    cells = list(candidates())
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        waiting = {
            pool.submit(score, cell, data_dir): (name, cell)
            for name, cell in cells
            if scores.known(candidate(cell)) is None
        }
        for done in as_completed(waiting):
            name, cell = waiting[done]
            scores.of(name, candidate(cell), done.result)
    for name in dict.fromkeys(name for name, _ in cells):
        found = [(scores.known(candidate(cell)) or 0, cell.snn.learning_rate) for other, cell in cells if other == name]
        print(f"{name}: {max(found)[1]}")


if __name__ == "__main__":
    typer.run(main)
