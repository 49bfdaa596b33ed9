"""The tables of a report: who stands in a row, which timesteps in a column, and no blank without its reason."""

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from harness import cli
from harness.analysis.judges import judge
from harness.analysis.verdicts import VERDICTS
from harness.records.fingerprint import recipe_digest
from harness.records.store import read_record
from harness.records.verifications import Source, Verification, Word, write_verification
from harness.report import ReportResult, read, render
from harness.report.figures import styles_of
from harness.report.table import Cell as TableCell
from harness.report.table import Link, Row, Table
from harness.report.tables import (
    FEW_SEEDS,
    accuracy_table,
    claims_table,
    columns_of,
    paired_table,
    profile_words,
    tally_table,
)
from tests.analysis.conftest import Write, write
from tests.analysis.judging import INTERLEAVED, load
from tests.analysis.judging import write_arm as write_judged

from .campaigns import CATALOGUE, Campaign, Cell, write_arm, write_cell, write_mnist

__all__ = ["write"]
MNIST = "mnist-784-100-10"


def table_of(campaign: Campaign, name: str = MNIST, profile: str = "paper") -> Table:
    sources = read(campaign.evidence, campaign.local, CATALOGUE)
    experiment = CATALOGUE.experiment(name)
    return accuracy_table(experiment, experiment.profile(profile).name, sources, CATALOGUE.claims)


def at(table: Table, arm: str, whose: str, title: str) -> TableCell:
    """The cell of an arm's row in the column of that title."""
    (row,) = [row for row in table.rows if (row.group, row.cells[1].value) == (arm, whose)]
    return row.cells[[column.title for column in table.columns].index(title)]


def words(table: Table, row: Row) -> list[str]:
    return [column.words(cell.value) for column, cell in zip(table.columns, row.cells, strict=True)]


def test_columns_are_the_usual_timesteps_and_every_arms_last() -> None:
    assert columns_of(CATALOGUE.experiment(MNIST)) == (1, 2, 4, 5, 8, 16, 24, 48, 100)
    assert columns_of(CATALOGUE.experiment("ablation-frequencies")) == (1, 2, 4, 5, 8, 16, 24, 48)
    assert columns_of(CATALOGUE.experiment("tinyimagenet-vgg13"))[-1] == 125


def test_mean_and_interval_are_those_of_the_counts(campaign: Campaign) -> None:
    write_arm(campaign.evidence, MNIST, "paper", "cyclic-2", (9000, 9100, 9200))
    write_arm(campaign.evidence, MNIST, "paper", "cyclic-5", (1000, 9000))
    write_arm(campaign.evidence, MNIST, "paper", "poisson-16", (9990, 9990, 9000))
    table = table_of(campaign)
    shown = {row.group: words(table, row) for row in table.rows if row.cells[1].value == "evidence"}
    # t(0.975, 2) = 4.3027, sd = 1, so the half-width is 4.3027 / sqrt(3)
    assert shown["cyclic-2"][2:5] == ["3/5", "36.40 ± 0.99", "91.00 ± 2.48"]
    assert shown["cyclic-5"][6] == "10.00, 90.00"  # two seeds are two figures
    assert shown["poisson-16"][8] == "96.60 (82.40 to 100.00)"  # a half-width of 14.2 would leave 0 .. 100 %
    assert at(table, "cyclic-5", "evidence", "T = 5").note == FEW_SEEDS


def test_paper_stands_above_evidence_above_yours_and_others_come_last(campaign: Campaign) -> None:
    write_mnist(campaign.evidence)
    write_arm(campaign.local, MNIST, "paper", "cyclic-16", (9800,))
    table = table_of(campaign)
    assert [row.cells[1].value for row in table.rows if row.group == "cyclic-16"] == ["paper", "evidence", "yours"]
    assert {row.cells[1].value for row in table.rows[-6:]} == {"published"}
    printed = [at(table, "cyclic-16", "paper", f"T = {t}") for t in (8, 16, 24)]
    assert [cell.value for cell in printed] == [None, "98.54", None]
    (row,) = [row for row in table.rows if (row.group, row.kind) == ("cyclic-16", "evidence")]
    assert at(table, "cyclic-16", "evidence", "seeds").opens
    assert row.records[0] == Link("cyclic-16", 0, f"{MNIST}/paper/cyclic-16/seed-0000.json", "98.50 %")
    assert len(row.records) == 5


