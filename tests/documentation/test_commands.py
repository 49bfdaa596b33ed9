"""Every command in the documentation is run: as printed, or planned only where its mark says so.

Where a page shows what a command prints, it is compared; HARNESS_WRITE_DOCS=1 writes it anew.
"""

import os
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
from harness.runs.plan import Rates
from tests.command import ROOT
from tests.documentation.pages import DOCS, Command, commands, pages, same, write_files, write_output

WITH_COMMANDS = [page for page in pages() if any(commands(page))]
SET_UP = {"python3 -m venv .venv", ". .venv/bin/activate", "python -m harness.plain"}  # the last: tests/test_plain.py
TOOLS = ("ray start ", "export RAY_ADDRESS=", "export SBATCH_", "sbatch ")
EVIDENCE = ("mnist-784-100-10", "measurements", "certificates")  # enough for most pages, and read in a second
WHOLE = "check-a-table.md"  # shows what all of the evidence says
NETWORK_DATA = ("mnist", "cifar10")


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder like a reader's clone, with part of the evidence.

    A page's encoder is imported by this process; it is forgotten afterwards, so that its name is free again.
    """
    for name in EVIDENCE:
        shutil.copytree(ROOT / "results/evidence" / name, tmp_path / "results/evidence" / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr("webbrowser.open", lambda _: True)
    # No step is timed of what is only planned: a minute for the largest networks. See tests/runs/test_estimate.py.
    monkeypatch.setattr("harness.runs.plan.timed", lambda *_: Rates(1e-10, 1e-10))
    yield tmp_path
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None)).startswith(str(tmp_path)):
            del sys.modules[name]


def run(command: Command, folder: Path, page: Path) -> None:
    planned = command.mark == "dry run" and command.line.startswith("harness run ")
    arguments = [*shlex.split(command.line)[1:], *(["--dry-run"] if planned else [])]
    if command.line.startswith("harness run ") and command.shown is None and "--seeds" not in arguments and not planned:
        arguments += ["--seeds", "1"]  # as good as all of them, where the page does not show what is printed
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
    if command.shown is not None and os.environ.get("HARNESS_WRITE_DOCS"):
        write_output(page, command, result.output)
    elif command.shown is not None:
        assert same(result.output, command.shown), (command.line, result.output)


def set_up(line: str, clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Check a line that prepares the machine; the package of an encoder is installed beside the tests' own."""
    if re.match(r"cp |python my_\w+\.py$", line):
        command, environment = line.replace("python ", f"{sys.executable} "), {**os.environ, "PYTHONPATH": str(ROOT)}
        subprocess.run(shlex.split(command), cwd=clone, env=environment, check=True)
    elif line in SET_UP or line.startswith(TOOLS):
        pass
    elif found := re.fullmatch(r"python -m (bench|tools\.\w+) .*", line):
        help_text = [sys.executable, "-m", found[1], "--help"]
        assert subprocess.run(help_text, cwd=ROOT, capture_output=True, check=False).returncode == 0
    elif found := re.fullmatch(r'pip install "?\.(?:\[(\w+)\])?"?', line):
        extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
        assert found[1] is None or found[1] in extras
    else:
        found = re.fullmatch(r"pip install -e ([\w-]+)", line)
        assert found, f"no test knows this command: {line}"
        options = ["--no-index", "--no-deps", "--no-build-isolation", "--quiet", "--target", str(clone / "site")]
        subprocess.run([sys.executable, "-m", "pip", "install", *options, f"./{found[1]}"], cwd=clone, check=True)
        monkeypatch.syspath_prepend(str(clone / "site"))


@pytest.mark.slow
@pytest.mark.usefixtures("blank_figures")
@pytest.mark.parametrize("page", WITH_COMMANDS, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_the_commands_of_a_page(page: Path, clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(page, clone)
    if page.name == WHOLE:
        shutil.copytree(ROOT / "results/evidence", clone / "results/evidence", dirs_exist_ok=True)
    for command in commands(page):
        if command.line.startswith("harness ") and not command.mark.startswith("not run"):
            run(command, clone, page)
        elif command.line.startswith("harness "):
            assert CliRunner().invoke(app, [shlex.split(command.line)[1], "--help"]).exit_code == 0
        elif not command.line.startswith("rsync "):
            set_up(command.line, clone, monkeypatch)


def test_the_marks_are_known() -> None:
    marks = {command.mark for page in pages() for command in commands(page)}
    assert all(mark in ("", "dry run") or mark.startswith("not run: ") for mark in marks), marks
