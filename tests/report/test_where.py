"""`harness report` and `status`: which folders they read, where they write, and what they say where nothing is."""

import json
from pathlib import Path

import pytest

from harness.cli.options import beside, folder
from harness.papers import catalogue
from harness.report import read
from tests.command import harness, said

from .campaigns import write_arm

pytestmark = pytest.mark.usefixtures("blank_figures", "here")
MNIST = "mnist-784-100-10"


def my_runs(results: Path) -> None:
    write_arm(results, "quickstart", "lite", "cyclic-16", (9700, 9600, 9800))
    write_arm(results, "quickstart", "lite", "phase", (9800, 9850, 9870))


def test_in_an_empty_folder_there_is_nothing_yet(here: Path) -> None:
    (line,) = said("report").splitlines()
    assert line.startswith("nothing yet")
    assert json.loads(said("report", "--json")) == {"claims": [], "differences": [], "problems": []}
    assert not any(here.iterdir())


def test_outside_a_clone_own_runs_come_first_and_evidence_is_one_line(here: Path) -> None:
    my_runs(here / "results/local")
    text = said("report")
    assert "no records" not in text
    (line,) = [line for line in text.splitlines() if "no evidence at hand" in line]
    assert text.index("phase (yours)") < text.index(line)
    assert "results/local-report/index.html" in text
    page = (here / "results/local-report/index.html").read_text(encoding="utf-8")
    assert "No evidence is at hand here" in page
    assert "no records" not in page.split('class="words"')[0]


def test_out_says_only_where_to_write(here: Path) -> None:
    my_runs(here / "mine")
    write_arm(here / "results/evidence", MNIST, "paper", "cyclic-16", (9850, 9853, 9856, 9852, 9859))
    text = said("report", "--out", "elsewhere", "--results-dir", "mine")
    assert ("phase (yours)" in text, "reproduced" in text) == (True, True)
    assert "phase − DCT, cyclic | yours" in (here / "elsewhere/quickstart.md").read_text(encoding="utf-8")
    assert f"({MNIST}.md)" in (here / "elsewhere/report.md").read_text(encoding="utf-8")
    assert sorted(path.name for path in here.iterdir()) == ["elsewhere", "mine", "results"]


def test_evidence_named_as_ones_own_is_not_shown_twice(here: Path) -> None:
    my_runs(here / "results/local")
    write_arm(here / "results/evidence", "quickstart", "lite", "cyclic-16", (9000, 9100, 9200))
    assert "yours" not in said("report", "--results-dir", "results/evidence")
    [source] = read(here / "results/evidence", here / "results/local/../evidence", catalogue())  # as `run` does
    assert source.name == "evidence"
    assert (here / "results/local-report/report.md").is_file()
    assert not (here / "reports").exists()


@pytest.mark.parametrize("verb", ["report", "status", "claims"])
def test_a_missing_or_wrong_folder_that_was_named_exits_with_2(here: Path, verb: str) -> None:
    (here / "file").touch()
    (here / "empty").mkdir()
    for name, why in (("nowhere", "no such results folder"), ("file", "is a file"), ("empty", "no record")):
        code, _, message = harness(verb, "--results-dir", name)
        assert (code, why in message, name in message) == (2, True, True), message
    assert not (here / "reports").exists()


@pytest.mark.parametrize("name", ["", " ", "/"])
def test_a_folder_that_cannot_be_meant_is_refused_before_anything_is_trained(here: Path, name: str) -> None:
    for verb in (("run", "quickstart", "--profile", "smoke"), ("status",), ("report",), ("verify", "a/b/c/0")):
        assert harness(*verb, "--results-dir", name).code == 2
    assert harness("report", "--out", name).code == 2
    assert not any(here.iterdir())


@pytest.mark.usefixtures("tiny_known")
def test_this_folder_is_a_results_folder_as_any_other(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "mine").mkdir()
    monkeypatch.chdir(here / "mine")
    said("run", "tiny", "--arm", "cyclic-6", "--seeds", 1, "--results-dir", ".")
    assert (here / "mine-report/index.html").is_file()
    assert [path.name for path in Path().iterdir()] == ["tiny"]
    assert "1 done" in said("status", "--results-dir", ".")
    assert "cyclic-6 (yours)" in said("report", "--results-dir", ".")
    assert beside(folder("results/local")) == Path("results/local-report")
    assert beside(folder("results/..")) == here / "mine-report"


def test_strict_says_what_it_means_and_does_it(here: Path) -> None:
    assert "lower, contradicted or no difference" in " ".join(said("report", "--help").split())
    for name, arm, finals, code in (
        (MNIST, "cyclic-5", (9850, 9853, 9856, 9852, 9859), 0),  # a number that is exceeded is no failure
        ("ablation-interleaved", "cyclic-16x3", (8850, 8853, 8856, 8852, 8859), 3),
    ):
        write_arm(here / "results/local", name, "paper", arm, finals)
        assert harness("report", name, "--json").code == 0
        assert harness("report", name, "--json", "--strict").code == code


def test_json_writes_no_file_but_where_it_is_told_to(here: Path) -> None:
    my_runs(here / "results/local")
    (found,) = json.loads(said("report", "--json"))["differences"]
    assert [path.name for path in here.iterdir()] == ["results"]
    assert not (here / "results/local-report").exists()
    assert (found["arm"], found["versus"], found["results"]) == ("phase", "cyclic-16", "yours")
    assert found["mean"] == pytest.approx(1.4)
    said("report", "--json", "--out", "there")
    assert (here / "there/index.html").is_file()
