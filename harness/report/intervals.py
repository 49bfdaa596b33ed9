"""A mean over seeds with its interval, as a report shows it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.analysis.statistics import estimate, outcomes_without_images

ROUNDING = 1e-9  # of an interval that was not cut


@dataclass(frozen=True)
class Estimate:
    """Mean accuracy in percent (or points) of `runs`, one figure a seed.

    `low` .. `high`: the 95 % interval over seeds, cut at what the figure can be; None below three seeds.
    """

    mean: float
    low: float | None
    high: float | None
    runs: tuple[float, ...]

    @property
    def seeds(self) -> int:
        """The number of runs."""
        return len(self.runs)

    @property
    def half_width(self) -> float | None:
        """Half of the interval's width."""
        return None if self.low is None or self.high is None else (self.high - self.low) / 2.0

    @property
    def arms(self) -> tuple[float, float] | None:
        """How far the interval reaches below and above the mean."""
        return None if self.low is None or self.high is None else (self.mean - self.low, self.high - self.mean)

    @property
    def shown(self) -> tuple[float, ...]:
        """What a figure shows as points: the mean, and below three seeds each run."""
        return self.runs if self.low is None else (self.mean,)

    def __str__(self) -> str:
        """The mean ± half of its interval, or low to high where it was cut; below three seeds, each seed's figure."""
        arms = self.arms
        if arms is None:
            return ", ".join(f"{run:.2f}" for run in self.runs)
        if abs(arms[1] - arms[0]) > ROUNDING:
            return f"{self.mean:.2f} ({self.low:.2f} to {self.high:.2f})"
        return f"{self.mean:.2f} ± {arms[0]:.2f}"


def estimates_of(runs: npt.NDArray[np.float64]) -> tuple[Estimate, ...]:
    """The estimate of each row of `runs`, [timesteps, seeds]."""
    found = estimate(outcomes_without_images(runs))
    return tuple(
        Estimate(float(mean), _number(low), _number(high), tuple(map(float, of_step)))
        for mean, low, high, of_step in zip(found.mean, found.low, found.high, runs, strict=True)
    )


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
