"""What the pages say is what the program and its committed files say."""

import re
from typing import get_args

import pytest

from harness.analysis.verdicts import VERDICTS, Word
from harness.papers import catalogue
from tests.documentation.pages import DOCS, ROOT
from tools.coverage import (
    ErrorRates,
    coverage_of_accuracy,
    coverage_row,
    designs,
    error_row,
    false_ordering,
    false_reproduced,
)


def test_the_simulations_are_those_that_the_program_gives() -> None:
    """One design again, whole: draws depend on their seed alone."""
    design = designs()[0]
    printed = (DOCS / "simulations.md").read_text("utf-8")
    assert coverage_row(coverage_of_accuracy(design)) in printed.splitlines()
    rates = ErrorRates(design, 2.0, *false_reproduced(design, 2.0), ordering=false_ordering(design))
    assert error_row(rates) in printed.splitlines()
    assert len(re.findall(r"^\| \d", printed, re.MULTILINE)) == 2 * len(designs())


def test_the_named_experiments_are_those_that_exist() -> None:
    rows = re.findall(r"^\| (`.*?) \|", (DOCS / "experiments.md").read_text("utf-8"), re.MULTILINE)
    assert [name for row in rows for name in re.findall(r"`([^`]+)`", row)] == catalogue().names()


@pytest.mark.parametrize("kind", ["csv", "tex"])
def test_every_table_of_the_report_is_linked(kind: str) -> None:
    written = {path.stem for path in (ROOT / "reports").glob(f"*.{kind}") if not path.stem.endswith("-operations")}
    assert set(re.findall(rf"\(\.\./reports/([\w-]+)\.{kind}\)", (DOCS / "found.md").read_text("utf-8"))) == written


def test_the_table_of_verdicts_is_that_of_the_program() -> None:
    rows = [f"| {verdict.word} | {verdict.sign} | {verdict.means} |" for verdict in VERDICTS.values()]
    table = (DOCS / "verdicts.md").read_text("utf-8").split("| verdict |")[1].split("\n\n")[0]
    assert table.splitlines()[2:] == rows
    assert list(VERDICTS) == list(get_args(Word))
