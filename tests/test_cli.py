"""The command line: what it does, and one clear line with exit code 2 for each thing that is wrong."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from encoders.errors import EncoderError
from harness import cli
from harness.cli import options
from harness.cli.encoders import encoders_app
from harness.errors import HarnessError

pytestmark = pytest.mark.usefixtures("blank_figures")


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


ROOT = str(Path(cli.__file__).parents[2])
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
        (("run", "quickstart", "--profile", "papr"), "'papr' is not one of 'smoke', 'lite'"),
        (("run", "quickstart", "--seeds", "0"), "--seeds must be at least 1"),
        (("run", "quickstart", "--device", "gpu"), "'gpu' is not one of 'auto', 'cpu', 'cuda'"),
        (("run", "quickstart", "--encoder", "poison"), "did you mean 'poisson'"),
        (("run", "quickstart", "--encoder", "poisson(rate"), "cannot read the encoder 'poisson(rate'"),
        (("run", "quickstart", "--encoder", "poisson(speed=1)"), "speed"),
        (("run", "quickstart", "--encoder", "poisson(rate=-1)"), "rate"),
        (("run", "mnist-784-100-10", "--data-dir", "nowhere"), "nowhere"),
        (("encoders", "check", "dctt"), "did you mean 'dct'"),
        (("report", "quickstrat"), "did you mean 'quickstart'"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments: tuple[str, ...], said: str) -> None:
    code, _, err = run(*arguments)
    assert code == 2
    assert said in err


def test_a_damaged_mnist_file_is_named_with_both_digests(here: Path) -> None:
    raw = here / "data/MNIST/raw"
    raw.mkdir(parents=True)
    for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        (raw / f"{name}-ubyte").write_bytes(b"damaged")
    code, _, err = run("run", "mnist-784-100-10", "--data-dir", "data")
    assert code == 2
    assert "-ubyte" in err
    assert "6bbc9ace898e44ae57da46a324031adb" in err


def test_show_names_arms_deviations_and_claims() -> None:
    code, out, _ = run("show", "mnist-784-100-10")
    assert code == 0
    assert all(word in out for word in ("cyclic-16", "deviations: ", "mnist-t16", "Table 1"))


def test_a_new_encoder_package_is_written_once(here: Path) -> None:
    assert run("encoders", "new", "my_encoder")[0] == 0
    assert (here / "my_encoder/pyproject.toml").exists()
    assert run("encoders", "new", "my_encoder")[0] == 2
    shutil.rmtree(here / "my_encoder")


def test_encoders_with_parameters_and_timesteps_are_arms_with_records_that_stay_fresh() -> None:
    asked = ("--encoder", "poisson( rate = 0.5 )@4", "--encoder", "latency@2")
    names = ("poisson(rate=0.5)@4", "latency@2")
    code, out, _ = run(*QUICK, *asked, "--json")
    cells = {cell["arm"]: cell for cell in json.loads(out)["cells"]}
    assert (code, set(cells)) == (0, {"cyclic-16", *names})
    config = json.loads(Path(cells["poisson(rate=0.5)@4"]["record"]).read_text())["config"]
    assert (config["encoder"], config["timesteps"]) == ({"name": "poisson", "parameters": {"rate": 0.5}}, 4)
    assert "nothing to train" in run(*QUICK, "--encoder", "latency@2", "--json")[2]
    shown = json.loads(run("status", "--json")[1])["cells"]
    assert {cell["arm"] for cell in shown if cell["status"] == "done"} == {"cyclic-16", *names}
    assert run("verify", "quickstart/smoke/poisson(rate=0.5)@4/0")[0] == 0
    assert "poisson(rate=0.5)@4" in run("report", "quickstart")[1]


@pytest.mark.slow
def test_workers_know_the_arms_that_encoders_add(here: Path) -> None:
    asked = (*QUICK, "--encoder", "poisson(rate=0.5)@4", "--workers", "2", "--json")
    environment = {**os.environ, "PYTHONPATH": ROOT}
    command = [sys.executable, "-m", "harness", *asked]
    done = subprocess.run(command, cwd=here, env=environment, capture_output=True, text=True, check=False)
    assert [cell["status"] for cell in json.loads(done.stdout)["cells"]] == ["done", "done"], done.stderr


def test_list_is_one_line_a_row_at_80_columns_with_the_question_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    _, out, _ = run("list")
    lines = out.splitlines()
    assert lines[0] == "DCT-SNN (ICCV 2021)"
    assert max(map(len, lines)) <= 80 + len("-cifar10")
    (row,) = [line for line in lines if line.endswith(" quickstart")]
    assert row.startswith("  Handwritten 8×8 digits")
    assert {row["paper"] for row in json.loads(run("list", "--json")[1])["experiments"]} == {"dct-snn", "qcfs"}


def test_help_is_in_groups_with_whole_sentences_and_metavars_that_are_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    said = run("--help")[1]
    assert [line for line in said.splitlines() if line in ("See:", "Try:", "Trust:", "Use:", "Machine:")]
    verbs = (*cli.app.registered_commands, *encoders_app.registered_commands)
    names = [one.name or one.callback.__name__ for one in verbs if one.callback]
    assert len(names) == 14
    of_encoders = [("encoders", name) for name in ("list", "show", "probe", "check", "new")]
    for words in ((), ("encoders",), *((name,) for name in names[:9]), *of_encoders):
        said = run(*words, "--help")[1]
        assert "..." not in re.sub(r"[\]}]\.\.\.", "", said), words
        assert not re.search(r"<(str|int|path|list)\b", said), words


def test_the_choices_are_those_of_the_program() -> None:
    from typing import get_args

    from harness.cli.run import KernelChoice, PlaceChoice, SourceChoice
    from harness.config import MOST_TIMESTEPS, PROFILES
    from harness.records.verifications import Source
    from harness.runs.workers import Engine
    from harness.snn.kernels import Kernel

    assert options.MOST_TIMESTEPS == MOST_TIMESTEPS
    for choices, known in (
        (options.ProfileChoice, PROFILES),
        (KernelChoice, get_args(Kernel)),
        (PlaceChoice, get_args(Engine)),
        (SourceChoice, get_args(Source)),
    ):
        assert set(get_args(choices)) == set(known)


def test_choices_are_completed_by_the_shell() -> None:
    asked = {"_HARNESS_COMPLETE": "complete_bash", "COMP_WORDS": "harness run quickstart --device c", "COMP_CWORD": "4"}
    done = subprocess.run(
        [sys.executable, "-c", "import sys, harness.cli as c; sys.argv = ['harness']; c.program()"],
        env={**os.environ, **asked}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.split() == ["cpu", "cuda"], done.stderr


def test_doctor_names_evidence_and_optional_packages() -> None:
    said = run("doctor")[1]
    assert "evidence: none here" in said
    assert "norse" in said
    found = json.loads(run("doctor", "--json")[1])
    assert set(found["optional"]) == {"snntorch", "spikingjelly", "norse", "ray", "triton", "pyarrow"}
    assert found["evidence"]["records"] == 0
    assert ("bf16 is slower than fp32 here" in said) is not found["bf16"]


def test_a_hint_names_no_package_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    from encoders.registry import how_to_get_peers

    assert how_to_get_peers() == "pip install snntorch spikingjelly norse"
    monkeypatch.chdir(ROOT)
    assert how_to_get_peers() == "pip install '.[peers]'"


def test_as_a_module_it_sees_no_packages_of_the_working_folder(here: Path) -> None:
    (here / "foreign.py").write_text("raise SystemExit('imported')")
    folder = here / "foreign-1.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: foreign\nVersion: 1\n")
    (folder / "entry_points.txt").write_text("[dct_snn.encoders]\nforeign = foreign:Encoder\n")
    environment = {**os.environ, "PYTHONPATH": ROOT}
    done = subprocess.run(
        [sys.executable, "-m", "harness", "encoders", "list"],
        cwd=here, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "dct" in done.stdout
    assert "foreign" not in done.stdout


def test_help_starts_without_torch_rich_and_the_list_of_packages() -> None:
    slow = "{'torch', 'numba', 'rich', 'msgspec', 'importlib.metadata', 'platformdirs'}"
    subprocess.run([sys.executable, "-c", f"import sys, harness.cli; assert not {slow} & {{*sys.modules}}"], check=True)
