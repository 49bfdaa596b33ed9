"""Accuracy tables: who stands in a row, which timesteps in a column, and no blank without its reason."""

import pytest

from harness.report.sources import read
from harness.report.tables import BEYOND, FEW_SEEDS, NOT_PRINTED, Table, accuracy_table, columns_of, letter

from .campaigns import CATALOGUE, Campaign, Cell, write_arm, write_cell, write_mnist

MNIST = "mnist-784-100-10"


def table_of(campaign: Campaign, name: str = MNIST, profile: str = "paper") -> Table:
    sources = read(campaign.evidence, campaign.local, CATALOGUE)
    experiment = CATALOGUE.experiment(name)
    return accuracy_table(experiment, experiment.profile(profile).name, sources, CATALOGUE.claims)


def test_columns_are_the_usual_timesteps_and_every_arms_last() -> None:
    assert columns_of(CATALOGUE.experiment(MNIST)) == (1, 2, 4, 5, 8, 16, 24, 48, 100)
    assert columns_of(CATALOGUE.experiment("ablation-frequencies")) == (1, 2, 4, 5, 8, 16, 24, 48)
    assert columns_of(CATALOGUE.experiment("tinyimagenet-vgg13"))[-1] == 125


def test_mean_and_interval_are_those_of_the_counts(campaign: Campaign) -> None:
    write_arm(campaign.evidence, MNIST, "paper", "cyclic-2", (9000, 9100, 9200))
    row = next(row for row in table_of(campaign).rows if (row.arm, row.whose) == ("cyclic-2", "evidence"))
    # t(0.975, 2) = 4.3027, sd = 1, so the half-width is 4.3027 / sqrt(3)
    assert row.entries[1].text == "91.00 ± 2.48"
    assert (row.seeds, row.complete) == ("3/5", False)


def test_paper_stands_above_evidence_above_yours_and_others_come_last(campaign: Campaign) -> None:
    write_mnist(campaign.evidence)
    write_arm(campaign.local, MNIST, "paper", "cyclic-16", (9800,))
    rows = table_of(campaign).rows
    assert [row.whose for row in rows if row.arm == "cyclic-16"] == ["paper", "evidence", "yours"]
    assert {row.whose for row in rows[-6:]} == {"published"}
    assert next(row for row in rows if row.title.startswith("Kheradpisheh")).elsewhere == "97.4 at T = 256"


def test_published_number_stands_in_its_own_column_as_printed(campaign: Campaign) -> None:
    write_mnist(campaign.evidence)
    row = table_of(campaign).rows[0]
    assert [(e.text, e.reason) for e in row.entries][4:7] == [("—", NOT_PRINTED), ("98.54", ""), ("—", BEYOND)]


def test_every_blank_has_a_reason(everything: Campaign) -> None:
    for name, profile in ((MNIST, "paper"), ("sensitivity-readings", "paper"), ("ablation-interleaved", "lite")):
        for row in table_of(everything, name, profile).rows:
            assert all(entry.reason for entry in row.entries if entry.value is None), row.title


def test_one_seed_has_no_interval_and_says_so(campaign: Campaign) -> None:
    write_arm(campaign.evidence, MNIST, "paper", "cyclic-2", (9000,))
    row = next(row for row in table_of(campaign).rows if (row.arm, row.whose) == ("cyclic-2", "evidence"))
    assert (row.entries[1].text, row.entries[1].reason) == ("90.00", FEW_SEEDS)


def test_an_arm_whose_only_cell_failed_quotes_the_error(campaign: Campaign) -> None:
    write_cell(campaign.evidence, Cell(MNIST, "paper", "cyclic-2", 0), 0, "disk is full")
    row = next(row for row in table_of(campaign).rows if (row.arm, row.whose) == ("cyclic-2", "evidence"))
    assert row.entries[0].reason == "no finished cell: seed 0 failed (disk is full)"
    assert row.seeds == "0/5"


@pytest.mark.parametrize(("index", "text"), [(0, "a"), (25, "z"), (26, "aa"), (53, "bb")])
def test_footnote_letters_go_on_after_z(index: int, text: str) -> None:
    assert letter(index) == text
