"""Means and intervals over seeds, equivalence, paired differences and Holm's adjustment.

Student, Biometrika 1908 (intervals); Schuirmann, J. Pharmacokin. Biopharm. 1987 (two one-sided tests);
Holm, Scand. J. Statist. 1979. Every function takes runs along the last axis, so that simulations are one call.
Fewer than two runs have no spread: sd, intervals and p are NaN. Equal runs have intervals of width 0.
"""

import numpy as np
import numpy.typing as npt

Runs = npt.ArrayLike
Array = npt.NDArray[np.float64]

LEVEL = 0.95
ALPHA = 0.05
LEAST_MARGIN = 0.5


def mean(runs: Runs) -> Array:
    """The mean over runs."""
    return np.asarray(np.mean(_array(runs), axis=-1))


def sd(runs: Runs) -> Array:
    """The sample standard deviation over runs (n - 1 degrees of freedom)."""
    values = _array(runs)
    if values.shape[-1] < 2:
        return np.full(values.shape[:-1], np.nan)
    # Equal runs would leave a rounding error of their mean behind, and a width that is not 0.
    spread = np.ptp(values, axis=-1) > 0
    return np.where(spread, np.std(values, axis=-1, ddof=1), 0.0)


def half_width(runs: Runs, level: float = LEVEL) -> Array:
    """Half the width of Student's confidence interval of the mean."""
    count = _array(runs).shape[-1]
    return np.asarray(_quantile(count, level) * sd(runs) / np.sqrt(count))


def confidence_interval(runs: Runs, level: float = LEVEL) -> tuple[Array, Array]:
    """Student's confidence interval of the mean: low, high."""
    centre, half = mean(runs), half_width(runs, level)
    return centre - half, centre + half


def prediction_interval(runs: Runs, level: float = LEVEL) -> tuple[Array, Array]:
    """Where one more run of the same kind falls with probability `level`: low, high."""
    count = _array(runs).shape[-1]
    half = _quantile(count, level) * sd(runs) * np.sqrt(1.0 + 1.0 / count)
    return mean(runs) - half, mean(runs) + half


def p_value(runs: Runs, against: float = 0.0) -> Array:
    """Two-sided p of Student's test that the mean is `against`; for paired runs, give their differences.

    Runs without spread give 0, or 1 if they all equal `against`.
    """
    above, below = _one_sided(runs, against)
    return np.asarray(2.0 * np.minimum(above, below))


def equivalence_p(runs: Runs, against: float, margin: float) -> Array:
    """p of two one-sided tests (TOST) that the mean lies within `margin` of `against`: the larger of the two."""
    above, _ = _one_sided(runs, against - margin)
    _, below = _one_sided(runs, against + margin)
    return np.maximum(above, below)


def holm(p_values: Runs) -> Array:
    """Holm's adjusted p for one family of tests (empty for none)."""
    from statsmodels.stats.multitest import multipletests

    raw = _array(p_values)
    return np.asarray(multipletests(raw, ALPHA, method="holm")[1]) if raw.size else raw


def binomial_error(percent: float, images: int) -> float:
    """The 95 % half-width, in percentage points, that `images` test images alone give an accuracy: 1.96 SE."""
    share = percent / 100.0
    return float(100.0 * 1.96 * np.sqrt(share * (1.0 - share) / images))


def margin(percent: float, images: int, last_digit: float) -> float:
    """The margin δ of equivalence with a published accuracy, in percentage points.

    The largest of 0.5, the binomial error of the published number's test set, half of its last printed digit.
    """
    return max(LEAST_MARGIN, binomial_error(percent, images), last_digit / 2.0)


def _array(runs: Runs) -> Array:
    return np.asarray(runs, dtype=np.float64)


def _quantile(count: int, level: float) -> float:
    from scipy import stats

    return float(stats.t.ppf(0.5 + level / 2.0, count - 1)) if count > 1 else float("nan")


def _one_sided(runs: Runs, against: float) -> tuple[Array, Array]:
    """p of the tests that the mean is not above, and not below, `against`."""
    from scipy import stats

    count = _array(runs).shape[-1]
    if count < 2:
        nothing = np.full(_array(runs).shape[:-1], np.nan)
        return nothing, nothing
    distance, error = mean(runs) - against, sd(runs) / np.sqrt(count)
    # Without spread t is infinite on the side where the runs stand, and 0 where they stand on the bound.
    steady = np.where(distance == 0.0, 0.0, np.copysign(np.inf, distance))
    statistic = np.divide(distance, error, out=steady, where=error > 0)
    return np.asarray(stats.t.sf(statistic, count - 1)), np.asarray(stats.t.cdf(statistic, count - 1))
