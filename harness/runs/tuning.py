"""Settings that a paper leaves open are chosen on held-out training images, by one rule for every arm.

A grid is scored from its middle until the best value has both neighbours. What has a score is not computed again.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from multiprocessing.queues import SimpleQueue
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

import msgspec

from harness.catalogue import Arm, Experiment, Profile
from harness.catalogue.experiment import encoder_text, parse_encoder
from harness.config import AnnRecipe, CellConfig, EncoderSpec, SnnRecipe
from harness.errors import HarnessError
from harness.machine.process import bound_spinning
from harness.records.fingerprint import Device, device_kind, fingerprint
from harness.records.store import write_json

if TYPE_CHECKING:
    from harness.runs.plan import Plan

SEED = 1000  # not among the seeds that are reported
RATE_DECIDES = ("encoder", "timesteps", "snn")

Candidate = Mapping[str, AnnRecipe | SnnRecipe | EncoderSpec | int]
KINDS = get_type_hints(CellConfig)


@dataclass(frozen=True)
class Grid:
    """The values that are tried for every arm, in order; `apply` gives an arm's cell one of them.

    `first`: the values that are scored first, none of them at an end of the grid. Empty: all are scored.
    `settings`: the settings of a cell that tell its candidates apart in the file of scores.
    `stage`: the name of this search in that file. Empty: the arm's name.
    """

    values: tuple[Any, ...]
    apply: Callable[[CellConfig, Any], CellConfig]
    settings: tuple[str, ...]
    first: tuple[Any, ...] = ()
    stage: str = ""

    def candidate(self, cell: CellConfig) -> Candidate:
        """What tells the cell apart from others in the file of scores."""
        return {name: getattr(cell, name) for name in self.settings}


class Scores:
    """Scores in a file. `total`: the number of validation images. `say`: told of each new score, a line."""

    def __init__(self, path: Path, total: int, say: Callable[[str], None] = print) -> None:
        self.path, self.total, self.say = path, total, say
        self._read()

    def _read(self) -> None:
        self.rows: list[dict[str, Any]] = msgspec.json.decode(self.path.read_bytes()) if self.path.exists() else []
        # A setting that is newer than its row has its default, which is what was done before it existed.
        self.correct: list[tuple[Candidate, int]] = [
            ({name: msgspec.convert(value, KINDS[name]) for name, value in row["recipes"].items()}, row["correct"])
            for row in self.rows
        ]

    def score(self, candidate: Candidate) -> int | None:
        """The score of a candidate, None if it has not been scored."""
        return next((correct for scored, correct in self.correct if scored == candidate), None)

    def of(self, arm: CellConfig, grid: Grid) -> dict[Any, int]:
        """The scores of an arm, by value of the grid, in the grid's order."""
        scores = {value: self.score(grid.candidate(grid.apply(arm, value))) for value in grid.values}
        return {value: correct for value, correct in scores.items() if correct is not None}

    def add(self, stage: str, candidate: Candidate, correct: int) -> None:
        """Write a score down."""
        recipes = msgspec.to_builtins(candidate)
        self._read()  # another search may have added to it
        self.rows.append({"stage": stage, "recipes": recipes, "correct": correct, "total": self.total, "seed": SEED})
        self.correct.append((candidate, correct))
        write_json(self.path, self.rows)


def best(scores: Mapping[Any, int]) -> Any:
    """The value with the highest score; of equal scores, the first in the grid's order (the smallest rate)."""
    return max(scores, key=lambda value: scores[value])


def next_values(scores: Mapping[Any, int], grid: Grid) -> tuple[Any, ...]:
    """The values to be scored next: the first ones, then the neighbours of the best one, until it has both."""
    first = tuple(value for value in grid.first or grid.values if value not in scores)
    if first:
        return first
    place = grid.values.index(best(scores))
    return tuple(value for value in grid.values[max(place - 1, 0) : place + 2] if value not in scores)


def tune(
    arms: Sequence[CellConfig],
    grid: Grid,
    scores: Scores,
    measure: Callable[[CellConfig], int],
    workers: int = 1,
    gpus: Sequence[str] = (),
) -> tuple[CellConfig, ...]:
    """Each arm with its best value of the grid. All arms have the same grid, rule and budget.

    `measure` scores a cell, in one of `workers` processes, each with one of the `gpus` if there are any; what has a
    score is not measured again.
    Raises what `measure` raises, and HarnessError if a process is killed.
    """
    bound_spinning()
    context = get_context("spawn")
    free = context.SimpleQueue()
    for number in range(workers):
        free.put(gpus[number % len(gpus)] if gpus else None)
    try:
        with ProcessPoolExecutor(workers, mp_context=context, initializer=_take_gpu, initargs=(free,)) as pool:
            try:
                while waiting := {
                    pool.submit(measure, grid.apply(arm, value)): (arm, value)
                    for arm in arms
                    for value in next_values(scores.of(arm, grid), grid)
                }:
                    for done in as_completed(waiting):
                        arm, value = waiting[done]
                        stage, correct = grid.stage or arm.arm, done.result()
                        scores.add(stage, grid.candidate(grid.apply(arm, value)), correct)
                        scores.say(f"{stage}: {_in_words(value)}: {correct}/{scores.total}")
            finally:
                pool.shutdown(wait=False, cancel_futures=True)  # leaving waits for what has begun, and begins no more
    except BrokenProcessPool:
        raise HarnessError(
            "a process of the search for rates was killed",
            "memory may be short: use fewer --workers; the same command goes on from the scores so far",
        ) from None
    return tuple(grid.apply(arm, best(scores.of(arm, grid))) for arm in arms)


