"""The program from its wheel, in an empty folder: every verb works, or says in one line what it needs."""

import importlib.util
import json
from pathlib import Path

import pytest

from tests.package.installed import Installed
from tests.package.test_distributions import VERSION
from tests.report.browser import PROGRAM, chromium

CELL = "quickstart/smoke/direct-16/0"


@pytest.fixture(scope="module")
def trained(installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that was empty before `harness run quickstart`."""
    folder = tmp_path_factory.mktemp("empty")
    done = installed.harness(folder, "run", "quickstart", "--profile", "smoke", "--arm", "direct-16")
    assert done.returncode == 0, done.stderr
    return folder


def weights(folder: Path) -> str:
    (found,) = (folder / "results/local").rglob("*.safetensors")
    return str(found)


def test_the_version(installed: Installed, tmp_path: Path) -> None:
    done = installed.harness(tmp_path, "--version")
    assert (done.returncode, done.stdout) == (0, f"harness {VERSION}\n")


def test_it_is_the_wheel_that_runs(installed: Installed, tmp_path: Path) -> None:
    done = installed.python(tmp_path, "-c", "import harness, encoders; print(harness.__file__, encoders.__file__)")
    assert all(str(installed.environment) in path for path in done.stdout.split())


def test_a_report_without_records_says_so(installed: Installed, tmp_path: Path) -> None:
    done = installed.harness(tmp_path, "report")
    assert done.returncode == 0
    assert "nothing yet: no records" in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["list", "show quickstart", "encoders list", "doctor", "status"])
def test_verbs_that_need_nothing(installed: Installed, command: str, tmp_path: Path) -> None:
    done = installed.harness(tmp_path, *command.split())
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_records_are_looked_after(installed: Installed, trained: Path) -> None:
    verified = installed.harness(trained, "verify", CELL, "--results-dir", "results/local", "--from", "weights")
    assert verified.returncode == 0, verified.stderr + verified.stdout
    predicted = installed.harness(trained, "predict", weights(trained), "--json")
    assert json.loads(predicted.stdout)["total"] == 360


def test_what_lacks_something_says_what_in_one_line(installed: Installed, trained: Path) -> None:
    simulated = installed.harness(trained, "verify", CELL, "--from", "snntorch", "--results-dir", "results/local")
    assert simulated.returncode == (0 if importlib.util.find_spec("snntorch") else 2), simulated.stderr


def test_a_new_encoder_is_written_and_one_is_checked(installed: Installed, tmp_path: Path) -> None:
    written = installed.harness(tmp_path, "encoders", "new", "mine")
    assert written.returncode == 0, written.stderr
    assert (tmp_path / "mine/pyproject.toml").is_file()
    checked = installed.harness(tmp_path, "encoders", "check", "dct")
    assert checked.returncode == 0, checked.stdout


@pytest.mark.skipif(PROGRAM is None, reason="needs Debian's chromium, which .ci/run installs")
def test_its_page_opens_in_a_browser(installed: Installed, trained: Path, tmp_path: Path) -> None:
    assert installed.harness(trained, "report").returncode == 0
    with chromium(str(PROGRAM), tmp_path) as tab:
        tab.open(trained / "results/local-report/index.html")
        assert (tab.complaints(), tab.requests()) == ([], [])
        assert "quickstart" in tab.run("document.body.textContent")
