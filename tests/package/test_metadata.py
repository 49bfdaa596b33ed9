"""What tools for citing read says the same as the package; the constraints are the evidence's versions."""

import json
import re
import tomllib

import yaml

from harness.records.store import record_paths
from tests.package.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
PINNED = dict(re.findall(r"^([a-z0-9-]+)==(\S+) ", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE))


def test_citation_and_codemeta_are_of_this_version_and_licence() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    codemeta = json.loads((ROOT / "codemeta.json").read_text("utf-8"))
    assert citation["version"] == codemeta["version"] == PROJECT["version"]
    assert (citation["license"], codemeta["license"]) == (PROJECT["license"], "https://spdx.org/licenses/MIT")
    released = re.findall(r"^## \[\d\S*\] - (\S+)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert citation["date-released"] == codemeta["dateModified"] == released[0]


def test_authors_are_those_of_the_licence() -> None:
    (holder,) = re.findall(r"^Copyright \(c\) \d+ (.*)$", (ROOT / "LICENSE").read_text("utf-8"), re.MULTILINE)
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    codemeta = json.loads((ROOT / "codemeta.json").read_text("utf-8"))
    names = [[author["name"] for author in one] for one in (citation["authors"], codemeta["author"])]
    assert names == [[holder], [holder]]
    assert PROJECT["authors"] == [{"name": holder}]


def test_the_constraints_hold_the_versions_of_every_record() -> None:
    kinds = set()
    for path in record_paths(ROOT / "results/evidence"):
        environment = json.loads(path.read_text("utf-8"))["environment"]
        kinds.add(tuple(environment[name].partition("+")[0] for name in ("torch", "numpy", "numba")))
    assert kinds == {(PINNED["torch"], PINNED["numpy"], PINNED["numba"])}


def test_everything_that_the_package_needs_is_pinned_with_hashes_and_no_place_is_named() -> None:
    text = (ROOT / "constraints.txt").read_text("utf-8")
    needed = {re.split(r"[<>=!~ ;\[]", requirement)[0] for requirement in PROJECT["dependencies"]}
    assert needed <= set(PINNED)
    assert all("--hash=sha256:" in part for part in re.split(r"^(?=[a-z0-9-]+==)", text, flags=re.MULTILINE)[1:])
    assert "//" not in text
