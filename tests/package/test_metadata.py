"""Metadata, changelog, workflow and constraints say the same as the package and its evidence."""

import json
import re
import shutil
import subprocess
import tomllib

import pytest
import yaml

from harness.records.store import record_paths
from tests.command import ROOT


def text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


PROJECT = tomllib.loads(text("pyproject.toml"))["project"]
PINNED = dict(re.findall(r"^([a-z0-9-]+)==(\S+) ", text("constraints.txt"), re.MULTILINE))


def test_changelog_and_citation_are_of_this_version_licence_and_author() -> None:
    citation = yaml.safe_load(text("CITATION.cff"))
    (version, released), *_ = re.findall(r"^## \[(\d[^\]]*)\] - (\d{4}-\d\d-\d\d)$", text("CHANGELOG.md"), re.MULTILINE)
    assert citation["version"] == PROJECT["version"] == version
    assert citation["date-released"] == released
    assert citation["license"] == PROJECT["license"]
    (holder,) = re.findall(r"^Copyright \(c\) \d+ (.*)$", text("LICENSE"), re.MULTILINE)
    authors = (citation["authors"], PROJECT["authors"])
    assert [[author["name"] for author in one] for one in authors] == [[holder]] * 2


def test_the_constraints_hold_the_versions_of_every_record() -> None:
    kinds = set()
    for path in record_paths(ROOT / "results/evidence"):
        environment = json.loads(path.read_text("utf-8"))["environment"]
        kinds.add(tuple(environment[name].partition("+")[0] for name in ("torch", "numpy", "numba")))
    assert kinds == {(PINNED["torch"], PINNED["numpy"], PINNED["numba"])}


def test_everything_that_the_package_needs_is_pinned_with_hashes_and_no_place_is_named() -> None:
    needed = {re.split(r"[<>=!~ ;\[]", requirement)[0] for requirement in PROJECT["dependencies"]}
    assert needed <= set(PINNED)
    parts = re.split(r"^(?=[a-z0-9-]+==)", text("constraints.txt"), flags=re.MULTILINE)[1:]
    assert all("--hash=sha256:" in part for part in parts)
    assert "//" not in text("constraints.txt")


def test_the_workflow_runs_ci_run_on_every_python_of_the_package() -> None:
    workflow = text(".github/workflows/checks.yml")
    (matrix,) = re.findall(r"python-version: \[(.*)\]", workflow)
    named = [line.rpartition(" ")[2] for line in PROJECT["classifiers"] if re.search(r"Python :: 3\.\d+$", line)]
    assert re.findall(r'"([\d.]+)"', matrix) == named
    commands = re.findall(r"run: bash (\S+)", workflow)
    assert commands == [".ci/run", ".ci/lowest"]
    assert all(subprocess.run(["bash", "-n", str(ROOT / name)], check=False).returncode == 0 for name in commands)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("docker") is None, reason="needs docker")
def test_the_image_answers() -> None:
    subprocess.run(["docker", "build", "--quiet", "--tag", "dct-snn-harness-test", str(ROOT)], check=True)
    command = ["docker", "run", "--rm", "dct-snn-harness-test", "claims", "mnist-t16"]
    assert "consistent" in subprocess.run(command, capture_output=True, text=True, check=True).stdout
