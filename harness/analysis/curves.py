"""What a curve of accuracy against timestep says in one number: steps to reach, area, optimism of selection."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

ARM = ["experiment", "profile", "arm"]
CELL = [*ARM, "seed"]


def rows_of(frame: pd.DataFrame, arm: Sequence[str]) -> pd.DataFrame:
    """The rows of one arm, named by the values of its columns `ARM`: (experiment, profile, arm)."""
    return frame[(frame[ARM] == list(arm)).all(axis=1)]


def percent(correct: npt.ArrayLike, total: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Accuracy in percent. One rounding only, so that 8950 of 10000 is the same float as a printed "89.5"."""
    return np.asarray(100 * np.asarray(correct) / np.asarray(total), dtype=np.float64)


def steps_to_reach(accuracy: npt.ArrayLike, target: float) -> int | None:
    """The first timestep (from 1) from which accuracy stays at or above `target` to the end.

    `accuracy[t]` is after t + 1 steps, in the unit of `target`. None: censored, never reached for good.
    """
    below = np.flatnonzero(np.asarray(accuracy) < target)
    first = int(below[-1]) + 2 if below.size else 1
    return first if first <= np.size(accuracy) else None


def steps_label(steps: int | None, timesteps: int) -> str:
    """`steps` in words: "41", or "> 48" for a run of 48 timesteps that is censored."""
    return f"> {timesteps}" if steps is None else str(steps)


def area(accuracy: npt.ArrayLike) -> float:
    """Mean accuracy over the logarithm of time, from the first timestep to the last; 0..1 for percent 0..100.

    The trapezoidal area under accuracy against log t, divided by log T; a run of one step has its accuracy.
    """
    from scipy.integrate import trapezoid

    share = np.asarray(accuracy, dtype=np.float64) / 100.0
    if share.size == 1:
        return float(share[0])
    time = np.log(np.arange(1, share.size + 1))
    return float(trapezoid(share, time) / time[-1])


def optimism(accuracy_after_epochs: Sequence[float]) -> float:
    """How much the best epoch, chosen on the test set, stands above the final one (≥ 0); NaN without epochs."""
    return max(accuracy_after_epochs) - accuracy_after_epochs[-1] if accuracy_after_epochs else float("nan")
