"""An experiment that is registered nowhere is shown from its records alone."""

import csv
import io
from dataclasses import replace

import pytest
from msgspec.structs import replace as changed

from harness.records.store import read_record, write_record
from harness.report import read, render, results_table

from .campaigns import CATALOGUE, Campaign, write_arm, write_mnist


def write_question(campaign: Campaign) -> None:
    """Two arms of three and two seeds, under a name that nobody knows."""
    for arm, finals in (("cyclic-16", (9000, 9010, 9020)), ("poisson-16", (8000, 8010))):
        for path in write_arm(campaign.evidence, "quickstart", "lite", arm, finals):
            record = read_record(path)
            path.unlink()
            write_record(campaign.evidence, changed(record, config=replace(record.config, experiment="my-question")))


@pytest.mark.usefixtures("blank_figures")
def test_its_curves_are_in_the_report(campaign: Campaign) -> None:
    write_question(campaign)
    result = render(campaign.alone, CATALOGUE)
    assert result.problems == ()
    rows = list(csv.DictReader(io.StringIO((campaign.out / "my-question.csv").read_text(encoding="utf-8"))))
    last = {row["arm"]: float(row["accuracy"]) for row in rows if row["timestep"] == "16"}
    assert last == {"cyclic-16": 90.1, "poisson-16": 80.05}
    assert (campaign.out / "my-question-lite-error.svg").exists()


def test_no_claim_is_judged_by_it(campaign: Campaign) -> None:
    write_mnist(campaign.evidence)
    before = read(campaign.evidence, None, CATALOGUE)[0].judgements
    write_question(campaign)
    assert read(campaign.evidence, None, CATALOGUE)[0].judgements == before


def test_it_has_a_table_on_the_terminal(campaign: Campaign) -> None:
    write_question(campaign)
    [source] = read(campaign.evidence, None, CATALOGUE)
    assert source.seeds("my-question", "lite", "poisson-16") == (2, 3)
    assert results_table("my-question", read(campaign.evidence, None, CATALOGUE), CATALOGUE.claims).renderables
