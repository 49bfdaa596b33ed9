"""What the pages and the notebook say is what the program and its committed files say."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from harness.analysis.verdicts import VERDICTS, Word
from harness.cli import app
from harness.papers import catalogue
from tests.documentation.pages import DOCS, ROOT, pages

NOTEBOOK = DOCS / "student.ipynb"


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


def test_every_verb_has_a_page_with_its_help() -> None:
    verbs = [one.name or (one.callback.__name__ if one.callback else "") for one in app.registered_commands]
    for verb in [*verbs, *(one.name for one in app.registered_groups)]:
        assert f"<!-- help: {verb} -->" in (DOCS / "how-to" / f"{verb}.md").read_text("utf-8")


def test_links_lead_somewhere_in_the_repository_too() -> None:
    for page in (*pages(), ROOT / "README.md"):
        for target in re.findall(r"\]\((?!http)([^)#\s]+)\)", page.read_text("utf-8")):
            assert Path(os.path.normpath(page.parent / target)).exists(), (page.name, target)


@pytest.mark.slow
def test_the_notebook_runs_from_top_to_bottom_and_reads_a_verdict(tmp_path: Path) -> None:
    for package in ("nbclient", "ipykernel"):
        pytest.importorskip(package, reason="needs the extra docs")
    shutil.copytree(ROOT / "results/evidence", tmp_path / "results/evidence", ignore=shutil.ignore_patterns(".*"))
    (tmp_path / "docs").mkdir()
    shutil.copy(NOTEBOOK, tmp_path / "docs")
    command = [sys.executable, "-m", "jupyter", "execute", "--output=done.ipynb", str(tmp_path / "docs/student.ipynb")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    cells = json.loads((tmp_path / "docs/done.ipynb").read_text("utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    assert sum("image/png" in output.get("data", {}) for output in outputs) == 3
    assert any("verdict: " in "".join(output.get("text", [])) for output in outputs)
    assert len(list((tmp_path / "results/local-notebook").rglob("seed-*.json"))) == 3


def test_the_notebook_is_committed_without_results() -> None:
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in cells if cell["cell_type"] == "code")
