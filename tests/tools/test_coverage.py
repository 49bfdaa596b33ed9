"""The report's own intervals on simulated test sets: 2,000 draws have a Monte Carlo error of 0.5 points at 95 %."""

from dataclasses import replace

import numpy as np
import pytest

from harness.analysis.statistics import common_share, components
from tools.coverage import (
    Coverage,
    Design,
    accuracies,
    coverage_of_accuracy,
    coverage_of_difference,
    designs,
    differences,
    false_ordering,
    false_reproduced,
)

WHOLE = Design(seeds=5, share=0.2, images=10_000, accuracy=0.985)  # a whole test set, near 100 %
# A tenth from the images, little from the seeds: here plain degrees of freedom cover 92.7 %.
FEW = Design(seeds=3, share=0.1, spread=1.3)


def covers(rates: Coverage) -> bool:
    return all(0.93 <= rate <= 0.97 for rate in (rates.sampled, rates.fixed, rates.prediction))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("design", "draws"), [*((design, 2_000) for design in designs()), (WHOLE, 2_000), (FEW, 8_000)]
)
def test_intervals_of_an_accuracy_cover(design: Design, draws: int) -> None:
    assert covers(coverage_of_accuracy(design, draws=draws))


@pytest.mark.slow
@pytest.mark.parametrize("design", designs(), ids=str)
def test_intervals_of_a_difference_cover_and_false_orderings_are_at_most_5_percent(design: Design) -> None:
    """Orderings by other draws than those of coverage; three Monte Carlo errors above 5 % are 6.5 %."""
    assert covers(coverage_of_difference(replace(design, images=1_000)))
    assert false_ordering(replace(design, images=500), seed=1) <= 0.065


@pytest.mark.slow
@pytest.mark.parametrize(("seeds", "expected"), [(3, 0.869), (5, 0.747), (10, 0.564)])
def test_leaving_images_out_covers_far_less(seeds: int, expected: float) -> None:
    """Student's t at t(97.5 %) / √(1 + seeds · 0.4 / 0.6), for a common share of 40 %."""
    assert coverage_of_accuracy(Design(seeds, 0.4)).seeds_only == pytest.approx(expected, abs=0.03)


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [3, 5, 10])
@pytest.mark.parametrize("margin", [0.5, 5.0])
def test_false_reproduced_at_a_gap_of_the_margin(seeds: int, margin: float) -> None:
    """The published value is exact. If it is one noisy run, the rate is stated and may be larger."""
    rates = false_reproduced(Design(seeds, 0.2, images=500), margin, draws=4_000)
    assert 0 < rates.exact <= 0.06
    assert margin < 1 or seeds != 5 or rates.one_run > 2 * rates.exact


def test_simulated_accuracies_have_the_truth_and_the_shares_of_their_design() -> None:
    """Chances vary by 0.2 · 1.5 · 0.09 between images and by 0.5 · 0.09 / 2,000 between seeds."""
    drawn = accuracies(Design(seeds=10, share=0.2), draws=300, seed=2)
    parts = components(drawn.outcomes)
    assert drawn.outcomes.mean.mean() == pytest.approx(drawn.truth, abs=0.1)
    assert parts.image.mean() == pytest.approx(1e4 * 0.2 * 1.5 * 0.09, rel=0.03)
    assert np.var(drawn.one_more) == pytest.approx(1e4 * 1.5 * 0.09 / 2_000, rel=0.25)
    assert common_share(drawn.outcomes).mean() == pytest.approx(0.2, abs=0.03)


def test_simulated_differences_have_no_true_difference_and_their_share() -> None:
    drawn = differences(Design(seeds=10, share=0.4), draws=300, seed=4)
    assert drawn.outcomes.mean.mean() == pytest.approx(0.0, abs=0.1)
    assert common_share(drawn.outcomes).mean() == pytest.approx(0.4, abs=0.04)
