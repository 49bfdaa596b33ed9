"""Percentiles against NumPy's, to the last bit."""

import numpy as np
import pytest

from encoders.percentile import percentile


@pytest.mark.parametrize("count", [1, 2, 3, 16, 17, 1000, 100_003])
@pytest.mark.parametrize("percent", [0, 6.5, 25, 50, 93.5, 99.99, 100])
def test_it_is_numpys(count: int, percent: float) -> None:
    draws = np.random.default_rng(count)
    for values in (draws.normal(size=count), draws.integers(-2, 3, count), draws.lognormal(5, 9, count)):
        single = values.astype(np.float32).reshape(1, -1)
        before = single.copy()
        assert percentile(single, percent) == np.percentile(single, [percent])[0]
        assert np.array_equal(single, before)


def test_it_lies_between_its_neighbours() -> None:
    assert percentile(np.array([4, 1, 2, 3], np.float32), 50) == 2.5
    assert percentile(np.array([4, 1, 2, 3], np.float32), 10) == pytest.approx(1.3)
