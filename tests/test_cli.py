"""The command line: what it does, and one clear line with exit code 2 for each thing that is wrong."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from encoders.errors import EncoderError
from harness import cli
from harness.errors import HarnessError


def run(*arguments: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of the command, as `main` gives them."""
    result = CliRunner().invoke(cli.app, list(arguments))
    if isinstance(result.exception, HarnessError | EncoderError):
        return 2, result.stdout, f"error: {result.exception}"
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HARNESS_DATA", raising=False)
    return tmp_path


QUICK = ("run", "quickstart", "--profile", "smoke", "--arm", "cyclic-16")


def test_a_run_leaves_a_record_a_table_and_a_plot_and_is_not_repeated(here: Path) -> None:
    code, out, err = run(*QUICK)
    assert code == 0
    assert "estimated time" in err
    assert "cyclic-16" in out
    assert (here / "results/local/quickstart/smoke/cyclic-16/seed-0000.json").exists()
    assert (here / "results/local-report/index.html").exists()
    code, _, err = run(*QUICK)
    assert code == 0
    assert "nothing to train" in err


def test_json_is_one_document_alone() -> None:
    code, out, _ = run(*QUICK, "--json")
    (cell,) = json.loads(out)["cells"]
    assert code == 0
    assert cell["status"] == "done"
    assert set(cell) == {"experiment", "profile", "arm", "seed", "status", "record"}
    assert Path(cell["record"]).exists()


def test_a_dry_run_and_a_check_are_one_document_too() -> None:
    code, out, _ = run(*QUICK, "--dry-run", "--json")
    plan = json.loads(out)
    assert (code, plan["to_do"]) == (0, [{"arm": "cyclic-16", "seed": 0}])
    assert (plan["cells"], plan["script"]) == ([{"arm": "cyclic-16", "seed": 0, "state": "missing"}], "")
    assert plan["seconds"] > 0
    run(*QUICK, "--json")
    code, out, _ = run("report", "--check", "--json")
    assert (code, "reports/report.md" in json.loads(out)["outdated"]) == (1, True)


def test_a_cache_folder_is_used_by_whoever_names_it(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_CACHE", str(here / "mine"))
    code, _, _ = run(*QUICK, "--json", "--cache-dir", "shared")
    assert code == 0
    assert list((here / "shared/anns").glob("*.pt"))
    assert not (here / "mine/anns").exists()


def test_a_cache_folder_that_cannot_be_written_is_refused(here: Path) -> None:
    (here / "file").touch()
    code, _, err = run(*QUICK, "--cache-dir", "file")
    assert code == 2
    assert "cache folder file: " in err
    assert "choose another with --cache-dir" in err
    assert not (here / "results").exists()


def test_a_dry_run_trains_nothing(here: Path) -> None:
    code, _, err = run(*QUICK, "--dry-run")
    assert code == 0
    assert "1 cell, 1 to do" in err
    assert not list((here / "results").rglob("*.json"))


def test_a_failed_cell_is_a_record_and_exit_code_1(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from harness.errors import CellFailure

    def broken(*_: object) -> None:
        raise CellFailure("linear1 fires no spike")

    monkeypatch.setattr("harness.runs.run.run_cell", broken)
    code, out, _ = run(*QUICK, "--json")
    assert code == 1
    (cell,) = json.loads(out)["cells"]
    assert cell["status"] == "failed"
    assert "linear1 fires no spike" in Path(cell["record"]).read_text()
    monkeypatch.undo()
    monkeypatch.chdir(here)
    code, _, err = run(*QUICK)
    assert "linear1 fires no spike" in err
    assert run(*QUICK, "--retry-failed", "--json")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "quickstrat"), "did you mean 'quickstart'"),
        (("show", "mnist"), "did you mean 'mnist-784-100-10'"),
        (("run", "quickstart", "--arm", "cyclic"), "did you mean 'cyclic-16'"),
        (("run", "quickstart", "--profile", "papr"), "unknown profile"),
        (("run", "quickstart", "--seeds", "0"), "--seeds must be at least 1"),
        (("run", "quickstart", "--device", "gpu"), "use auto, cpu or cuda"),
        (("run", "quickstart", "--encoder", "poison"), "did you mean 'poisson'"),
        (("run", "mnist-784-100-10", "--data-dir", "nowhere"), "nowhere"),
        (("encoders", "check", "dctt"), "did you mean 'dct'"),
        (("report", "quickstrat"), "did you mean 'quickstart'"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments: tuple[str, ...], said: str) -> None:
    code, _, err = run(*arguments)
    assert code == 2
    assert said in err


def test_an_unwritable_results_folder() -> None:
    Path("file").write_text("")
    code, _, err = run(*QUICK, "--results-dir", "file/results")
    assert code == 2
    assert "cannot write to results folder" in err


def test_a_damaged_mnist_file_is_named_with_both_digests(here: Path) -> None:
    raw = here / "data/MNIST/raw"
    raw.mkdir(parents=True)
    for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        (raw / f"{name}-ubyte").write_bytes(b"damaged")
    code, _, err = run("run", "mnist-784-100-10", "--data-dir", "data")
    assert code == 2
    assert "-ubyte" in err
    assert "6bbc9ace898e44ae57da46a324031adb" in err


@pytest.mark.parametrize("name", ["list", "doctor"])
def test_looking_changes_nothing(here: Path, name: str) -> None:
    assert run(name)[0] == 0
    assert not (here / "results").exists()


def test_show_names_arms_deviations_and_claims() -> None:
    code, out, _ = run("show", "mnist-784-100-10")
    assert code == 0
    assert all(word in out for word in ("cyclic-16", "deviation:", "mnist-t16", "Table 1"))


def test_encoders_are_listed() -> None:
    code, out, _ = run("encoders", "--json")
    assert code == 0
    assert {"dct", "poisson", "direct"} <= {row["name"] for row in json.loads(out)["encoders"]}


def test_a_new_encoder_package_is_written_once(here: Path) -> None:
    assert run("encoders", "new", "my_encoder")[0] == 0
    assert (here / "my_encoder/pyproject.toml").exists()
    assert run("encoders", "new", "my_encoder")[0] == 2
    shutil.rmtree(here / "my_encoder")


def test_help_starts_without_torch() -> None:
    import subprocess
    import sys

    subprocess.run([sys.executable, "-c", "import sys, harness.cli; assert 'torch' not in sys.modules"], check=True)
