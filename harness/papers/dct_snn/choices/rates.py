"""The search that every choice of fine-tuning rates makes: one grid, one rule and one budget for all that compete.

First come the three rates in the middle of the grid; where the best rate has no scored neighbour on one side, that
neighbour follows, until it has both. Cells run side by side, each on one thread. A search that is stopped goes on
where it was.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

from harness.config import CellConfig
from harness.data import load
from harness.data.cache import root
from harness.machine.process import bound_spinning, computing_with, keep_freed_memory
from harness.papers.dct_snn.choices.validation import Candidate, Scores, snn_score, validation_split


@dataclass(frozen=True)
class Grid:
    """Rates in rising order, and which of them are scored first; none of these stands at an end."""

    rates: tuple[float, ...]
    first: tuple[float, ...]


@dataclass(frozen=True)
class Course:
    """One of those that compete: its name, and its cell but for the rate."""

    name: str
    cell: CellConfig

    def at(self, rate: float) -> CellConfig:
        """Its cell with a rate of the grid."""
        return replace(self.cell, snn=replace(self.cell.snn, learning_rate=rate))


def next_rates(known: Mapping[float, int], grid: Grid) -> tuple[float, ...]:
    """The rates to be scored next, given those that are: the first ones, then the best one's neighbours, then none."""
    first = tuple(rate for rate in grid.first if rate not in known)
    if first:
        return first
    place = grid.rates.index(best(known))
    return tuple(rate for rate in grid.rates[max(place - 1, 0) : place + 2] if rate not in known)


def best(known: Mapping[float, int]) -> float:
    """The rate with the highest score; the smaller one of two with equal scores."""
    return max(known, key=lambda rate: (known[rate], -rate))


def candidate(config: CellConfig) -> Candidate:
    """What tells the candidates apart in the file of scores."""
    return {"encoder": config.encoder, "timesteps": config.timesteps, "snn": config.snn}


def known_scores(course: Course, grid: Grid, scores: Scores) -> dict[float, int]:
    """The scores of a course that are written down, by rate."""
    found = {rate: scores.known(candidate(course.at(rate))) for rate in grid.rates}
    return {rate: correct for rate, correct in found.items() if correct is not None}


def score(config: CellConfig, images: int, data_dir: Path | None) -> int:
    """How many of so many held-out training images this cell classifies rightly, computed on one thread."""
    keep_freed_memory()
    data = validation_split(load(config.dataset, data_dir), images)
    with computing_with(1):
        return snn_score(config, data, root())


def search(
    courses: tuple[Course, ...], grid: Grid, scores: Scores, measure: Callable[[CellConfig], int], workers: int
) -> None:
    """Score what has no score yet, in processes of its own, until the best rate of each course has both neighbours."""
    bound_spinning()
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        while waiting := {
            pool.submit(measure, course.at(rate)): course.at(rate)
            for course in courses
            for rate in next_rates(known_scores(course, grid, scores), grid)
        }:
            for done in as_completed(waiting):
                scores.of(waiting[done].arm, candidate(waiting[done]), done.result)
