"""What the pages and the notebook say is what the program and its committed files say."""

import io
import json
import os
import re
import runpy
import shutil
from pathlib import Path
from typing import get_args

import pytest
from PIL import Image

import harness
from harness.analysis.verdicts import VERDICTS, Word
from tests.command import ROOT
from tests.documentation.pages import DOCS, pages

NOTEBOOK = DOCS / "student.ipynb"


def test_the_table_of_verdicts_is_that_of_the_program() -> None:
    parts = {"out": "comes out", "in part": "in part", "not": "does not", "open": "open"}
    rows = [f"| {one.word} | {one.sign} | {one.means} | {parts[one.outcome]} |" for one in VERDICTS.values()]
    table = (DOCS / "verdicts.md").read_text("utf-8").split("| verdict |")[1].split("\n\n")[0]
    assert table.splitlines()[2:] == rows
    assert list(VERDICTS) == list(get_args(Word))


def test_the_worked_example_has_the_numbers_of_the_evidence(tmp_path: Path) -> None:
    for name in ("mnist-784-100-10", "certificates"):  # the rest of the evidence decides nothing here
        shutil.copytree(ROOT / "results/evidence" / name, tmp_path / name)
    (found,) = [one for one in harness.judge_claim("mnist-t16", tmp_path) if one.leads]
    said = (DOCS / "verdicts.md").read_text("utf-8").split("## The words")[0]
    runs = [f"{run:.2f}" for run in found.runs]
    mean = f"Their mean, {found.mean:.2f} % (95 %: {found.low:.2f} to {found.high:.2f})"
    assert f"{', '.join(runs[:-1])} and {runs[-1]} %. {mean}" in " ".join(said.split())
    assert f"between {found.prediction_low:.2f} and {found.prediction_high:.2f} %" in said
    assert (f"δ = {found.margin:.2f}" in said, f"**{found.verdict}**" in said) == (True, True)
    assert f"the same word in {100 * (found.sharpness or 0):.0f} % of cases" in " ".join(said.split())
    assert f"would be called *reproduced* in {100 * (found.replication or 0):.0f} %" in said


def test_the_reference_of_claims_is_made_from_their_types() -> None:
    """`python docs/claims.py` writes it."""
    made = runpy.run_path(str(DOCS / "claims.py"))
    assert made["PAGE"].read_text("utf-8") == made["page"]()


def test_links_lead_somewhere_in_the_repository_too() -> None:
    """But for pages that are made while the site is built."""
    for page in (*pages(), ROOT / "README.md"):
        for target in re.findall(r"\]\((?!http)([^)#\s]+)\)", page.read_text("utf-8")):
            made = re.search(r"commands/|notebook\.md", target)
            assert made or Path(os.path.normpath(page.parent / target)).exists(), (page.name, target)


@pytest.mark.slow
def test_the_committed_pictures_are_those_that_the_program_draws() -> None:
    """`python docs/pictures.py` writes them. Where versions or processor differ, so may their bytes."""
    drawn = runpy.run_path(str(DOCS / "pictures.py"))["committed"]()
    kept = {path.name: path.read_bytes() for path in (DOCS / "pictures").iterdir()}
    assert set(kept) == set(drawn)
    for name, content in drawn.items():
        marks = [Image.open(io.BytesIO(png)).info["Software"] for png in (kept[name], content)]
        assert kept[name] == content or marks[0] != marks[1], name


def test_the_notebook_is_committed_without_results() -> None:
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in cells if cell["cell_type"] == "code")
