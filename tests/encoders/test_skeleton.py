"""The skeleton package: installed with pip, found by its entry point, and passing its own tests as written."""

import json
from pathlib import Path
from typing import Any

import pytest

from harness.errors import HarnessError
from harness.plugins.skeleton import write_skeleton
from tests.command import harness, python


@pytest.mark.slow
def test_it_passes_its_tests_and_installed_with_pip_it_runs_beside_the_others(tmp_path: Path) -> None:
    pytest.importorskip("setuptools")
    package, site = tmp_path / "spiral", tmp_path / "site"
    write_skeleton("spiral_wave", package)
    python("-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", "--rootdir", str(package), str(package))
    options = ["--no-index", "--no-deps", "--no-build-isolation", "--disable-pip-version-check", "--quiet"]
    python("-m", "pip", "install", *options, "--target", str(site), str(package))
    place: dict[str, Any] = {"PYTHONPATH": str(site), "HARNESS_CACHE": str(tmp_path / "cache"), "COLUMNS": "100"}
    results = tmp_path / "results" / "local"
    run = ("run", "quickstart", "--profile", "smoke", "--arm", "cyclic-16", "--encoder", "spiral_wave")
    assert "spiral_wave (yours)" in python("-m", "harness", *run, "--results-dir", str(results), **place)
    cells = {path.parent.name: json.loads(path.read_text()) for path in results.rglob("seed-*.json")}
    assert {name: cell["status"] for name, cell in cells.items()} == {"cyclic-16": "done", "spiral_wave": "done"}
    # Paired: the same seed, data and ANN.
    assert len({cell["fingerprint"]["data"] for cell in cells.values()}) == 1
    assert cells["cyclic-16"]["ann_epochs"] == cells["spiral_wave"]["ann_epochs"]
    assert "spiral_wave" in (tmp_path / "results" / "local-report" / "quickstart.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        *((name, "cannot name an encoder") for name in ("Spiral", "class", "a-b", "../away", "")),
        ("poisson", "an encoder called 'poisson' exists already"),
        ("numpy", "installed Python module"),
    ],
)
def test_names_that_cannot_work_and_a_folder_that_exists_are_refused(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(HarnessError, match=message):
        write_skeleton(name, tmp_path / "new")
    assert not (tmp_path / "new").exists()
    with pytest.raises(HarnessError, match="exists already"):
        write_skeleton("spiral_wave", tmp_path)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("command", ["encoders check spiral_wave", "run quickstart --encoder spiral_wave"])
def test_new_and_what_finds_the_package_not_installed_say_what_to_type_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "unknown encoder" in harness(*command.split()).err
    assert harness("encoders", "new", "spiral_wave").out.splitlines()[-3:] == [
        "next: pip install -e spiral-wave",
        "then: harness encoders check spiral_wave",
        "and:  harness run quickstart --encoder spiral_wave",
    ]
    assert "pip install -e spiral-wave" in harness(*command.split()).err
    # A folder named as its module would hide it from a Python that is started here.
    assert Path(harness("encoders", "new", "ripples").out.splitlines()[0]).parent.name == "ripples-encoder"
    assert harness("encoders", "new", "waves", "--directory", "my waves").out.splitlines()[-3].endswith("'my waves'")
