"""What fine-tuning does to a difference: two arms of as many timesteps, read on the way of one training.

The pairs are those of `differences.pairs`. An interval covers the seeds alone, also at the end: records say how many
test images were right on the way, not which.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from harness.analysis.crossed import outcomes_without_images
from harness.analysis.curves import percent
from harness.analysis.differences import in_words, pairs
from harness.analysis.estimates import LEAST_SEEDS, estimate
from harness.catalogue import Arm, Experiment
from harness.config import ProfileName

CAPTION = (
    "Differences of accuracy in percentage points along fine-tuning, paired by seed, after the last timestep; columns "
    "are the fraction of it that is over, 0 straight after balancing; intervals cover 95 % each, over seeds alone"
)


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
