"""The site: built as in a fresh clone without a warning, whole in itself, and no wider than a telephone."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from filelock import FileLock

from tests.command import ROOT
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


@pytest.fixture(scope="session")
def read(site: Path) -> dict[Path, str]:
    """Every page of the site but the one for addresses that do not exist, whose links start at the root."""
    return {path: path.read_text("utf-8") for path in site.rglob("*.html") if path.name != "404.html"}


def values(text: str, attribute: str) -> list[str]:
    """What an attribute is set to in the tags of a page; code that is shown has its brackets escaped."""
    return [*map(unescape, re.findall(rf"<{attribute}=[\"']?([^\"'> ]+)", text))]


def inside(page: Path, addresses: list[str]) -> Iterator[tuple[Path, str]]:
    """File and place of each address that is not of another host."""
    for address in addresses:
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            continue
        target = page if not parts.path else Path(os.path.normpath(page.parent / unquote(parts.path)))
        yield (target / "index.html" if target.is_dir() else target), unquote(parts.fragment)


def test_no_link_is_broken_and_nothing_is_fetched_from_elsewhere(read: dict[Path, str]) -> None:
    places = {page: {*values(text, r"[^>]*?\b(?:id|name)")} for page, text in read.items()}
    for page, text in read.items():
        loaded = [*values(text, r"link [^>]*?\bhref"), *values(text, r"[^>]*?\bsrc")]
        assert [address for address in loaded if urlsplit(address).netloc] == [], page
        for target, place in inside(page, [*values(text, r"a [^>]*?\bhref"), *loaded]):
            assert target.is_file(), (page, target)
            assert not place or target not in read or place in places[target], (page, target, place)


def test_the_method_is_shown_whole_its_comments_as_text(site: Path) -> None:
    page = re.sub(r"<[^>]*>", "", (site / "plain/index.html").read_text("utf-8"))
    source = (ROOT / "harness/plain.py").read_text("utf-8")
    for name in re.findall(r"^(?:def|class) (\w+)", source, re.MULTILINE):
        assert re.search(rf"(?:def|class) {name}\b", page), name
    for title in re.findall(r"^# ## (.*)$", source, re.MULTILINE):
        assert f"## {title}" not in page
        assert title in page


def test_docstrings_of_packages_are_shown_and_no_mark_is_left(site: Path) -> None:
    analysis = (site / "reference/analysis/index.html").read_text("utf-8")
    assert "<li><strong>cells</strong>: every readable record" in analysis
    pages = [path for path in site.rglob("*.html") if "reports" not in path.parts]
    assert not [path for path in pages if re.search(r"(?:<|&lt;)!-- [\w :]+ --", path.read_text("utf-8"))]


@pytest.mark.skipif(PROGRAM is None, reason="needs Debian's chromium, which .ci/run installs")
def test_no_page_scrolls_sideways_on_a_telephone(tmp_path: Path, read: dict[Path, str]) -> None:
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
