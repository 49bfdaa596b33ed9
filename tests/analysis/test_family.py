"""Holm's adjustment in a family of fixed size, by hand and by how often it errs."""

import numpy as np
import pytest

from harness.analysis.family import holm


def test_a_full_family_by_hand() -> None:
    """Sorted 0.01, 0.03, 0.04 times 3, 2, 1: 0.03, 0.06, 0.04, made monotone 0.03, 0.06, 0.06."""
    assert holm([0.01, 0.04, 0.03], 3) == pytest.approx([0.03, 0.06, 0.06])


def test_missing_members_count_as_one() -> None:
    """0.01 and 0.03 of five: times 5 and 4."""
    assert holm([0.01, 0.03], 5) == pytest.approx([0.05, 0.12])
    assert holm([0.01, float("nan"), 0.03], 5) == pytest.approx([0.05, 1.0, 0.12])


def test_leaving_out_a_failure_changes_nothing() -> None:
    assert holm([0.004, 0.9, 1.0], 8)[0] == holm([0.004], 8)[0] == pytest.approx(0.032)


def test_another_member_never_raises_a_p() -> None:
    assert holm([0.02, 0.001], 3)[0] <= holm([0.02], 3)[0]


def test_empty_families() -> None:
    assert holm([], 4).size == holm([], 0).size == 0


def test_more_tests_than_the_family_has_are_refused() -> None:
    with pytest.raises(ValueError, match="3 tests in a family of 2"):
        holm([0.1, 0.2, 0.3], 2)


def test_a_family_without_any_difference_errs_in_at_most_5_percent(monkeypatch: pytest.MonkeyPatch) -> None:
    """2,000 families of 12 uniform p; three Monte Carlo errors above 5 % are 6.5 %."""
    # statsmodels collects garbage in every call, which takes 30 ms each in a process with many objects.
    monkeypatch.setattr("gc.collect", lambda: 0)
    families = np.random.default_rng(1).random((2_000, 12))
    assert 0.035 <= np.mean([holm(family.tolist(), 12).min() <= 0.05 for family in families]) <= 0.065
