"""Two results folders side by side: pairs are seeds that both have finished."""

import io

import pytest
from rich.console import Console

from harness.errors import HarnessError
from harness.report import compare

from .campaigns import CATALOGUE, Campaign, Cell, write_arm, write_cell

MNIST = "mnist-784-100-10"


def test_differences_are_paired_by_seed(campaign: Campaign) -> None:
    write_arm(campaign.evidence, MNIST, "paper", "cyclic-2", (9000, 9100, 9200))
    write_arm(campaign.local, MNIST, "paper", "cyclic-2", (9010, 9120, 9230, 9900))
    (row,) = compare(campaign.evidence, campaign.local, CATALOGUE).arms
    assert row.paired_seeds == (0, 1, 2)
    assert row.difference is not None
    assert row.difference.mean == pytest.approx(0.2)
    # t(0.975, 2) = 4.3027 and sd = 0.1
    assert row.difference.half_width == pytest.approx(4.3027 * 0.1 / 3**0.5, abs=1e-4)
    assert row.b is not None
    assert row.b.seeds == 4


def test_equal_counts_are_counted_as_the_same(campaign: Campaign) -> None:
    write_arm(campaign.evidence, MNIST, "paper", "cyclic-2", (9000, 9100))
    write_arm(campaign.local, MNIST, "paper", "cyclic-2", (9000, 9101))
    (row,) = compare(campaign.evidence, campaign.local, CATALOGUE).arms
    assert row.identical == 1


def test_failed_cells_and_arms_of_one_side_have_no_pairs(campaign: Campaign) -> None:
    write_cell(campaign.evidence, Cell(MNIST, "paper", "cyclic-2", 0), 0, "out of memory")
    write_arm(campaign.local, MNIST, "paper", "cyclic-2", (9000,))
    (row,) = compare(campaign.evidence, campaign.local, CATALOGUE).arms
    assert (row.a, row.difference, row.paired_seeds) == (None, None, ())


def test_a_folder_without_records_is_an_error(campaign: Campaign) -> None:
    write_arm(campaign.evidence, MNIST, "paper", "cyclic-2", (9000,))
    with pytest.raises(HarnessError, match="no such results folder"):
        compare(campaign.evidence, campaign.local, CATALOGUE)
    campaign.local.mkdir()
    with pytest.raises(HarnessError, match="no records in it"):
        compare(campaign.evidence, campaign.local, CATALOGUE)


def test_the_table_fits_a_terminal(everything: Campaign) -> None:
    stream = io.StringIO()
    Console(width=80, file=stream).print(compare(everything.evidence, everything.local, CATALOGUE).tables())
    line = next(line for line in stream.getvalue().splitlines() if "cyclic-16 " in line)
    assert line.split()[:9] == ["cyclic-16", "98.54", "±", "0.04", "5", "98.45,", "98.58", "2", "-0.05,"]
    assert "…" not in stream.getvalue()
