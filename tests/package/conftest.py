"""The package as it would be published, built once, and an environment that has it from its wheel alone."""

import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock

from tests.command import ROOT

LEFT_BEHIND = shutil.ignore_patterns(
    ".git", ".venv", ".*_cache", "__pycache__", "*.egg-info", "build", "dist", "results", "reports", "site"
)


@dataclass(frozen=True)
class Installed:
    environment: Path

    def run(self, folder: Path, *command: str, code: int = 0) -> str:
        """What `command` prints in `folder`, with nothing of this repository on the path."""
        variables = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "HARNESS_D"))}
        program = [str(self.environment / "bin" / command[0]), *command[1:]]
        done = subprocess.run(program, cwd=folder, env=variables, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout


def environment(place: Path) -> Installed:
    """A virtual environment that finds the libraries of this one, and nothing else."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place)], check=True)
    (site,) = place.glob("lib/python*/site-packages")
    # A path in a .pth file is searched last, and the .pth files in it (an editable install) are not read.
    (site / "libraries.pth").write_text(f"{sysconfig.get_path('purelib')}\n{sysconfig.get_path('platlib')}\n")
    return Installed(place)


@pytest.fixture(scope="session")
def built(shared: Path) -> Path:
    dist = shared / "dist"
    with FileLock(shared / "dist.lock"):
        if not dist.is_dir():
            source = shared / "source"
            shutil.copytree(ROOT, source, ignore=LEFT_BEHIND)
            command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(shared / "building"), "."]
            subprocess.run(command, cwd=source, check=True, capture_output=True, text=True)
            (shared / "building").rename(dist)
    return dist


@pytest.fixture(scope="session")
def wheel(built: Path) -> Path:
    (path,) = built.glob("*.whl")
    return path


@pytest.fixture(scope="session")
def installed(wheel: Path, shared: Path) -> Installed:
    """A virtual environment with the wheel; what it depends on is taken from the environment of the tests."""
    place = shared / "environment"
    with FileLock(shared / "environment.lock"):
        if not place.is_dir():
            making = shared / "making"
            environment(making).run(shared, "python", "-m", "pip", "install", "--no-deps", "--no-index", str(wheel))
            program = making / "bin/harness"
            program.write_text(program.read_text().replace(str(making), str(place)))
            making.rename(place)
    return Installed(place)
