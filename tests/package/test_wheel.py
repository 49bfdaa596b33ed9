"""What would be published is whole, and the program from its wheel works in an empty folder."""

import email
import json
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.command import ROOT
from tests.package.conftest import Installed
from tests.package.test_metadata import PROJECT
from tests.report.browser import PROGRAM, chromium

pytestmark = pytest.mark.slow

CELL = "quickstart/smoke/direct-16/0"
VERSION = PROJECT["version"]


def test_twine_and_check_wheel_contents_accept_them(built: Path, wheel: Path) -> None:
    files = [str(path) for path in built.iterdir()]
    assert len(files) == 2
    contents = ["check_wheel_contents", "--config", str(ROOT / "pyproject.toml"), str(wheel)]
    for command in (["twine", "check", "--strict", *files], contents):
        done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def test_the_wheel_has_this_version_and_every_file(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    inside = {name for name in archive.namelist() if ".dist-info/" not in name}
    here = {
        path.relative_to(ROOT).as_posix()
        for folder in ("harness", "encoders")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert inside == here
    (metadata,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
    assert email.message_from_bytes(archive.read(metadata))["Version"] == VERSION


def test_the_sdist_has_what_a_reader_needs(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    assert {"README.md", "LICENSE", "CHANGELOG.md", "pyproject.toml"} <= inside
    assert not [name for name in inside if name.startswith(("results/", "reports/", "tests/"))]


def test_it_is_the_wheel_that_runs(installed: Installed, tmp_path: Path) -> None:
    code = "import harness, encoders; print(harness.__file__, encoders.__file__)"
    assert all(str(installed.environment) in path for path in installed.run(tmp_path, "python", "-c", code).split())
    assert installed.run(tmp_path, "harness", "--version") == f"harness {VERSION}\n"


# Each argument is a command: in one process, because every start takes seconds.
IN_TURN = """
import sys
from harness import cli
for line in sys.argv[1:]:
    sys.argv = ["harness", *line.split()]
    try:
        cli.main()
    except SystemExit as left:
        assert not left.code, line
"""


def test_verbs_that_need_nothing_leave_nothing(installed: Installed, tmp_path: Path) -> None:
    verbs = ("list", "show quickstart", "encoders check direct", "doctor", "status", "report", "claims mnist-t16")
    assert installed.run(tmp_path, "python", "-c", IN_TURN, *verbs)
    assert list(tmp_path.iterdir()) == []


def test_a_cell_is_run_verified_predicted_and_shown_on_a_page(installed: Installed, tmp_path: Path) -> None:
    installed.run(tmp_path, "harness", "run", "quickstart", "--profile", "smoke", "--arm", "direct-16")
    verify = ("harness", "verify", CELL, "--results-dir", "results/local", "--from")
    installed.run(tmp_path, *verify, "weights")
    (weights,) = (tmp_path / "results/local").rglob("*.safetensors")
    assert json.loads(installed.run(tmp_path, "harness", "predict", str(weights), "--json"))["total"] == 360
    installed.run(tmp_path, "harness", "report")
    if PROGRAM is None:
        pytest.skip("the page needs Debian's chromium, which .ci/run installs")
    with chromium(PROGRAM, tmp_path / "browser") as tab:
        tab.open(tmp_path / "results/local-report/index.html")
        assert (tab.complaints(), tab.requests()) == ([], [])
        assert "quickstart" in tab.run("document.body.textContent")
