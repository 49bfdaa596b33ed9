"""A newcomer's path: both blocks of README in one environment, with a run between them, leave all evidence fresh."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = ("harness", "encoders", "pyproject.toml", "README.md", "LICENSE", "results/evidence")


def block(mark: str) -> list[str]:
    """The commands of the block of README that follows `mark`."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(rf"<!-- {mark} -->\n```sh\n(.*?)```", text, re.DOTALL)
    assert found is not None, mark
    return found[1].splitlines()


def pip_arguments(mark: str) -> list[str]:
    (line,) = re.findall(r"\.venv/bin/(pip install [^&]+?) &&", "\n".join(block(mark)))
    return shlex.split(line)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone of the repository with a virtual environment that finds the libraries of this one, and nothing else."""
    for name in SOURCES:
        source, target = ROOT / name, tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / ".venv"], check=True)
    (site,) = (tmp_path / ".venv").glob("lib/python*/site-packages")
    # A path in a .pth file is added, and the .pth files there are not read: an editable install stays behind.
    (site / "libraries.pth").write_text(f"{sysconfig.get_path('purelib')}\n{sysconfig.get_path('platlib')}\n")
    return tmp_path


def run(clone: Path, *command: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "HARNESS"))}
    environment |= {"HARNESS_CACHE": str(clone / "cache"), "PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    program = [str(clone / ".venv" / "bin" / command[0]), *command[1:]]
    done = subprocess.run(program, cwd=clone, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def install(clone: Path, mark: str) -> str:
    """The `pip install` of a block; the libraries are here already. Returns the file that `harness` then runs."""
    run(clone, "python", "-m", *pip_arguments(mark), "--no-deps", "--no-build-isolation", "--quiet")
    return run(clone, "python", "-P", "-c", "import harness; print(harness.__file__)").strip()


def test_after_both_blocks_of_readme_all_evidence_is_fresh(clone: Path) -> None:
    pytest.importorskip("setuptools")
    assert "site-packages" in install(clone, "run")
    run(clone, "harness", "run", "quickstart", "--profile", "smoke", "--arm", "cyclic-16")
    assert install(clone, "tests") == str(clone / "harness" / "__init__.py")
    cells = json.loads(run(clone, "harness", "status", "--results-dir", "results/evidence", "--json"))["cells"]
    states = {(c["experiment"], c["arm"], c["status"]): c["reason"] for c in cells if c["status"] != "missing"}
    assert sum(cell["status"] == "done" for cell in cells) > 50
    assert {key: reason for key, reason in states.items() if key[2] != "done"} == {}
