"""Every command in the documentation is run: as printed, with the smoke profile, or planned only, as its mark says."""

import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.cli import app
from harness.data import look
from tests.documentation.pages import ROOT, Command, commands, name_of, pages
from tests.encoders.test_skeleton import install

WITH_COMMANDS = [page for page in pages() if any(commands(page))]
SET_UP = {"python3 -m venv .venv", ". .venv/bin/activate", "python -m harness.plain"}  # the last: tests/test_plain.py
TOOLS = ("ray start ", "export RAY_ADDRESS=", "export SBATCH_", "sbatch ")
EVIDENCE = ("mnist-784-100-10", "measurements", "certificates")  # enough for every page, and read in a second
NETWORK_DATA = ("mnist", "cifar10")


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder like a reader's clone, with part of the evidence."""
    for name in EVIDENCE:
        shutil.copytree(ROOT / "results/evidence" / name, tmp_path / "results/evidence" / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def own_modules(tmp_path: Path) -> Iterator[None]:
    """A page's encoder is imported by this process; it is forgotten afterwards, so that its name is free again."""
    yield
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None)).startswith(str(tmp_path)):
            del sys.modules[name]


def run(command: Command, folder: Path) -> None:
    arguments = [*shlex.split(command.line)[1:], *command.extra]
    needed = [name for name in NETWORK_DATA if f"run {name}" in command.line]
    missing = any(look(name).state not in ("found", "verified") for name in needed)
    if missing:  # understood, and stopped at the data
        (folder / "nothing").mkdir(exist_ok=True)
        arguments += ["--data-dir", "nothing"]
    result = CliRunner().invoke(app, arguments)
    if missing:
        assert "nothing" in str(result.exception), command
        return
    assert result.exit_code == 0, (command, result.output, result.exception)
    assert result.output, command


def set_up(line: str, clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Check a line that prepares the machine; the package of an encoder is installed beside the tests' own."""
    if line.startswith("cp "):
        subprocess.run(shlex.split(line), cwd=clone, check=True)
    elif line in SET_UP or line.startswith(TOOLS):
        assert subprocess.run(["bash", "-n", "-c", line], check=False).returncode == 0
    elif found := re.fullmatch(r"python -m (bench|tools\.\w+) .*", line):
        help_text = [sys.executable, "-m", found[1], "--help"]
        assert subprocess.run(help_text, cwd=ROOT, capture_output=True, check=False).returncode == 0
    elif found := re.fullmatch(r'pip install "?\.(?:\[(\w+)\])?"?', line):
        extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
        assert found[1] is None or found[1] in extras
    else:
        found = re.fullmatch(r"pip install -e (\w+)", line)
        assert found, f"no test knows this command: {line}"
        install(clone / found[1], clone / "site")
        monkeypatch.syspath_prepend(str(clone / "site"))


@pytest.mark.slow
@pytest.mark.usefixtures("own_modules")
@pytest.mark.parametrize("page", WITH_COMMANDS, ids=name_of)
def test_the_commands_of_a_page(page: Path, clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for command in commands(page):
        if command.line.startswith("rsync "):
            assert not command.is_run
        elif not command.line.startswith("harness "):
            set_up(command.line, clone, monkeypatch)
        elif command.is_run:
            run(command, clone)
        else:
            assert CliRunner().invoke(app, [shlex.split(command.line)[1], "--help"]).exit_code == 0


def test_the_marks_are_known() -> None:
    marks = {command.mark for page in pages() for command in commands(page)}
    assert all(mark in ("", "smoke", "dry run") or mark.startswith("not run: ") for mark in marks), marks
