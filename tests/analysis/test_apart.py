"""How far seeds are apart beside the noise of a test, against hand-worked numbers."""

import math

import pytest

from harness.analysis.apart import widest
from harness.schema import Counts


def test_the_widest_pair_is_that_of_most_noise() -> None:
    """Two timesteps, n = 100: z = 2.2414 (two-sided 5 % in two). At t = 1, 40 and 60 around p = 1/2 are 20 images
    apart, and 2.2414 · √(2 · 100 · 1/4) = 15.849 are allowed; at t = 2 the third seed is 8 away from p = 0.95 or so,
    where 2.2414 · √(2 · 100 · 0.95 · 0.05) = 6.908 are."""
    curves = [Counts([40, 99], 100), Counts([60, 99], 100), Counts([50, 91], 100)]
    images, allowed = widest(curves)
    assert images == 20
    assert allowed == pytest.approx(2.241403 * math.sqrt(50), rel=1e-5)
    assert widest([*curves, Counts([50, 81], 100)])[0] == 18


def test_one_seed_has_no_pair() -> None:
    assert widest([Counts([40], 100)]) == (0, -1.0)