def test_an_empty_cell_is_empty_and_has_no_footnote(everything: Campaign) -> None:
    for name, profile in ((MNIST, "paper"), ("sensitivity-readings", "paper"), ("ablation-interleaved", "lite")):
        for row in table_of(everything, name, profile).rows:
            assert not any(cell.note for cell in row.cells if cell.value is None), row


def test_an_arm_whose_only_cell_failed_quotes_the_error(campaign: Campaign) -> None:
    write_cell(campaign.evidence, Cell(MNIST, "paper", "cyclic-2", 0), 0, "disk is full")
    assert (
        "no finished cell: seed 0 failed (disk is full)" in at(table_of(campaign), "cyclic-2", "evidence", "arm").small
    )


def test_a_published_row_says_for_which_steps_its_number_stands(campaign: Campaign) -> None:
    """Comsa et al. print no number of timesteps; Kheradpisheh et al. print 256."""
    rows = {row.cells[0].value: row.cells for row in table_of(campaign).rows if row.group == "published"}
    assert rows["Comsa et al. [3]"][0].small[0] == "97.9, timesteps not reported"
    assert rows["Kheradpisheh et al. [7]"][0].small[0] == "97.4 at T = 256"
    (rate,) = [row for row in table_of(campaign, "cifar100-vgg11").rows if str(row.cells[0].value).startswith("Rate")]
    assert "stays below 60 %" in " ".join(rate.cells[0].small)


@pytest.mark.parametrize(("profile", "words"), [("paper", "with the deviations"), ("lite", "judges the direction")])
def test_the_published_recipe_is_one_that_nothing_deviates_from(profile: str, words: str) -> None:
    experiment = CATALOGUE.experiment("ablation-interleaved")
    own = experiment.profile(profile)
    assert words in profile_words(experiment, own.name)
    exact = replace(experiment, arms=experiment.arms[:1], published={}, profiles=(replace(own, deviations=()),))
    assert ("the published recipe" in profile_words(exact, own.name)) is (profile == "paper")


def test_a_figure_calls_an_arm_by_parts_of_its_title() -> None:
    for experiment in map(CATALOGUE.experiment, CATALOGUE.names()):
        for arm in experiment.arms:
            assert set(styles_of(experiment.arms)[arm.name].name.split(", ")) <= set(arm.title.split(", "))


def test_one_computation_has_one_title_and_two_of_an_experiment_have_two() -> None:
    of_recipe: dict[str, set[str]] = {}
    for experiment in map(CATALOGUE.experiment, CATALOGUE.names()):
        assert len({arm.title for arm in experiment.arms}) == len(experiment.arms)
        for profile in experiment.profiles[1:]:  # a smoke run has one network for all
            for arm in experiment.arms:
                recipe = recipe_digest(experiment.resolve(arm, profile, 0))
                of_recipe.setdefault(recipe, set()).add(arm.title)
    assert [titles for titles in of_recipe.values() if len(titles) > 1] == []


def test_an_arm_read_before_its_last_step_is_named_so(tmp_path: Path) -> None:
    write_mnist(tmp_path)
    table = paired_table(CATALOGUE.experiment(MNIST), "paper", read(tmp_path, None, CATALOGUE))
    assert table is not None
    assert [row.cells[0].value for row in table.rows] == [
        "DCT, cyclic − DCT, cyclic, T = 16 (read after 5)",
        "DCT, cyclic − DCT, cyclic, T = 16 (read after 2)",
        "Poisson rate − DCT, cyclic",
    ]


