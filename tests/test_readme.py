"""README's commands do what it says, from a fresh clone on."""

import json
import re
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.command import ROOT, harness
from tests.package.conftest import Installed, environment

README = ROOT / "README.md"
SOURCES = ("harness", "encoders", "pyproject.toml", "README.md", "LICENSE", "results/evidence")


def block(mark: str) -> list[str]:
    (lines,) = re.findall(rf"<!-- {mark} -->\n```sh\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    (line,) = lines.splitlines()
    return str(line).split(" && ")


def test_both_blocks_do_all_of_their_set_up() -> None:
    for mark in ("run", "tests"):
        first, second, *rest = block(mark)
        assert first == "python3 -m venv .venv"
        assert second.startswith(".venv/bin/pip install ")
        assert all(command.startswith(".venv/bin/") for command in rest)
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    (named,) = re.findall(r"\.\[(.*)\]", block("tests")[1])
    assert set(named.split(",")) <= set(extras)


def test_ci_runs_the_checks_of_readme_the_cheapest_first() -> None:
    checks = [command.removeprefix(".venv/bin/") for command in block("tests")[2:]]
    assert checks == ["ruff check .", "ruff format --check .", "mypy", "pytest"]
    (awk,) = re.findall(r"awk '(.*?)'", (ROOT / ".ci/run").read_text("utf-8"))
    done = subprocess.run(["awk", awk, str(README)], capture_output=True, text=True, check=True)
    assert done.stdout.strip().split(" && ") == block("tests")


def test_the_first_block_runs_the_published_arms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without data the command is understood and stops at the data: nothing is trained here."""
    (line,) = [command for command in block("run") if command.startswith(".venv/bin/harness run")]
    monkeypatch.chdir(tmp_path)
    done = harness(*shlex.split(line)[1:], "--data-dir", tmp_path)
    assert (done.code, str(tmp_path) in done.err) == (2, True)


# From a fresh clone


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone of the repository, with a virtual environment."""
    for name in SOURCES:
        source, target = ROOT / name, tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    environment(tmp_path / ".venv")
    return tmp_path


def run(clone: Path, *command: str) -> str:
    return Installed(clone / ".venv").run(clone, *command)


def install(clone: Path, mark: str) -> str:
    """The `pip install` of a block; the libraries are here already. Returns the file that `harness` then runs."""
    words = shlex.split(block(mark)[1])[1:]
    run(clone, "python", "-m", "pip", *words, "--no-deps", "--no-index", "--no-build-isolation", "--quiet")
    return run(clone, "python", "-P", "-c", "import harness; print(harness.__file__)").strip()


@pytest.mark.slow
def test_after_both_blocks_of_readme_with_a_run_between_them_all_evidence_is_fresh(clone: Path) -> None:
    pytest.importorskip("setuptools")
    assert "site-packages" in install(clone, "run")
    run(clone, "harness", "run", "quickstart", "--profile", "smoke", "--arm", "cyclic-16")
    assert install(clone, "tests") == str(clone / "harness" / "__init__.py")
    cells = json.loads(run(clone, "harness", "status", "--results-dir", "results/evidence", "--json"))["cells"]
    states = {(c["experiment"], c["arm"], c["status"]): c["reason"] for c in cells if c["status"] != "missing"}
    assert sum(cell["status"] == "done" for cell in cells) > 50
    assert {key: reason for key, reason in states.items() if key[2] != "done"} == {}
