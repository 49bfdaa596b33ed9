"""Findings in README, kept by the report, and the figure of all claims."""

from pathlib import Path

import pytest

from harness.catalogue import Sentence, under
from harness.errors import HarnessError
from harness.report import Folders, ReportResult, check, render
from harness.report.figures_forest import forest
from harness.report.findings import END, START, findings_list, in_brief, in_readme

from .campaigns import CATALOGUE, Campaign, write_mnist


def test_only_what_stands_between_the_marks_is_written() -> None:
    assert in_readme(f"a\n{START}\nold\n{END}\nb\n", "- new\n") == f"a\n{START}\n- new\n{END}\nb\n"
    assert in_readme("no marks", "- new") == "no marks"


@pytest.mark.parametrize("text", [f"a {START} b", f"a {END} b", f"{END} {START}"])
def test_half_a_pair_of_marks_is_refused(text: str) -> None:
    with pytest.raises(HarnessError, match="only one of"):
        in_readme(text, "- new")


def test_readme_is_rewritten_and_checked(campaign: Campaign, tmp_path: Path) -> None:
    write_mnist(campaign.evidence)
    readme = tmp_path / "README.md"
    readme.write_text(f"# Title\n{START}\n{END}\n", encoding="utf-8")
    folders = Folders(campaign.evidence, campaign.out, readme=readme)
    render(folders, CATALOGUE)
    assert "- Of 17 statements, " in readme.read_text(encoding="utf-8")
    assert check(folders, CATALOGUE) == []
    readme.write_text(
        readme.read_text(encoding="utf-8").replace("Of 17 statements", "Of 18 statements"), encoding="utf-8"
    )
    assert check(folders, CATALOGUE) == ["../README.md"]


def test_every_claim_of_a_number_has_a_row_in_the_figure(everything: Campaign, rendered: ReportResult) -> None:
    svg = (everything.out / "dct-snn-claims.svg").read_bytes()
    numbers = {j.id for j in rendered.judgements if j.kind in ("value", "ordering")}
    assert svg.count(b"<use") > len(numbers)
    assert everything.out / "dct-snn-claims.png" in rendered.files


def test_without_claims_there_is_no_figure() -> None:
    assert forest("claims", "All claims", []) is None


def test_parts_are_a_list_below_their_sentence_in_the_documentation() -> None:
    markdown = pytest.importorskip("markdown")
    text = findings_list([Sentence("It differs", ("from a", "from b")), Sentence("That is all.")])
    shown = markdown.markdown(text).replace("\n", "")
    assert shown == "<ul><li>It differs<ul><li>from a</li><li>from b</li></ul></li><li>That is all.</li></ul>"


def test_sentences_stand_under_their_topics() -> None:
    found = (Sentence("Of all."), *under("MNIST", [Sentence("One.")], [Sentence("Two.")]), *under("CIFAR-10", ()))
    assert findings_list(found) == "- Of all.\n\n**MNIST**\n\n- One.\n- Two."


def test_readme_has_what_is_of_all_and_the_brief_lines_of_the_rest() -> None:
    told = Sentence("Does it differ?", ("yes: a",), brief="It differs: a.")
    found = (Sentence("Of all", ("one",)), *under("MNIST", [told, Sentence("Untold.", ("b",))]))
    assert in_brief(found) == "- Of all\n    - one\n- It differs: a."
