"""The workflow runs the same checks as everybody does, on every Python that the package names."""

import re
import shutil
import subprocess
import tomllib

import pytest

from tests.package.conftest import ROOT

WORKFLOW = ROOT / ".github/workflows/checks.yml"
ACTIONLINT = shutil.which("actionlint")


def test_every_python_of_the_package_is_checked_by_ci_run() -> None:
    text = WORKFLOW.read_text("utf-8")
    (matrix,) = re.findall(r"python-version: \[(.*)\]", text)
    classifiers = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["classifiers"]
    named = [line.rpartition(" ")[2] for line in classifiers if re.search(r"Python :: 3\.\d+$", line)]
    assert re.findall(r'"([\d.]+)"', matrix) == named
    commands = re.findall(r"run: bash (\S+)", text)
    assert commands == [".ci/run", ".ci/lowest"]
    assert all((ROOT / command).is_file() for command in commands)


def test_ci_run_and_lowest_are_sound_shell() -> None:
    for name in ("run", "lowest"):
        assert subprocess.run(["bash", "-n", str(ROOT / ".ci" / name)], check=False).returncode == 0


@pytest.mark.skipif(ACTIONLINT is None, reason="needs actionlint, which has no package in PyPI or Debian")
def test_actionlint_accepts_it() -> None:
    done = subprocess.run([str(ACTIONLINT), str(WORKFLOW)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
