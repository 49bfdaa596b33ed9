"""An artefact is whole: every file is listed, every claim has a command that exists, and validators accept it."""

import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from harness.errors import HarnessError
from harness.report.artefact import write_artefact
from tests.report.campaigns import CATALOGUE, ERROR, Cell, write_cell, write_mnist

ROOT = Path(__file__).parent.parent.parent
VALIDATORS = Path(os.environ.get("HARNESS_VALIDATORS", "/nowhere"))
ROC, CFF = VALIDATORS / "roc/bin", VALIDATORS / "cff/bin"
PDFLATEX = shutil.which("pdflatex")


@pytest.fixture(scope="module")
def artefact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The artefact of the MNIST arms, and of one cell that failed."""
    folder = tmp_path_factory.mktemp("artefact")
    write_mnist(folder / "evidence")
    write_cell(folder / "evidence", Cell("mnist-784-100-10", "paper", "direct-16", 0), 0, ERROR)
    write_artefact(folder / "out", folder / "evidence", CATALOGUE)
    return folder / "out"


@pytest.fixture(scope="module")
def graph(artefact: Path) -> dict[str, dict[str, Any]]:
    """The entities of the crate by their id."""
    content = json.loads((artefact / "ro-crate-metadata.json").read_text("utf-8"))
    return {entity["@id"]: entity for entity in content["@graph"]}


def test_every_file_is_a_part_and_every_part_is_there(artefact: Path, graph: dict[str, dict[str, Any]]) -> None:
    files = {path.relative_to(artefact).as_posix() for path in artefact.rglob("*") if path.is_file()}
    assert {part["@id"] for part in graph["./"]["hasPart"]} == files - {"ro-crate-metadata.json"}


def test_every_record_has_one_action_with_it_as_its_result(artefact: Path, graph: dict[str, dict[str, Any]]) -> None:
    actions = [entity for entity in graph.values() if entity["@type"] == "CreateAction"]
    records = {path.relative_to(artefact).as_posix() for path in artefact.rglob("seed-*.json")}
    assert len(actions) == len(records) == 18
    assert {action["result"]["@id"] for action in actions} == records
    failed = [action for action in actions if action["actionStatus"].endswith("/FailedActionStatus")]
    assert [action["error"] for action in failed] == [ERROR]


def test_what_is_referred_to_is_described(graph: dict[str, dict[str, Any]]) -> None:
    def references(value: Any) -> list[str]:
        if isinstance(value, dict):
            return [value["@id"]] if set(value) == {"@id"} else [r for one in value.values() for r in references(one)]
        return [r for one in value for r in references(one)] if isinstance(value, list) else []

    named = {reference for entity in graph.values() for reference in references(entity)}
    assert {name for name in named if not name.startswith("https://w3id.org/")} <= set(graph)


def rows(artefact: Path) -> list[list[str]]:
    lines = (artefact / "claims.md").read_text("utf-8").splitlines()
    table = [line for line in lines if line.startswith("| ")]
    return [[cell.strip() for cell in line[1:-1].split(" | ")] for line in table[2:]]


def test_every_claim_has_a_command_of_arms_that_exist(artefact: Path) -> None:
    found = rows(artefact)
    assert len(found) == sum(claim.kind != "context" for claim in CATALOGUE.claims)
    for row in found:
        program, verb, name, *options = shlex.split(row[5].strip("`"))
        assert program == "harness"
        experiment = CATALOGUE.experiment(name)
        if verb == "run":
            given = list(zip(options[::2], options[1::2], strict=True))
            assert [experiment.arm(value).name for key, value in given if key == "--arm"]
            assert [experiment.profile(value).name for key, value in given if key == "--profile"]


def test_the_time_is_that_of_the_records(artefact: Path) -> None:
    """Five records of one second each judge it."""
    (row,) = [row for row in rows(artefact) if row[0] == "cyclic-16 at T = 16"]
    assert row[6] == "5 s"
    assert re.search(r"--profile paper --arm cyclic-16 --seeds 5`$", row[5])


def test_the_checklist_counts_the_records(artefact: Path) -> None:
    text = (artefact / "checklist.md").read_text("utf-8")
    assert "Yes. 18 records" in text
    assert "Failed cells: 1." in text
    assert "`lite` judges orderings only, `short` numbers only." in text
    assert "| mnist-784-100-10 | paper | 18 | 18 s |" in text


def test_the_lock_names_what_computes(artefact: Path) -> None:
    names = {line.partition("==")[0] for line in (artefact / "environment.lock").read_text("utf-8").splitlines()}
    assert {"torch", "numpy", "numba", "jinja2", "dct-snn-harness"} <= names


def test_nothing_leads_out_of_it(artefact: Path) -> None:
    for path in artefact.rglob("*"):
        if path.suffix in (".html", ".md", ".tex", ".json", ".yaml"):
            text = path.read_text("utf-8")
            assert str(artefact.parent) not in text
            links = re.findall(r'href="(\.\.[^"#]*)|\]\((\.\.[^)#]*)\)', text)
            assert all((path.parent / (html or markdown)).exists() for html, markdown in links)


def test_a_folder_that_holds_something_is_left_alone(artefact: Path, tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="not an empty folder"):
        write_artefact(artefact, artefact / "records", CATALOGUE)
    with pytest.raises(HarnessError, match="no records in"):
        write_artefact(tmp_path / "new", tmp_path, CATALOGUE)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(PDFLATEX is None, reason="needs Debian's texlive-latex-recommended, which .ci/run installs")
def test_the_tables_and_figures_compile(artefact: Path, tmp_path: Path) -> None:
    shutil.copytree(artefact, tmp_path / "copy")
    command = [str(PDFLATEX), "-interaction=nonstopmode", "-halt-on-error", "article.tex"]
    done = subprocess.run(command, cwd=tmp_path / "copy", capture_output=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:].decode(errors="replace")


@pytest.mark.skipif(not ROC.is_dir(), reason="needs roc-validator in HARNESS_VALIDATORS/roc, as .ci/run makes it")
def test_roc_validator_accepts_the_crate(artefact: Path, tmp_path: Path) -> None:
    filler = Path(__file__).with_name("fill_cache.py")
    subprocess.run([str(ROC / "python"), str(filler), str(tmp_path / "cache")], check=True)
    options = ["--offline", "--cache-path", str(tmp_path / "cache"), "-f", "json", "-o", str(tmp_path / "said.json")]
    command = [str(ROC / "rocrate-validator"), "-y", "validate", "-p", "ro-crate-1.1", *options, "--no-paging"]
    subprocess.run([*command, str(artefact)], capture_output=True, check=False)
    said = json.loads((tmp_path / "said.json").read_text("utf-8"))
    assert said["passed"], [issue["message"] for issue in said["issues"]]


@pytest.mark.skipif(not CFF.is_dir(), reason="needs cffconvert in HARNESS_VALIDATORS/cff, as .ci/run makes it")
def test_cffconvert_accepts_the_citation() -> None:
    command = [str(CFF / "cffconvert"), "--validate", "-i", str(ROOT / "CITATION.cff")]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
