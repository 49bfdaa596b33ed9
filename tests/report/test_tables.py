"""Accuracy tables: who stands in a row, which timesteps in a column, and no blank without its reason."""

from pathlib import Path

import pytest

from harness.records.store import read_record
from harness.records.verifications import Source, Verification, Word, write_verification
from harness.report import render
from harness.report.scene import styles_of
from harness.report.sources import read
from harness.report.tables import (
    BEYOND,
    FEW_SEEDS,
    NO_TIME,
    NOT_PRINTED,
    OTHER_TIME,
    OWN_TIME,
    Table,
    accuracy_table,
    columns_of,
    letter,
)

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


def test_the_footnotes_of_a_published_row_are_true_of_it(campaign: Campaign) -> None:
    """Comsa et al. print no number of timesteps; Kheradpisheh et al. print 256; 98.54 is the paper's own."""
    rows = {row.title: row for row in table_of(campaign).rows if row.whose == "published"}
    assert {e.reason for e in rows["Comsa et al. [3]"].entries} == {NO_TIME}
    assert rows["Comsa et al. [3]"].elsewhere == "97.9, timesteps not reported"
    assert {e.reason for e in rows["Kheradpisheh et al. [7]"].entries} == {OTHER_TIME}
    readings = [row for row in table_of(campaign, "sensitivity-readings").rows if row.whose == "published"]
    assert {e.reason for row in readings for e in row.entries if e.value is None} == {OWN_TIME}


def test_what_a_published_number_really_says_stands_at_it(campaign: Campaign) -> None:
    (rate,) = [row for row in table_of(campaign, "cifar100-vgg11").rows if row.title.startswith("Rate")]
    assert "stays below 60 %" in rate.note


def test_an_interval_never_leaves_0_to_100_percent(campaign: Campaign) -> None:
    """Three seeds at 99.9, 99.9 and 90: mean 96.6 and a half-width of 14.2; two seeds are two figures."""
    write_arm(campaign.evidence, MNIST, "paper", "cyclic-2", (9990, 9990, 9000))
    write_arm(campaign.evidence, MNIST, "paper", "cyclic-5", (1000, 9000))
    rows = {row.arm: row for row in table_of(campaign).rows if row.whose == "evidence"}
    assert rows["cyclic-2"].entries[1].text == "96.60 (82.40 to 100.00)"
    assert rows["cyclic-5"].entries[3].text == "10.00, 90.00"
    report = render(campaign.alone, CATALOGUE)
    for judged in report.judgements:
        if judged.kind == "value":
            ends = (judged.low, judged.high, judged.prediction_low, judged.prediction_high)
            assert all(end is None or 0.0 <= end <= 100.0 for end in ends), judged.id


def test_an_arm_has_one_name_in_tables_and_figures() -> None:
    for experiment in map(CATALOGUE.experiment, CATALOGUE.names()):
        for arm in experiment.arms:
            assert styles_of(experiment.arms)[arm.name].label in arm.name


def verified(path: Path, source: Source, verdict: Word = "identical") -> None:
    record = read_record(path)
    assert record.curve is not None
    fields, largest = ([], 0) if verdict == "identical" else (["ann_epochs"], 3)
    found = Verification(record.digest, source, {}, None, "", verdict, largest, 40.0, fields, record.curve, {})
    write_verification(path, found)


def test_verifications_have_a_column_and_stand_with_their_record(campaign: Campaign) -> None:
    first, second, _ = write_arm(campaign.evidence, MNIST, "paper", "cyclic-2", (9000, 9100, 9200))
    assert not table_of(campaign).verified
    verified(first, "training", "within tolerance")
    verified(first, "snntorch")
    verified(second, "snntorch")
    words = "snntorch: identical (2/3); training: within tolerance (1/3)"
    assert {row.verified for row in table_of(campaign).rows if row.arm == "cyclic-2" and row.whose == "evidence"} == {
        words
    }
    assert render(campaign.alone, CATALOGUE).problems == ()
    text, page = ((campaign.out / name).read_text() for name in ("report.md", "index.html"))
    assert "| T = 100 | verified |" in text
    assert words in text
    assert f">{words}</td>" in page
    assert "90.00 % (verified from training: within tolerance; from snntorch: identical), " in text
    assert "<span>91.00 % (verified from snntorch: identical)</span>" in page
    assert "<span>92.00 %</span>" in page
