"""Holm's adjustment (Scand. J. Statist. 1979) within a family of tests whose size is fixed before any is run."""

import gc
from collections.abc import Sequence

import numpy as np

from harness.analysis.crossed import Array


def holm(p_values: Sequence[float], size: int) -> Array:
    """Adjusted p of the given tests, in their order, within a family of `size`; those not given count as p = 1.

    NaN (a test that could not be made) counts as 1 too. So a claim without records costs the others what it would
    cost as a failure, and leaving claims out makes none of the others easier. A further member that is found can
    lower the adjusted p of the others (Holm steps down), and never raises it. Empty for no tests.
    Raises ValueError if more tests than `size` are given.
    """
    from statsmodels.stats.multitest import multipletests

    if len(p_values) > size:
        raise ValueError(f"{len(p_values)} tests in a family of {size}")
    raw = np.ones(size)
    if not size:
        return raw
    raw[: len(p_values)] = np.nan_to_num(np.asarray(p_values, dtype=np.float64), nan=1.0)
    gc.freeze()  # statsmodels collects garbage twice, which takes half a second where torch is loaded
    try:
        return np.asarray(multipletests(raw, method="holm")[1])[: len(p_values)]
    finally:
        gc.unfreeze()
