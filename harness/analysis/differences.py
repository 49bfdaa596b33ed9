"""Arms of one experiment set against each other, paired by seed: at the last step, and along one fine-tuning.

An arm that `--encoder` added is set against every other arm. Without one, every arm is set against a reference: the
first arm with as many timesteps, or else the first arm of all. Along fine-tuning an interval covers the seeds alone,
also at the end: records say how many test images were right on the way, not which.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

import pandas as pd

from harness.analysis.curves import Cells, difference_of
from harness.analysis.frame import Key, percent
from harness.analysis.statistics import LEAST_SEEDS, Outcomes, estimate, outcomes_without_images
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


@dataclass(frozen=True, kw_only=True)
class Paired:
    """A difference of two arms in percentage points: of each seed that both have finished, and on average.

    `low` .. `high`: the 95 % interval, None below three seeds. `images`: whether it covers the draw of the test images
    too, beside that of the seeds.
    """

    runs: tuple[float, ...]
    mean: float
    low: float | None
    high: float | None
    images: bool

    @classmethod
    def of(cls, outcomes: Outcomes, **names: Any) -> Self:
        """The difference whose outcomes are these; `names`: the other fields."""
        estimated, known = estimate(outcomes), outcomes.seeds >= LEAST_SEEDS
        return cls(
            runs=tuple(map(float, outcomes.per_seed)),
            mean=float(estimated.mean),
            low=float(estimated.low) if known else None,
            high=float(estimated.high) if known else None,
            images="images" in estimated.sources,
            **names,
        )

    @property
    def over(self) -> str:
        """What the interval covers, in words; empty without one."""
        if self.low is None:
            return ""
        return "seeds and images" if self.images else "seeds"

    def __str__(self) -> str:
        """The mean with its interval; below three seeds the difference of each."""
        if self.low is None or self.high is None:
            return ", ".join(f"{run:+.2f}" for run in self.runs)
        return f"{self.mean:+.2f} ({self.low:+.2f} to {self.high:+.2f})"


@dataclass(frozen=True, kw_only=True)
class Difference(Paired):
    """Accuracy of `arm` minus that of `versus` after `timestep` steps; `planned`: the number of planned seeds."""

    experiment: str
    profile: ProfileName
    arm: str
    versus: str
    timestep: int
    planned: int


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
    both = [pair for pair in keys if all(len(cells.accuracy.get(key, ())) >= step for key in pair)]
    if not both:
        return None
    return Difference.of(
        difference_of(cells, [ours for ours, _ in both], [other for _, other in both], step),
        experiment=experiment.name,
        profile=profile,
        arm=arm.name,
        versus=versus.name,
        timestep=step,
        planned=planned,
    )


@dataclass(frozen=True, kw_only=True)
class Reading(Paired):
    """A difference after a `fraction` (0..1) of fine-tuning."""

    fraction: float


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
    rows = readings[(readings["experiment"] == experiment.name) & (readings["profile"] == profile)]
    if profile == "smoke" or rows.empty:
        return ()
    rows = rows.assign(accuracy=percent(rows["correct"], rows["total"]))
    arms = [arm for arm in experiment.arms if arm.name in set(rows["arm"])]
    result = []
    for arm, versus in pairs(arms):
        planned = experiment.seeds_in_common((arm.name, versus.name), profile)
        apart = _by_seed(rows, arm, planned) - _by_seed(rows, versus, planned)
        # A fraction that no common seed has is no reading; a seed that lacks one of the others is left out of all.
        apart = apart.dropna(axis="index", how="all").dropna(axis="columns", how="all").dropna(axis="index")
        if arm.timesteps == versus.timesteps and not apart.empty:
            of_fractions = tuple(
                Reading.of(outcomes_without_images(apart[fraction].to_numpy(), lowest=-100.0), fraction=float(fraction))
                for fraction in apart.columns
            )
            result.append(AlongTraining(arm.name, versus.name, arm.timesteps, planned, of_fractions))
    return tuple(result)


def _by_seed(rows: pd.DataFrame, arm: Arm, planned: int) -> pd.DataFrame:
    """Accuracy in percent, a row for each planned seed and a column for each fraction, ascending."""
    of_arm = rows[(rows["arm"] == arm.name) & (rows["seed"] < planned)]
    return of_arm.pivot(index="seed", columns="fraction", values="accuracy")
