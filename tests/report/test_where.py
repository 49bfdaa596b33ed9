"""`harness report` and `status`: which folders they read, where they write, and what they say where nothing is."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from encoders.errors import EncoderError
from harness import cli
from harness.cli.options import beside, folder
from harness.errors import HarnessError

from .campaigns import write_arm

pytestmark = pytest.mark.usefixtures("blank_figures")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, that is no clone of the repository."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> tuple[int, str]:
    """Exit code and output; what `main` says of an error that a user can mend."""
    result = CliRunner().invoke(cli.app, list(arguments))
    if isinstance(result.exception, HarnessError | EncoderError):
        return 2, str(result.exception)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout


def my_runs(results: Path) -> None:
    write_arm(results, "quickstart", "lite", "cyclic-16", (9700, 9600, 9800))
    write_arm(results, "quickstart", "lite", "phase", (9800, 9850, 9870))


def test_in_an_empty_folder_there_is_nothing_yet(here: Path) -> None:
    code, said = run("report")
    assert code == 0
    assert said.startswith("nothing yet")
    assert len(said.splitlines()) == 1
    assert not any(here.iterdir())
    code, said = run("report", "--json")
    assert (code, json.loads(said)) == (0, {"claims": [], "differences": [], "problems": []})


def test_outside_a_clone_own_runs_come_first_and_evidence_is_one_line(here: Path) -> None:
    my_runs(here / "results/local")
    code, said = run("report")
    assert code == 0
    assert "no records" not in said
    lines = [line for line in said.splitlines() if "no evidence at hand" in line]
    assert len(lines) == 1
    assert said.index("phase (yours)") < said.index(lines[0])
    assert "results/local-report/index.html" in said
    page = (here / "results/local-report/index.html").read_text(encoding="utf-8")
    assert "No evidence is at hand here" in page
    assert "no records" not in page.split('class="words"')[0]


@pytest.mark.parametrize("given", [(), ("--results-dir", "mine")])
def test_out_says_only_where_to_write(here: Path, given: tuple[str, ...]) -> None:
    my_runs(here / (given[-1] if given else "results/local"))
    write_arm(here / "results/evidence", "mnist-784-100-10", "paper", "cyclic-16", (9850, 9853, 9856, 9852, 9859))
    code, said = run("report", "--out", "elsewhere", *given)
    assert code == 0
    assert "phase (yours)" in said
    assert "reproduced" in said
    assert "phase − DCT, cyclic | yours" in (here / "elsewhere/quickstart.md").read_text(encoding="utf-8")
    assert "(mnist-784-100-10.md)" in (here / "elsewhere/report.md").read_text(encoding="utf-8")
    assert sorted(path.name for path in here.iterdir()) == sorted({"elsewhere", "results", *given[1:]})


def test_evidence_named_as_ones_own_is_not_shown_twice(here: Path) -> None:
    my_runs(here / "results/local")
    write_arm(here / "results/evidence", "quickstart", "lite", "cyclic-16", (9000, 9100, 9200))
    code, said = run("report", "--results-dir", "results/evidence")
    assert code == 0
    assert "yours" not in said
    assert (here / "results/local-report/report.md").is_file()
    assert not (here / "reports").exists()


@pytest.mark.parametrize("verb", ["report", "status"])
def test_a_missing_or_wrong_folder_that_was_named_exits_with_2(here: Path, verb: str) -> None:
    (here / "file").touch()
    (here / "empty").mkdir()
    for name, why in (
        ("nowhere", "no such results folder"),
        ("file", "no such results folder"),
        ("empty", "no records"),
    ):
        code, said = run(verb, "--results-dir", name)
        assert (code, why in said, name in said) == (2, True, True), said
    assert not (here / "reports").exists()


@pytest.mark.parametrize("name", ["", " ", "/"])
def test_a_folder_that_cannot_be_meant_is_refused_before_anything_is_trained(here: Path, name: str) -> None:
    for verb in (("run", "quickstart", "--profile", "smoke"), ("status",), ("report",), ("verify", "a/b/c/0")):
        assert run(*verb, "--results-dir", name)[0] == 2
    assert run("report", "--out", name)[0] == 2
    assert not any(here.iterdir())


def test_this_folder_is_a_results_folder_as_any_other(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "mine").mkdir()
    monkeypatch.chdir(here / "mine")
    code, said = run("run", "quickstart", "--profile", "smoke", "--arm", "cyclic-16", "--results-dir", ".")
    assert code == 0, said
    assert (here / "mine-report/index.html").is_file()
    assert [path.name for path in Path().iterdir()] == ["quickstart"]
    assert "1 done" in run("status", "--results-dir", ".")[1]
    assert "cyclic-16 (yours)" in run("report", "--results-dir", ".")[1]


def test_the_folder_of_a_report_is_beside_that_of_the_records(here: Path) -> None:
    assert beside(folder("results/local")) == Path("results/local-report")
    assert beside(folder("results/..")) == here.with_name(f"{here.name}-report")


def test_verify_looks_where_run_writes(here: Path) -> None:
    my_runs(here / "results/local")
    code, said = run("verify", "quickstart/lite/cyclic-16/0")
    # The record was made by hand, of other data: it is found, and that is said of it.
    assert code == 2
    assert "is not that of the record" in said
    assert "results/local/" in run("verify", "quickstart/lite/cyclic-16/9")[1]


def test_strict_says_what_it_means_and_does_it(here: Path) -> None:
    assert "lower, contradicted or no difference" in " ".join(run("report", "--help")[1].split())
    higher = "mnist-784-100-10", "paper", "cyclic-5", (9850, 9853, 9856, 9852, 9859)
    write_arm(here / "results/local", *higher)
    assert run("report", "mnist-784-100-10", "--json", "--strict")[0] == 0  # a number that is exceeded is no failure
    write_arm(here / "results/local", "ablation-interleaved", "paper", "cyclic-16x3", (8850, 8853, 8856, 8852, 8859))
    assert run("report", "ablation-interleaved", "--json")[0] == 0
    assert run("report", "ablation-interleaved", "--json", "--strict")[0] == 3
    assert run("report", "quickstart", "--json", "--strict")[0] == 0


def test_json_writes_no_file_but_where_it_is_told_to(here: Path) -> None:
    my_runs(here / "results/local")
    code, said = run("report", "--json")
    document = json.loads(said)
    assert code == 0
    assert [path.name for path in here.iterdir()] == ["results"]
    assert not (here / "results/local-report").exists()
    (found,) = document["differences"]
    assert (found["arm"], found["versus"], found["results"]) == ("phase", "cyclic-16", "yours")
    assert found["mean"] == pytest.approx(1.4)
    assert run("report", "--json", "--out", "there")[0] == 0
    assert (here / "there/index.html").is_file()
