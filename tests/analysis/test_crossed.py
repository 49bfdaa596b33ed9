"""Sums of seeds × images against an analysis of variance by statsmodels, and against a table by hand."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from harness.analysis import crossed

# Two seeds, three images. Right by seed 2, 1; by image 2, 1, 0; in all 3 of 6.
BY_HAND = np.array([[True, True, False], [True, False, False]])


def _anova(table: npt.NDArray[np.float64]) -> dict[str, float]:
    """Mean squares of seeds, images and the rest, from the fit of a linear model."""
    seed, image = np.indices(table.shape)
    long = pd.DataFrame({"y": table.ravel(), "seed": seed.ravel(), "image": image.ravel()})
    rows = anova_lm(ols("y ~ C(seed) + C(image)", long).fit())
    return dict(zip(["seeds", "images", "rest"], rows["mean_sq"], strict=True))


def test_mean_squares_by_hand() -> None:
    """Sums of squares: seeds (4 + 1)/3 - 9/6 = 1/6; images (4 + 1 + 0)/2 - 9/6 = 1; in all 3 - 9/6; rest 1/3."""
    found = crossed.accuracy_outcomes(BY_HAND)
    assert found.per_seed.tolist() == pytest.approx([200 / 3, 100 / 3])
    assert found.mean == pytest.approx(50.0)
    assert [float(square) for square in found.squares] == pytest.approx([1e4 / 6, 1e4 / 2, 1e4 / 6])


@pytest.mark.parametrize("levels", [(0, 1), (-1, 1), (-2, 2)])
def test_mean_squares_agree_with_statsmodels(levels: tuple[int, int]) -> None:
    rng = np.random.default_rng(4)
    table = rng.integers(levels[0], levels[1] + 1, (4, 30), dtype=np.int8)
    expected = _anova(100.0 * table.astype(np.float64))
    right = crossed.accuracy_outcomes(table.astype(bool)) if levels == (0, 1) else crossed.difference_outcomes(table)
    assert right.squares._asdict() == pytest.approx(expected)


def test_variances_are_those_of_their_expected_mean_squares() -> None:
    """With squares 1/6, 1/2, 1/6 of three images and two seeds: (1/6 - 1/6)/3, (1/2 - 1/6)/2 and 1/6."""
    found = crossed.components(crossed.accuracy_outcomes(BY_HAND))
    assert found.seed == pytest.approx(0.0, abs=1e-9)
    assert found.image == pytest.approx(1e4 / 6)
    assert found.rest == pytest.approx(1e4 / 6)


def test_known_variances_come_out_again() -> None:
    """Chances 0.5, 0.9 by image (variance 0.04), ± 0.05 by seed (0.0025): 400 and 25 points², rest by difference."""
    rng = np.random.default_rng(5)
    chance = np.tile([0.5, 0.9], 1_000) + 0.05 * np.repeat([[-1.0], [1.0]], 100, axis=0)
    found = crossed.components(crossed.accuracy_outcomes(rng.random((200, 2_000)) < chance))
    assert found.image == pytest.approx(400.0, rel=0.05)
    assert found.seed == pytest.approx(25.0, rel=0.05)
    assert found.rest == pytest.approx(1e4 * np.mean(chance * (1 - chance)), rel=0.01)


def test_variances_are_never_negative() -> None:
    """Every image once right, every seed half right: both squares are 0, below the rest."""
    found = crossed.components(crossed.accuracy_outcomes(np.eye(2, dtype=bool)))
    assert found.seed == 0.0
    assert found.image == 0.0
    assert found.rest > 0


def test_the_common_share_is_the_images_part_of_a_run() -> None:
    """By hand: image 1/6, rest 1/6, seed 0: half of a run's variance is shared."""
    assert crossed.common_share(crossed.accuracy_outcomes(BY_HAND)) == pytest.approx(0.5)
    assert np.isnan(crossed.common_share(crossed.outcomes_without_images([1.0, 2.0])))


def test_satterthwaite_by_hand() -> None:
    """Squares 6, 5, 2 of 4 seeds × 11 images: variance 9/44; freedom 81 / (36/3 + 25/10 + 4/30) = 5.5353."""
    squares = crossed.MeanSquares(*(np.array(square) for square in (6.0, 5.0, 2.0)))
    variance, freedom = crossed.error_of_mean(squares, 4, 11)
    assert variance == pytest.approx(9 / 44)
    assert freedom == pytest.approx(81 / (12 + 2.5 + 4 / 30))


def test_without_an_image_component_the_freedom_is_student_s() -> None:
    squares = crossed.MeanSquares(*(np.array(square) for square in (6.0, 1.0, 2.0)))
    variance, freedom = crossed.error_of_mean(squares, 4, 11)
    assert variance == pytest.approx(6 / 44)
    assert freedom == pytest.approx(3.0)


def test_many_tables_are_one_call() -> None:
    tables = np.random.default_rng(6).random((3, 4, 20)) < 0.7
    together = crossed.accuracy_outcomes(tables)
    for i, table in enumerate(tables):
        alone = crossed.accuracy_outcomes(table)
        assert [float(s[i]) for s in together.squares] == pytest.approx([float(s) for s in alone.squares])


def test_wrong_tables_are_refused() -> None:
    with pytest.raises(ValueError, match="right"):
        crossed.accuracy_outcomes(np.zeros((2, 3), dtype=np.int8))
    with pytest.raises(ValueError, match="signed"):
        crossed.difference_outcomes(np.zeros((2, 3), dtype=np.uint8))
    with pytest.raises(ValueError, match="seeds, images"):
        crossed.accuracy_outcomes(np.zeros(3, dtype=bool))


def test_a_difference_may_lie_below_zero() -> None:
    found = crossed.difference_outcomes(np.array([[-1, -1, 0, 0]], dtype=np.int8))
    assert found.mean == -50.0
    assert (found.lowest, found.highest) == (-100.0, 100.0)
    assert crossed.difference_outcomes(np.array([[-2, 0]], dtype=np.int8)).lowest == -200.0
