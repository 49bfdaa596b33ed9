"""Findings in README, kept by the report, and what becomes of the figure of headline claims without claims."""

from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import HarnessError
from harness.report import Folders, ReportResult, check, read, render
from harness.report.figures import claims_figures
from harness.report.publish import END, START, in_readme

from .campaigns import CATALOGUE, Campaign, write_mnist


def test_only_what_stands_between_the_marks_is_written() -> None:
    assert in_readme(f"a\n{START}\nold\n{END}\nb\n", "- new\n") == f"a\n{START}\n- new\n{END}\nb\n"
    assert in_readme("no marks", "- new") == "no marks"


@pytest.mark.parametrize("text", [f"a {START} b", f"a {END} b", f"{END} {START}"])
def test_half_a_pair_of_marks_is_refused(text: str) -> None:
    with pytest.raises(HarnessError, match="only one of"):
        in_readme(text, "- new")


@pytest.mark.usefixtures("blank_figures")
def test_readme_is_rewritten_and_checked(campaign: Campaign, tmp_path: Path) -> None:
    write_mnist(campaign.evidence)
    readme = tmp_path / "README.md"
    readme.write_text(f"# Title\n{START}\n{END}\n", encoding="utf-8")
    folders = Folders(campaign.evidence, campaign.out, readme=readme)
    render(folders, CATALOGUE)
    text = readme.read_text(encoding="utf-8")
    assert "Of 17 statements, " in text
    assert check(folders, CATALOGUE) == []
    readme.write_text(text.replace("Of 17 statements", "Of 18 statements"), encoding="utf-8")
    assert check(folders, CATALOGUE) == ["../README.md"]


def test_without_claims_there_is_no_figure(everything: Campaign) -> None:
    (evidence,) = read(everything.evidence, None, CATALOGUE)
    assert claims_figures(replace(CATALOGUE.papers[0], claims=()), {"mnist-784-100-10"}, evidence, "") == ()
    assert claims_figures(CATALOGUE.papers[0], {"quickstart"}, evidence, "") == ()


def test_findings_are_tables_under_their_topics(rendered: ReportResult, everything: Campaign) -> None:
    assert rendered.files
    text = (everything.out / "findings.md").read_text()
    assert text.startswith("**Partly: ")
    assert "\n\nOf 17 statements, " in text
    assert "| statement | what became of it | its parts |" in text
    assert (
        text.index("## MNIST")
        < text.index("### Which published accuracies come out?")
        < text.index("## What is missing")
    )
    page = (everything.out / "index.html").read_text()
    assert "<h2>MNIST</h2>" in page
    assert "Which published accuracies come out?" in page