def _take_gpu(free: "SimpleQueue[str | None]") -> None:
    gpu = free.get()
    if gpu is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = gpu


def _in_words(value: Any) -> str:
    """A value of a grid; a number is a rate."""
    return f"rate {value:g}" if isinstance(value, float) else str(value)


def with_rate(cell: CellConfig, rate: float) -> CellConfig:
    """The cell with a rate of fine-tuning."""
    return replace(cell, snn=replace(cell.snn, learning_rate=rate))


# ## The fine-tuning rate of an arm that `--encoder` adds

RATES = (1e-6, 3e-6, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
HELD_OUT, PART = 5_000, 5  # training images that are held out: so many, or a fifth of them


def chosen_rates(plan: "Plan", say: Callable[[str], None], workers: int = 1) -> dict[str, str]:
    """By arm that a plan adds, its encoder with the rate that is best on held-out images, as `parse_encoder` reads it.

    Raises HarnessError for another method than ours, and for an encoder that cannot be trained.
    """
    from harness.machine.environment import visible_gpus  # needs torch, which reading a choice does not
    from harness.runs.validation import score

    chosen, images = dict[str, str](), min(HELD_OUT, len(plan.data.train) // PART)
    for arm in (arm for arm in plan.experiment.arms if arm.added):
        for fault in (cell.fault for cell in plan.cells if cell.fault and cell.config.arm == arm.name):
            raise HarnessError(f"{arm.name}: {fault}", "mend it, or leave it out")
        cell, grid = _searched(plan.experiment, arm, plan.profile)
        scores = _scores(plan, cell, device_kind(plan.setting.device.type), images, say)
        say(f"{arm.name}: its fine-tuning rate is chosen on {images:,} training images that are held out")
        place: Any = {"device": plan.setting.device.type, "kernel": plan.setting.kernel, "threads": plan.threads.count}
        measure = partial(score, stage="snn", images=images, data_dir=plan.data_dir, **place)
        (best_one,) = tune((cell,), grid, scores, measure, workers, visible_gpus(plan.setting.device))
        say(f"{arm.name}: {_in_words(best_one.snn.learning_rate)} is chosen; the scores are in {scores.path}")
        spec, timesteps, _ = parse_encoder(arm.name)
        chosen[arm.name] = encoder_text(spec, timesteps, best_one.snn.learning_rate)
    return chosen


def require_chosen(plan: "Plan", arm: Arm) -> None:
    """Raise HarnessError if an added arm has a rate that no finished search chose, on this device or another."""
    if not (arm.added and arm.changes):
        return
    cell, grid = _searched(plan.experiment, arm, plan.profile)
    searches = [_scores(plan, cell, device).of(cell, grid) for device in get_args(Device)]
    if not any(not next_values(scores, grid) and best(scores) in arm.changes.values() for scores in searches):
        raise HarnessError(f"{arm.name}: no search chose this rate", "leave out the part from ~ on, and use --tune")


def _searched(experiment: Experiment, arm: Arm, profile: Profile) -> tuple[CellConfig, Grid]:
    """The cell whose rate is searched, and its grid: first the rate nearest to the profile's, and its neighbours."""
    cell = experiment.resolve(replace(arm, changes={}), profile, SEED)
    if cell.method or not cell.snn:
        raise HarnessError(
            f"{arm.name}: rates are searched for the harness's own fine-tuning only",
            "leave out --tune, and the part from ~ on",
        )
    middle = min(range(1, len(RATES) - 1), key=lambda place: abs(RATES[place] / cell.snn.learning_rate - 1))
    return cell, Grid(RATES, with_rate, RATE_DECIDES, first=RATES[middle - 1 : middle + 2])


def _scores(
    plan: "Plan", cell: CellConfig, device: Device, images: int = 0, say: Callable[[str], None] = print
) -> Scores:
    """The scores of a cell's recipe by today's code on this data; beside the records, and hidden, as they are none.

    Raises HarnessError for a damaged file.
    """
    owner = fingerprint(cell, plan.data.digest, device).digest
    path = plan.results / cell.experiment / cell.profile / f".rates-{owner[:8]}.json"
    try:
        return Scores(path, images, say)
    except (OSError, ValueError, KeyError, TypeError, msgspec.MsgspecError) as error:
        raise HarnessError(f"{path}: not a readable file of scores ({error})", "remove it") from None
