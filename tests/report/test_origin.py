"""Where a page comes from: date, version, commit, hardware; and nothing but the page says so."""

import os
import shutil
import subprocess
from html.parser import HTMLParser
from importlib.metadata import version
from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec
import pytest

from harness.records.store import read_record, write_record
from harness.report import render
from harness.report.publish import origin, web_address
from harness.report.sources import read
from tests.conftest import blank

from .campaigns import CATALOGUE, Campaign, empty, write_mnist

DAY, ANOTHER = "1700000000", "1800000000"  # 14 November 2023, 15 January 2027


class Hrefs(HTMLParser):
    """The addresses of all links, and all ids."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.places: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of one element."""
        values = {name: value or "" for name, value in attrs}
        self.places |= {values["id"]} if "id" in values else set()
        self.links += [values["href"]] if tag == "a" and "href" in values else []


@pytest.fixture(scope="module")
def rendered_once(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    """Records of one device, rendered on a known day."""
    campaign = empty(tmp_path_factory.mktemp("dated"))
    write_mnist(campaign.evidence)
    for path in campaign.evidence.rglob("seed-*.json"):
        told = msgspec.structs.replace(read_record(path), environment={"device": "Abacus 9"}, digest="")
        write_record(campaign.evidence, told)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", DAY)
        blank(patch)
        render(campaign.alone, CATALOGUE)
    return campaign


@pytest.fixture
def dated(rendered_once: Campaign, tmp_path: Path) -> Campaign:
    """A copy of it, to be changed."""
    shutil.copytree(rendered_once.out.parent, tmp_path / "copy")
    return empty(tmp_path / "copy")


def test_the_page_names_day_version_and_hardware(dated: Campaign) -> None:
    page = (dated.out / "index.html").read_text(encoding="utf-8")
    assert f"2023-11-14 · version {version('dct-snn-harness')}" in page
    assert "evidence computed on Abacus 9 (17 records)" in page
    assert "commit <code>" not in page


@pytest.mark.usefixtures("blank_figures")
def test_another_day_changes_the_page_alone(dated: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {path.name: path.read_bytes() for path in dated.out.iterdir()}
    monkeypatch.setenv("SOURCE_DATE_EPOCH", ANOTHER)
    render(dated.alone, CATALOGUE)
    changed = [path.name for path in dated.out.iterdir() if path.read_bytes() != before[path.name]]
    assert sorted(changed) == ["index.html", "mnist-784-100-10.html"]


def test_commit_and_repository_of_a_clone(dated: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    clone = dated.out.parent
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)

    def git(*words: str) -> str:
        who = ("-c", "user.name=n", "-c", "user.email=e@example.org")
        done = subprocess.run(["git", "-C", str(clone), *who, *words], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    (clone / "harness" / "report").mkdir(parents=True)
    git("init", "-q")
    git("add", "results")
    git("commit", "-qm", "records")
    sources = read(dated.evidence, None, CATALOGUE)
    found = origin(sources, dated.out)
    assert git("rev-parse", "HEAD").startswith(found.commit)
    assert len(found.commit) == 10
    assert (found.changed, found.repository) == (False, "../")
    assert origin(sources, clone.parent / "elsewhere").repository == ""
    next(dated.evidence.rglob("seed-*.json")).write_text("{}")
    git("remote", "add", "origin", "git@example.org:somebody/something.git")
    found = origin(sources, dated.out)
    assert (found.changed, found.repository) == (True, "https://example.org/somebody/something")


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("https://name:secret@example.org/a/b.git", "https://example.org/a/b"),
        ("ssh://git@example.org:22/a/b", "https://example.org/a/b"),
        ("git@example.org:a/b.git", "https://example.org/a/b"),
        ("/somewhere/else.git", ""),
        ("../else.git", ""),
        ("file:///somewhere/else.git", ""),
        ("", ""),
    ],
)
def test_a_remote_is_an_address_without_a_secret_or_none(remote: str, address: str) -> None:
    assert web_address(remote) == address


def test_links_work_where_the_folder_is_moved_to(dated: Campaign, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    shutil.copytree(dated.evidence.parent, moved / "results")
    shutil.copytree(dated.out, moved / "reports")
    shutil.rmtree(dated.evidence.parent)
    for name in ("index.html", "mnist-784-100-10.html"):
        page = Hrefs((moved / "reports" / name).read_text(encoding="utf-8"))
        parts = [urlsplit(link) for link in page.links]
        assert {part.scheme for part in parts} == {"", "https"}
        inside = [part for part in parts if not part.scheme]
        assert {part.fragment for part in inside if not part.path} <= page.places
        files = {moved / "reports" / unquote(part.path) for part in inside if part.path}
        assert len(files) >= 15  # of records, most of them
        assert [path for path in files if not path.is_file()] == []
        assert any(link.startswith("https://") and "DCT-SNN" in link for link in page.links)
