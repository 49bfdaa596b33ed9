"""Markdown, CSV and LaTeX say what the records say."""

import csv

import pytest

from harness.report import ReportResult
from harness.report.environment import escaped

from .campaigns import Campaign


@pytest.fixture(scope="module")
def markdown(rendered: ReportResult, everything: Campaign) -> str:
    assert everything.out / "report.md" in rendered.files
    return (everything.out / "report.md").read_text()


@pytest.fixture(scope="module")
def rows(rendered: ReportResult, everything: Campaign) -> list[dict[str, str]]:
    assert rendered.files
    with (everything.out / "mnist-784-100-10.csv").open() as file:
        return list(csv.DictReader(file))


def line_with(text: str, *words: str) -> str:
    return next(line for line in text.splitlines() if all(word in line for word in words))


def test_markdown_puts_published_and_ours_beside_the_verdict(markdown: str) -> None:
    line = line_with(markdown, "cyclic-16 at T = 16", "evidence")
    assert "| 98.54 % | 98.54 % | 95 %: 98.50 to 98.58; next run 98.43 to 98.65 |" in line
    assert "✓ reproduced" in line


def test_markdown_says_incomplete_with_the_seeds(markdown: str) -> None:
    assert "incomplete (4/5)" in line_with(markdown, "cyclic-8x3 > interleaved-8x3")


def test_markdown_quotes_the_error_of_a_failed_cell_as_text(markdown: str) -> None:
    line = line_with(markdown, "- evidence: ", "seed-0002.json")
    assert '"loss is not finite \\<after> step 3"' in line


def test_markdown_labels_smoke_and_lite(markdown: str) -> None:
    assert "**smoke: not judged**" in markdown
    assert "judges the direction of orderings only" in markdown


def test_markdown_has_a_line_for_claims_without_records(markdown: str) -> None:
    assert "no records" in line_with(markdown, "tinyimagenet-vgg13: cyclic-125")


def test_markdown_links_records_from_the_reports_folder(markdown: str, everything: Campaign) -> None:
    link = "../results/evidence/mnist-784-100-10/paper/cyclic-16/seed-0000.json"
    assert f"[seed 0]({link}) 98.50 %" in markdown
    assert (everything.out / link).is_file()


def test_csv_has_every_timestep_of_every_arm(rows: list[dict[str, str]]) -> None:
    ours = [row for row in rows if (row["arm"], row["whose"]) == ("cyclic-16", "evidence")]
    assert [int(row["timestep"]) for row in ours] == list(range(1, 17))
    assert (ours[-1]["accuracy"], ours[-1]["seeds_done"], ours[-1]["seeds_planned"]) == ("98.5400", "5", "5")


def test_csv_keeps_published_numbers_as_printed(rows: list[dict[str, str]]) -> None:
    published = {row["title"]: row["accuracy"] for row in rows if row["whose"] in ("paper", "published")}
    assert published["cyclic-5"] == "97.3"
    assert published["Stephan et al. [14]"] == "85"


def test_csv_explains_an_arm_without_numbers(rows: list[dict[str, str]]) -> None:
    row = next(row for row in rows if row["arm"] == "direct-16")
    assert row["accuracy"] == ""
    assert row["note"] == "not run yet: harness run mnist-784-100-10 --profile paper"


def test_csv_says_that_smoke_is_not_judged(everything: Campaign, rendered: ReportResult) -> None:
    assert rendered.files
    with (everything.out / "quickstart.csv").open() as file:
        assert {row["judged"] for row in csv.DictReader(file)} == {"no"}


def test_latex_is_a_booktabs_table_with_one_width_of_rows(everything: Campaign, rendered: ReportResult) -> None:
    assert rendered.files
    text = (everything.out / "mnist-784-100-10.tex").read_text()
    body = text[text.index(r"\toprule") : text.index(r"\bottomrule")]
    assert {line.count("&") for line in body.splitlines() if line.endswith(r"\\")} == {11}
    assert r"98.54 $\pm$ 0.04" in line_with(body, "evidence", "5/5")


def test_latex_escapes_what_latex_reads_as_commands() -> None:
    assert escaped("50 % of U_T ≥ {x} § ±") == r"50 \% of U\_T $\ge$ \{x\} \S $\pm$"
