"""Choose each code's fine-tuning rate on MNIST: the same grid and the same budget for all, on a validation split.

    python -m harness.papers.dct_snn.choices.mnist_rates [--timesteps T] [--data-dir DIR] [--workers N]

Every code of `mnist-encoders` is trained at T on 50,000 training images with rates of `GRID`, and scored on the other
10,000; all else is the recipe of Table 1's experiment. First come the three rates in the middle of the
grid; a code whose best rate has no scored neighbour on one side gets that neighbour, until the best one has both. A
code at another T takes the rate of the nearest T that was searched.
The scores stand in results/selection/mnist-rates.json. A search that is stopped goes on where it was.
"""

from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import typer

from harness.catalogue import Arm
from harness.config import CellConfig, EncoderSpec, SnnRecipe
from harness.data import load
from harness.data.cache import root
from harness.machine.allocator import keep_freed_memory
from harness.machine.threads import bound_spinning, computing_with
from harness.papers.dct_snn.choices.validation import SEED, Scores, snn_score, validation_split
from harness.papers.dct_snn.experiments.mnist import PAPER
from harness.papers.dct_snn.experiments.mnist_encoders import EXPERIMENT

OUTPUT = Path("results/selection/mnist-rates.json")
VALIDATION_IMAGES = 10_000
GRID = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
FIRST = (3e-3, 1e-2, 1e-3)


def cell(arm: Arm, timesteps: int, rate: float) -> CellConfig:
    """The cell of a code at T with a rate of the grid."""
    config = EXPERIMENT.resolve(arm, PAPER, SEED)
    return replace(config, timesteps=timesteps, snn=replace(PAPER.snn, learning_rate=rate))


def next_rates(known: Mapping[float, int]) -> tuple[float, ...]:
    """The rates to be scored next, given those that are: the first ones, then the best one's neighbours, then none.

    The best rate of two with equal scores is the smaller one.
    """
    first = tuple(rate for rate in FIRST if rate not in known)
    if first:
        return first
    place = GRID.index(best(known))
    return tuple(rate for rate in GRID[max(place - 1, 0) : place + 2] if rate not in known)


def best(known: Mapping[float, int]) -> float:
    """The rate with the highest score; the smaller one of two with equal scores."""
    return max(known, key=lambda rate: (known[rate], -rate))


def candidate(config: CellConfig) -> dict[str, SnnRecipe | EncoderSpec | int]:
    """What tells the candidates apart in the file of scores."""
    return {"encoder": config.encoder, "timesteps": config.timesteps, "snn": config.snn}


def score(config: CellConfig, data_dir: Path | None) -> int:
    """Validation images that this cell classifies rightly, computed on one thread."""
    keep_freed_memory()
    data = validation_split(load("mnist", data_dir), VALIDATION_IMAGES)
    with computing_with(1):
        return snn_score(config, data, root() / "anns")


def main(timesteps: int = 16, data_dir: Path | None = None, workers: int = 2) -> None:
    """Score what has no score yet, and print the best rate of each code."""
    bound_spinning()
    scores = Scores(OUTPUT, VALIDATION_IMAGES)

    def known(arm: Arm) -> dict[float, int]:
        found = {rate: scores.known(candidate(cell(arm, timesteps, rate))) for rate in GRID}
        return {rate: correct for rate, correct in found.items() if correct is not None}

    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        while waiting := {
            pool.submit(score, cell(arm, timesteps, rate), data_dir): cell(arm, timesteps, rate)
            for arm in EXPERIMENT.arms
            for rate in next_rates(known(arm))
        }:
            for done in as_completed(waiting):
                scores.of(waiting[done].arm, candidate(waiting[done]), done.result)
    for arm in EXPERIMENT.arms:
        print(f"{arm.name}: {best(known(arm))}")


if __name__ == "__main__":
    typer.run(main)
