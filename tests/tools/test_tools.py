"""Tools of maintainers: the second reader, and intervals on simulated test sets."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from tools import audit
from tools.coverage import BINOMIAL, COMMON, PAGE, SEEDS, SPREADS, Design, accuracies, differences, rates, row

# The second reader


@pytest.mark.slow
def test_the_numbers_of_readme_are_those_of_the_records(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "Evidence", cache(audit.Evidence))  # read once
    assert audit.main([]) == 0, capsys.readouterr().out
    text = (audit.ROOT / "README.md").read_text("utf-8")
    for number, other in (
        ("10.2 published", "10.3 published"),
        ("above interleaved", "below interleaved"),
        ("1. On", "On"),
    ):
        assert number in text
        (tmp_path / "README.md").write_text(text.replace(number, other), encoding="utf-8")
        assert audit.main([str(tmp_path / "README.md")]) == 1, other
    assert "DIFFERS" in capsys.readouterr().out


# Coverage: 2,000 draws have a Monte Carlo error of 0.5 points at 95 %


# A tenth of a run's variance lies in the images, little in the seeds: plain degrees of freedom cover 92.7 % here.
FEW = Design(seeds=3, spread=0.3, common=0.13)


@pytest.mark.slow
@pytest.mark.parametrize(("design", "draws"), [(FEW, 8_000), (Design(5, 0.5), 2_000), (Design(3, 10.0), 2_000)])
def test_intervals_cover_and_tests_err_as_they_promise(design: Design, draws: int) -> None:
    """Three Monte Carlo errors above 5 % are 6.5 %."""
    found = rates(design, draws)
    assert all(0.93 <= rate <= 0.98 for rate in (found.both, found.fixed, found.one_more, found.difference))
    assert 0 < found.reproduced <= 0.065
    assert found.ordering <= 0.065


@pytest.mark.slow
def test_the_page_is_what_the_program_gives() -> None:
    """One row again, whole: draws depend on their seed alone."""
    printed = PAGE.read_text("utf-8").splitlines()
    design = Design(SEEDS[0], SPREADS[0])
    assert row(design, rates(design)) in printed
    assert len([line for line in printed if line[:3].strip("| ").isdigit()]) == len(SEEDS) * len(SPREADS)


def test_simulated_accuracies_have_the_truth_and_the_variances_of_their_design() -> None:
    drawn = accuracies(Design(seeds=10, spread=1.5), draws=300, seed=2)
    of_seeds = drawn.outcomes.seed_variance - drawn.outcomes.rest_square / 2_000
    assert drawn.outcomes.mean.mean() == pytest.approx(90.0, abs=0.1)
    assert drawn.outcomes.image_variance.mean() == pytest.approx(1e4 * COMMON * BINOMIAL, rel=0.03)
    assert of_seeds.mean() == pytest.approx(1e4 * 1.5 * BINOMIAL / 2_000, rel=0.1)
    assert np.var(drawn.one_more) == pytest.approx(1e4 * 2.5 * BINOMIAL / 2_000, rel=0.25)


def test_between_two_equal_arms_there_is_no_difference_but_on_the_images_drawn() -> None:
    drawn = differences(Design(seeds=10, spread=0.5), draws=300, seed=4)
    assert drawn.outcomes.mean.mean() == pytest.approx(0.0, abs=0.1)
    assert drawn.outcomes.image_variance.mean() == pytest.approx(1e4 * 2 * COMMON * BINOMIAL, rel=0.05)
    assert np.std(drawn.on_images) > 0.3