def verified(path: Path, source: Source, verdict: Word = "identical") -> None:
    record = read_record(path)
    assert record.curve is not None
    fields, largest = ([], 0) if verdict == "identical" else (["ann_epochs"], 3)
    found = Verification(record.digest, source, {}, None, "", verdict, largest, 40.0, fields, record.curve, {})
    write_verification(path, found)


@pytest.mark.usefixtures("blank_figures")
def test_verifications_have_a_column_and_stand_with_their_record(campaign: Campaign) -> None:
    first, second, _ = write_arm(campaign.evidence, MNIST, "paper", "cyclic-2", (9000, 9100, 9200))
    assert table_of(campaign).columns[-1].title == "T = 100"
    verified(first, "training", "within tolerance")
    verified(first, "snntorch")
    verified(second, "snntorch")
    said = "snntorch: identical (2/3); training: within tolerance (1/3)"
    assert at(table_of(campaign), "cyclic-2", "evidence", "verified").value == said
    assert render(campaign.alone, CATALOGUE).problems == ()
    text, page = ((campaign.out / f"{MNIST}.{suffix}").read_text() for suffix in ("md", "html"))
    assert "| T = 100 | verified |" in text
    assert said in text
    assert f">{said}</td>" in page
    assert "90.00 % (verified from training: within tolerance; from snntorch: identical), " in text
    assert "</a> 91.00 % (verified from snntorch: identical)</li>" in page
    assert "</a> 92.00 %</li>" in page
    findings = (campaign.out / "findings.md").read_text()
    assert f"| {MNIST} | paper | cyclic-2 | 1 | snntorch: identical |" in findings


@pytest.fixture(scope="module")
def listed(everything: Campaign) -> list[dict[str, Any]]:
    """What `harness report --json` says of the evidence."""
    folders = ("--evidence-dir", str(everything.evidence), "--results-dir", str(everything.evidence))
    done = CliRunner().invoke(cli.app, ["report", "--json", *folders])
    assert done.exit_code == 0, done.stderr
    claims: list[dict[str, Any]] = json.loads(done.stdout)["claims"]
    return claims


def test_every_claim_is_listed_and_every_judged_one_has_its_margin(listed: list[dict[str, Any]]) -> None:
    assert {(c["id"], c["kind"]) for c in listed} == {(c.id, c.kind) for c in CATALOGUE.claims if c.kind != "context"}
    judged = [c for c in listed if VERDICTS[c["verdict"]].answers]
    assert {c["kind"] for c in judged} >= {"value", "ordering", "agreement"}
    assert [c["id"] for c in judged if c["margin"] is None] == []


def test_every_row_has_a_reason_and_every_judged_one_what_decided_it(everything: Campaign) -> None:
    table = claims_table(read(everything.evidence, None, CATALOGUE), CATALOGUE.claims)
    assert [row.key for row in table.rows if not row.details] == []
    titles = [column.title for column in table.columns]
    decided = {row.key: row.cells[titles.index("decided by")].value for row in table.rows}
    words = {row.key: str(row.cells[titles.index("verdict")].value) for row in table.rows}
    assert [
        key for key, word in words.items() if word in VERDICTS and VERDICTS[word].answers and not decided[key]
    ] == []
    assert "incomplete (4/5)" in words.values()


def tally(folder: Path) -> Table:
    claims = CATALOGUE.papers[0].claims
    return tally_table(judge(load(folder), CATALOGUE, claims), claims)


