"""Arms of one experiment set against each other, paired by seed: at the last step, and along one fine-tuning.

An arm that `--encoder` added is set against every other arm. Without one, every arm is set against a reference: the
first arm with as many timesteps, or else the first arm of all. Along fine-tuning an interval covers the seeds alone,
also at the end: records say how many test images were right on the way, not which.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import SupportsFloat

import numpy as np
import numpy.typing as npt
import pandas as pd

from harness.analysis.curves import Cells, Key, difference_of
from harness.analysis.frame import percent
from harness.analysis.statistics import LEAST_SEEDS, estimate, outcomes_without_images
from harness.catalogue import Arm, Experiment
from harness.config import ProfileName

PAIRED = (
    "Differences of accuracy in percentage points, paired by seed, after the last timestep that both arms have; "
    "intervals cover 95 % each and are not adjusted for their number"
)
TRAINING = (
    "Differences of accuracy in percentage points along fine-tuning, paired by seed, after the last timestep; columns "
    "are the fraction of it that is over, 0 straight after balancing; intervals cover 95 % each, over seeds alone"
)


@dataclass(frozen=True)
class Difference:
    """Accuracy of `arm` minus that of `versus` after `timestep` steps, in percentage points.

    `runs`: one difference for each planned seed that both arms have finished. `low` .. `high`: the 95 % interval, None
    below three seeds. `images`: whether it covers the draw of the test images too, beside that of the seeds.
    """

    experiment: str
    profile: ProfileName
    arm: str
    versus: str
    timestep: int
    runs: tuple[float, ...]
    planned: int
    mean: float
    low: float | None
    high: float | None
    images: bool

    @property
    def over(self) -> str:
        """What the interval covers, in words; empty without one."""
        if self.low is None:
            return ""
        return "seeds and images" if self.images else "seeds"

    def __str__(self) -> str:
        """The mean with its interval; below three seeds the difference of each."""
        return in_words(self.mean, self.low, self.high, self.runs)


def in_words(mean: float, low: float | None, high: float | None, runs: Sequence[float]) -> str:
    """A difference in points: the mean with its interval; without one, below three seeds, that of each run."""
    if low is None or high is None:
        return ", ".join(f"{run:+.2f}" for run in runs)
    return f"{mean:+.2f} ({low:+.2f} to {high:+.2f})"


def in_points(mean: SupportsFloat, low: SupportsFloat, high: SupportsFloat, note: str = "") -> str:
    """A difference in points with its interval in a sentence; `note` stands in the brackets, after the interval."""
    return f"{float(mean):+.2f} points (95 %: {float(low):+.2f} to {float(high):+.2f}{note})"


def differences(cells: Cells, experiment: Experiment, profile: ProfileName) -> tuple[Difference, ...]:
    """The differences of the arms that have finished seeds in common. A smoke run has none: it is never judged."""
    if profile == "smoke":
        return ()
    finished = {key[:3] for key in cells.accuracy}
    arms = [arm for arm in experiment.arms if (experiment.name, profile, arm.name) in finished]
    found = (_difference(cells, experiment, profile, arm, versus) for arm, versus in pairs(arms))
    return tuple(one for one in found if one is not None)


def pairs(arms: Sequence[Arm]) -> Iterator[tuple[Arm, Arm]]:
    """Which arms are set against which: (arm, versus)."""
    added = [arm for arm in arms if arm.added]
    for place, mine in enumerate(added):
        yield from ((mine, other) for other in arms if other not in added[: place + 1])
    if added:
        return
    for arm in arms[1:]:
        alike = next(other for other in arms if other.timesteps == arm.timesteps)
        yield arm, arms[0] if alike is arm else alike


def _difference(cells: Cells, experiment: Experiment, profile: ProfileName, arm: Arm, versus: Arm) -> Difference | None:
    planned = experiment.seeds_in_common((arm.name, versus.name), profile)
    step = min(arm.timesteps, versus.timesteps)
    keys: list[tuple[Key, Key]] = [
        ((experiment.name, profile, arm.name, seed), (experiment.name, profile, versus.name, seed))
        for seed in range(planned)
    ]
    both = [pair for pair in keys if all(_reaches(cells, key, step) for key in pair)]
    if not both:
        return None
    outcomes = difference_of(cells, [mine for mine, _ in both], [other for _, other in both], step)
    found, known = estimate(outcomes), outcomes.seeds >= LEAST_SEEDS
    return Difference(
        experiment=experiment.name,
        profile=profile,
        arm=arm.name,
        versus=versus.name,
        timestep=step,
        runs=tuple(map(float, outcomes.per_seed)),
        planned=planned,
        mean=float(found.mean),
        low=float(found.low) if known else None,
        high=float(found.high) if known else None,
        images="images" in found.sources,
    )


def _reaches(cells: Cells, key: Key, step: int) -> bool:
    return key in cells.accuracy and len(cells.accuracy[key]) >= step


@dataclass(frozen=True)
class Reading:
    """A difference after a `fraction` (0..1) of fine-tuning, in percentage points, as `differences.Difference` is.

    `runs`: one difference for each seed. `low` .. `high`: the 95 % interval over seeds, None below three.
    """

    fraction: float
    runs: tuple[float, ...]
    mean: float
    low: float | None
    high: float | None

    def __str__(self) -> str:
        """The mean with its interval; below three seeds the difference of each."""
        return in_words(self.mean, self.low, self.high, self.runs)


@dataclass(frozen=True)
class AlongTraining:
    """Accuracy of `arm` minus that of `versus`, both of `timesteps` steps, by fraction of fine-tuning, ascending.

    `planned`: the number of planned seeds. Every reading is of the same seeds, so that no seed makes the course.
    """

    arm: str
    versus: str
    timesteps: int
    planned: int
    readings: tuple[Reading, ...]

    @property
    def name(self) -> str:
        """Both arms, as a difference."""
        return f"{self.arm} − {self.versus}"

    @property
    def seeds(self) -> int:
        """The number of planned seeds that both arms have finished."""
        return len(self.readings[0].runs)


def along_training(readings: pd.DataFrame, experiment: Experiment, profile: ProfileName) -> tuple[AlongTraining, ...]:
    """The pairs of arms with as many timesteps that have planned seeds in common in `Loaded.readings`.

    A smoke run has none: it is never judged.
    """
    own = readings[(readings["experiment"] == experiment.name) & (readings["profile"] == profile)]
    if profile == "smoke" or own.empty:
        return ()
    own = own.assign(accuracy=percent(own["correct"], own["total"]))
    present = set(own["arm"])
    arms = [arm for arm in experiment.arms if arm.name in present]
    equal = [(arm, versus) for arm, versus in pairs(arms) if arm.timesteps == versus.timesteps]
    found = (
        _pair(own, arm, versus, experiment.seeds_in_common((arm.name, versus.name), profile)) for arm, versus in equal
    )
    return tuple(one for one in found if one is not None)


def _pair(own: pd.DataFrame, arm: Arm, versus: Arm, planned: int) -> AlongTraining | None:
    apart = _by_seed(own, arm, planned) - _by_seed(own, versus, planned)
    # A fraction that no common seed has is no reading; a seed that lacks one of the others is left out of all.
    apart = apart.dropna(axis="index", how="all").dropna(axis="columns", how="all").dropna(axis="index")
    if apart.empty:
        return None
    fractions = [float(fraction) for fraction in apart.columns]
    return AlongTraining(arm.name, versus.name, arm.timesteps, planned, _readings(fractions, apart.to_numpy().T))


def _by_seed(own: pd.DataFrame, arm: Arm, planned: int) -> pd.DataFrame:
    """Accuracy in percent, a row for each planned seed and a column for each fraction, ascending."""
    rows = own[(own["arm"] == arm.name) & (own["seed"] < planned)]
    return rows.pivot(index="seed", columns="fraction", values="accuracy")


def _readings(fractions: list[float], runs: npt.NDArray[np.float64]) -> tuple[Reading, ...]:
    """A reading for each row of `runs`, [fractions, seeds]."""
    found = estimate(outcomes_without_images(runs, lowest=-100.0))
    known = runs.shape[1] >= LEAST_SEEDS
    return tuple(
        Reading(
            fraction=fraction,
            runs=tuple(map(float, runs[place])),
            mean=float(found.mean[place]),
            low=float(found.low[place]) if known else None,
            high=float(found.high[place]) if known else None,
        )
        for place, fraction in enumerate(fractions)
    )
