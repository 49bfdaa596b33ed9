"""The site: built as in a fresh clone without a warning, whole in itself, and no wider than a telephone."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import pytest
from filelock import FileLock

from encoders.registry import BUILTIN
from tests.command import ROOT
from tests.documentation.pages import pages
from tests.report.browser import PROGRAM, chromium

pytestmark = pytest.mark.slow

BUILT = ("docs", "encoders", "harness", "reports", "results/evidence")  # what the site is made from
WIDEST = {"qcfs", "ablation-frequencies", "dct-beyond", "report"}  # of the reports, which are slow to load
SIDEWAYS = "document.scrollingElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="session")
def site(shared: Path) -> Path:
    """The site, built once for all workers from a copy that has nothing but what a clone has."""
    pytest.importorskip("mkdocstrings", reason="needs the extra docs")
    place = shared / "site"
    with FileLock(shared / "site.lock"):
        if not place.is_dir():
            clone = shared / "clone"
            for name in BUILT:
                shutil.copytree(ROOT / name, clone / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
            for name in ("mkdocs.yml", "CHANGELOG.md"):
                shutil.copy(ROOT / name, clone / name)
            shutil.rmtree(clone / "reports/index.html", ignore_errors=True)
            command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(shared / "building-site")]
            done = subprocess.run(command, cwd=clone, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            (shared / "building-site").rename(place)
    return place


class Links(NamedTuple):
    """Where a page points to, what it loads, and the places within it."""

    targets: list[str]
    loaded: list[str]
    places: set[str]


def links(text: str) -> Links:
    """The links of a page; code that is shown has its brackets escaped."""
    loaded = re.findall(r"<link [^>]*?\bhref=[\"']?([^\"'> ]+)|<[^>]*?\bsrc=[\"']?([^\"'> ]+)", text)
    places = re.findall(r"<[^>]*?\b(?:id|name)=[\"']?([^\"'> ]+)", text)
    targets = re.findall(r"<a [^>]*?\bhref=[\"']?([^\"'> ]+)", text)
    return Links([*map(unescape, targets)], [*map("".join, loaded)], {*map(unescape, places)})


@pytest.fixture(scope="session")
def read(site: Path) -> dict[Path, Links]:
    """Every page of the site but the one for addresses that do not exist, whose links start at the root."""
    return {path: links(path.read_text("utf-8")) for path in site.rglob("*.html") if path.name != "404.html"}


def inside(page: Path, addresses: list[str]) -> Iterator[tuple[Path, str]]:
    """File and place of each address that is not of another host."""
    for address in addresses:
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            continue
        target = page if not parts.path else Path(os.path.normpath(page.parent / unquote(parts.path)))
        yield (target / "index.html" if target.is_dir() else target), unquote(parts.fragment)


def test_every_page_is_there(site: Path) -> None:
    places = [page.relative_to(ROOT / "docs").with_suffix("") for page in pages()]
    built = [site / (place.parent if place.name == "index" else place) / "index.html" for place in places]
    assert [path for path in built if not path.is_file()] == []
    assert (site / "reports/index.html").is_file()


def test_no_link_is_broken_and_nothing_is_fetched_from_elsewhere(read: dict[Path, Links]) -> None:
    for page, found in read.items():
        assert [address for address in found.loaded if urlsplit(address).netloc] == [], page
        for target, place in inside(page, [*found.targets, *found.loaded]):
            assert target.is_file(), (page, target)
            assert not place or target not in read or place in read[target].places, (page, target, place)


def test_the_method_is_shown_whole_its_comments_as_text(site: Path) -> None:
    page = re.sub(r"<[^>]*>", "", (site / "plain/index.html").read_text("utf-8"))
    source = (ROOT / "harness/plain.py").read_text("utf-8")
    for name in re.findall(r"^(?:def|class) (\w+)", source, re.MULTILINE):
        assert re.search(rf"(?:def|class) {name}\b", page), name
    for title in re.findall(r"^# ## (.*)$", source, re.MULTILINE):
        assert f"## {title}" not in page
        assert title in page


def test_signatures_and_help_are_shown(site: Path) -> None:
    assert "--dry-run" in (site / "reference/commands/run/index.html").read_text("utf-8")
    assert "draw_errors" in (site / "reference/index.html").read_text("utf-8")
    analysis = (site / "reference/analysis/index.html").read_text("utf-8")
    assert "<li><strong>cells</strong>: every readable record" in analysis
    pages = [path for path in site.rglob("*.html") if "reports" not in path.parts]
    assert not [path for path in pages if re.search(r"(?:<|&lt;)!-- [\w :]+ --", path.read_text("utf-8"))]


def test_encoders_and_the_notebook_are_shown_as_they_come_out(site: Path) -> None:
    gallery = (site / "encoders/index.html").read_text("utf-8")
    assert [name for name in BUILTIN if f"pictures/encoder-{name}.png" not in gallery] == []
    assert re.search(r"98\.31 % \(mean of 5 seeds\)", gallery)
    notebook = (site / "tutorials/notebook/index.html").read_text("utf-8")
    assert notebook.count("pictures/notebook-") == 3
    assert "verdict: consistent" in notebook


@pytest.mark.skipif(PROGRAM is None, reason="needs Debian's chromium, which .ci/run installs")
def test_no_page_scrolls_sideways_on_a_telephone(tmp_path: Path, read: dict[Path, Links]) -> None:
    wide = []
    with chromium(str(PROGRAM), tmp_path) as browser:
        for page in read:
            if "reports" in page.parts and not {page.stem, page.parent.name} & WIDEST:
                continue
            browser.events.clear()
            browser.open(page, width=390, height=844)
            if browser.run(SIDEWAYS) > 0:
                wide.append(page)
    assert wide == []
