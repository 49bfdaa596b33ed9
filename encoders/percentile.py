"""A percentile of many fp32 values, as NumPy gives it but in a fraction of its time."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def percentile(values: NDArray[np.float32], percent: float) -> float:
    """`np.percentile(values, percent)` of a non-empty array: linear between the two values around the place.

    NumPy's partition is vectorised for one place and not for several, which `np.percentile` asks for.
    """
    place = percent / 100 * (values.size - 1)
    below = int(place)
    parted: Any = np.partition(values, below, axis=None)
    low = parted[below]
    high = parted[below + 1 :].min() if below + 1 < values.size else low
    # As NumPy's lerp does it: from the nearer end, the difference in fp32.
    part = place - below
    return float(high - np.float64(high - low) * (1 - part) if part >= 0.5 else low + np.float64(high - low) * part)