def test_statements_are_counted_each_with_the_words_of_its_parts(tmp_path: Path, write: Write) -> None:
    assert tally(tmp_path).rows == ()
    write_judged(write, MNIST, "paper", "cyclic-16", (9850, 9853, 9856, 9852, 9859))
    write_judged(write, MNIST, "paper", "cyclic-2", (9400, 9401, 9402, 9403, 9404))
    table = tally(tmp_path)
    # Accuracies and Table 1 on MNIST, and "about 200" without "orders of magnitude".
    assert table.title == "Of 17 statements, 1 comes out, 2 in part, 0 do not; 14 are not answered."
    said = {row.cells[0].value: (row.cells[1].value, row.cells[2].value) for row in table.rows}
    assert said["MNIST: 98.54 % at 16 steps, 97.3 at 5, 86.7 at 2"] == (
        "in part",
        "16 steps: reproduced, tuned; 5 steps: no records, trained at T = 5; 2 steps: higher, trained at T = 2",
    )
    assert len(table.rows) == 17


def test_a_direction_on_a_small_network_says_so(tmp_path: Path, write: Write) -> None:
    for arm, less in (("cyclic-16x3", 0), ("interleaved-16x3", 2000)):
        write_judged(write, INTERLEAVED, "lite", arm, [final - less for final in (6900, 6960, 6860, 6900, 6920)])
    parts = [str(row.cells[2].value) for row in tally(tmp_path).rows]
    assert any("16 frequencies: holds, on a small network; 8 frequencies: no records" in part for part in parts)


@pytest.fixture(scope="module")
def markdown(rendered: ReportResult, everything: Campaign) -> str:
    """All of the report in Markdown, whose index is short."""
    assert len((everything.out / "report.md").read_text().splitlines()) <= 150
    return "\n".join(path.read_text() for path in rendered.files if path.suffix == ".md")


def line_with(text: str, *words: str) -> str:
    return next(line for line in text.splitlines() if all(word in line for word in words))


def test_markdown_puts_published_and_ours_beside_the_verdict(markdown: str) -> None:
    line = line_with(markdown, "| DCT, cyclic at T = 16", "evidence")
    assert "| ✓ reproduced |" in line
    assert "| 98.54 % | 98.54 % (95 %: 98.50 to 98.58; next run 98.43 to 98.65) |" in line
    assert "incomplete (4/5)" in line_with(markdown, "| DCT, cyclic, first 8 > DCT, interleaved, first 8")
    assert "no records" in line_with(markdown, "| DCT, cyclic at T = 125", "tinyimagenet-vgg13")


def test_markdown_labels_profiles_and_quotes_errors_as_text(markdown: str) -> None:
    assert '"loss is not finite \\<after> step 3"' in line_with(markdown, "- evidence: ", "seed-0002.json")
    assert "## smoke: not judged" in markdown
    assert "judges the direction of orderings only" in markdown


def test_markdown_links_records_from_the_reports_folder(markdown: str, everything: Campaign) -> None:
    link = "../results/evidence/mnist-784-100-10/paper/cyclic-16/seed-0000.json"
    assert f"[seed 0]({link}) 98.50 %" in markdown
    assert (everything.out / link).is_file()


def test_csv_has_every_timestep_of_every_arm_and_published_numbers_as_printed(
    rendered: ReportResult, everything: Campaign
) -> None:
    assert rendered.files
    with (everything.out / "mnist-784-100-10.csv").open() as file:
        rows = list(csv.DictReader(file))
    ours = [row for row in rows if (row["arm"], row["whose"]) == ("cyclic-16", "evidence")]
    assert [int(row["timestep"]) for row in ours] == list(range(1, 17))
    assert (ours[-1]["accuracy"], ours[-1]["seeds_done"], ours[-1]["seeds_planned"]) == ("98.5400", "5", "5")
    published = {row["title"]: row["accuracy"] for row in rows if row["whose"] in ("paper", "published")}
    assert (published["cyclic-5"], published["Stephan et al. [14]"]) == ("97.3", "85")
    missing = next(row for row in rows if row["arm"] == "direct-16")
    assert missing["accuracy"] == ""
    assert missing["note"] == "not run yet: harness run mnist-784-100-10 --profile paper"
    with (everything.out / "quickstart.csv").open() as file:
        assert {row["judged"] for row in csv.DictReader(file)} == {"no"}
