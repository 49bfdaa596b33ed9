"""A report is a function of the records: same bytes for the same records, and `check` sees every difference.

The page alone says where it comes from: date, version, commit, hardware.
"""

import os
import re
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from harness.errors import HarnessError
from harness.machine.files import write_atomically
from harness.report import ReportResult, check, read, render
from harness.report.drawing import painter
from harness.report.publish import END, PACKAGED, START, in_readme, kept, origin, web_address
from tests.analysis.judging import change
from tests.conftest import blank

from .campaigns import CATALOGUE, Campaign, empty, write_arm, write_mnist

MNIST = "mnist-784-100-10"
DAY, ANOTHER = "1700000000", "1800000000"  # 14 November 2023, 15 January 2027


def outdated(campaign: Campaign) -> list[str]:
    return check(campaign.alone(), campaign.out.parent)


@pytest.fixture(scope="module")
def rendered_once(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    """A clone with records of one device, rendered on a known day."""
    campaign = empty(tmp_path_factory.mktemp("dated"))
    write_mnist(campaign.evidence)
    for path in campaign.evidence.rglob("seed-*.json"):
        change(path, environment={"device": "Abacus 9"})
    campaign.out.with_name("README.md").write_text(f"# Title\n{START}\n{END}\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", DAY)
        blank(patch)
        for path, content in kept(campaign.alone(), campaign.out.parent).items():
            write_atomically(path, content)
    return campaign


@pytest.fixture
def copy(rendered_once: Campaign, tmp_path: Path) -> Campaign:
    """The rendered campaign at another place, to be tampered with."""
    shutil.copytree(rendered_once.out.parent, tmp_path / "copy")
    return empty(tmp_path / "copy")


def test_the_same_records_at_another_place_give_the_same_bytes_and_another_day_changes_pages_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = empty(tmp_path / "first"), empty(tmp_path / "second")
    write_arm(first.evidence, MNIST, "paper", "cyclic-5", (9720, 9731, 9738))
    shutil.copytree(first.evidence, second.evidence)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", DAY)
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "a cache"))
    render(first.alone(), first.out)
    # another report in between: what the process drew before must leave no trace
    write_arm(second.local, "quickstart", "lite", "cyclic-16", (9400, 9500))
    render(read(second.local, None, CATALOGUE), tmp_path / "other", ["quickstart"])
    monkeypatch.setenv("SOURCE_DATE_EPOCH", ANOTHER)
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "another cache"))  # where nothing painted lies
    render(second.alone(), second.out)
    before, after = ({path.name: path.read_bytes() for path in c.out.iterdir()} for c in (first, second))
    changed = sorted(name for name in before if before[name] != after[name])
    assert (before.keys(), changed) == (after.keys(), ["index.html", f"{MNIST}.html"])
    assert all(before[name].replace(b"2023-11-14", b"2027-01-15") == after[name] for name in changed)


def test_the_page_names_day_version_and_hardware_and_nothing_names_a_place(rendered_once: Campaign) -> None:
    page = (rendered_once.out / "index.html").read_text(encoding="utf-8")
    assert f"2023-11-14 · version {version('dct-snn-harness')}" in page
    assert "evidence computed on Abacus 9 (17 records)" in page
    assert "commit <code>" not in page
    for path in rendered_once.out.iterdir():
        content = path.read_bytes()
        assert str(rendered_once.out.parent).encode() not in content, path.name
        assert b"dc:date" not in content, path.name
    assert "Of 17 statements, " in rendered_once.out.with_name("README.md").read_text(encoding="utf-8")


@pytest.mark.usefixtures("blank_figures")
def test_check_names_changed_missing_and_extra_files_and_compares_figures_by_their_data(copy: Campaign) -> None:
    for path in [*copy.out.glob("*.png"), *copy.out.glob("*.html")]:
        path.unlink()  # a repository need not keep them
    figure = copy.out / f"{MNIST}-paper-error.svg"
    painted = figure.read_bytes().replace(painter().encode(), b"matplotlib 3.9.1 on riscv64.")
    figure.write_bytes(painted.replace(b"</svg>", b"<g/></svg>"))
    assert outdated(copy) == []
    figure.write_bytes(figure.read_bytes().replace(b"sha256:", b"sha256:0", 1))
    with (copy.out / "report.md").open("a") as file:
        file.write("one more claim\n")
    (copy.out / f"{MNIST}.csv").unlink()
    (copy.out / "notes.txt").touch()
    readme = copy.out.with_name("README.md")
    readme.write_text(readme.read_text().replace("Of 17 statements", "Of 18 statements"), encoding="utf-8")
    write_atomically(copy.out.parent / PACKAGED, b"{}")
    names = figure.name, f"{MNIST}.csv", "notes.txt", "report.md"
    assert outdated(copy) == ["README.md", str(PACKAGED), *(f"reports/{name}" for name in names)]


@pytest.mark.usefixtures("blank_figures")
def test_a_report_of_named_experiments_shows_these_and_findings_of_nothing_else(campaign: Campaign) -> None:
    with pytest.raises(HarnessError, match="did you mean 'quickstart'"):
        render(campaign.alone(), campaign.out, ["quickstrat"])
    assert not campaign.out.exists()
    write_mnist(campaign.evidence)
    result = render(campaign.alone(), campaign.out, ["quickstart"])
    assert {path.stem for path in result.files} == {"index", "report"}
    render(campaign.alone(), campaign.out, [MNIST])
    page = (campaign.out / "index.html").read_text(encoding="utf-8")
    assert page.index("<h1>") == page.index(f"<h1>{CATALOGUE.experiment(MNIST).title}")
    assert 'data-claim="mnist-t16"' in page
    assert ('id="topic-' in page, "Of 17 statements" in page) == (False, False)
    assert not (campaign.out / "findings.md").exists()
    assert f"({MNIST}.md)" in (campaign.out / "report.md").read_text(encoding="utf-8")


@pytest.mark.usefixtures("blank_figures")
def test_a_report_without_findings_says_whose_records_it_shows(campaign: Campaign) -> None:
    def said(named: str | None = None) -> str:
        render(campaign.both(), campaign.out, named and [named])
        return (campaign.out / "report.md").read_text(encoding="utf-8").splitlines()[2]

    assert said() == "No records yet: nothing is found."
    write_arm(campaign.local, "quickstart", "lite", "cyclic-16", (9400, 9500))
    assert said() == said("quickstart") == "No evidence is shown here; your own records stand below."
    write_arm(campaign.evidence, "quickstart", "lite", "cyclic-16", (9400,))
    assert said("quickstart") == "No finding is drawn from these records; they stand below."


def test_a_whole_report_has_findings_under_their_topics_and_one_view_of_each_curve(
    rendered: ReportResult, everything: Campaign
) -> None:
    text, page = ((everything.out / name).read_text("utf-8") for name in ("findings.md", "index.html"))
    assert text.startswith("**Partly.**\n\n- ")
    headings = "## Few steps", "### Which rows of Table 1 come out?"
    places = [text.index(heading) for heading in headings]
    assert places == sorted(places)
    assert "<h2>Few steps</h2>" in page
    assert "Not run yet, or not finished (" in page
    assert "| harness run ablation-mechanisms --profile lite |" in (everything.out / "report.md").read_text("utf-8")
    names = {path.name for path in rendered.files if path.suffix == ".svg"}
    assert {name for name in names if "accuracy" in name or "error" in name} == {
        f"{MNIST}-paper-error.svg",
        "ablation-interleaved-lite-error.svg",
        "cifar10-vgg9-lite-error.svg",  # all of its cells are answered by records of ablation-interleaved
    }
    assert not [name for name in names if "operations" in name or "quickstart" in name]  # smoke is drawn nowhere


# Findings in README


def test_only_what_stands_between_the_marks_is_written_and_half_a_pair_is_refused() -> None:
    assert in_readme(f"a\n{START}\nold\n{END}\nb\n", "- new\n") == f"a\n{START}\n\n- new\n\n{END}\nb\n"
    assert in_readme("no marks", "- new") == "no marks"
    for text in (f"a {START} b", f"a {END} b", f"{END} {START}"):
        with pytest.raises(HarnessError, match="only one of"):
            in_readme(text, "- new")


# Commit, repository and links


def test_commit_and_repository_of_a_clone(copy: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    clone = copy.out.parent
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
    sources = read(copy.evidence, None, CATALOGUE)
    found = origin(sources, copy.out)
    assert git("rev-parse", "HEAD").startswith(found.commit)
    assert (len(found.commit), found.changed, found.repository) == (10, False, "../")
    assert origin(sources, clone.parent / "elsewhere").repository == ""
    next(copy.evidence.rglob("seed-*.json")).write_text("{}")
    git("remote", "add", "origin", "git@example.org:somebody/something.git")
    found = origin(sources, copy.out)
    assert (found.changed, found.repository) == (True, "https://example.org/somebody/something")


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("https://name:secret@example.org/a/b.git", "https://example.org/a/b"),
        ("ssh://git@example.org:22/a/b", "https://example.org/a/b"),
        ("git@example.org:a/b.git", "https://example.org/a/b"),
        ("../else.git", ""),
        ("file:///somewhere/else.git", ""),
        ("", ""),
    ],
)
def test_a_remote_is_an_address_without_a_secret_or_none(remote: str, address: str) -> None:
    assert web_address(remote) == address


def test_links_work_where_the_folder_is_moved_to(rendered_once: Campaign, tmp_path: Path) -> None:
    shutil.copytree(rendered_once.evidence.parent, tmp_path / "results")
    shutil.copytree(rendered_once.out, tmp_path / "reports")
    for name in ("index.html", f"{MNIST}.html"):
        page = (tmp_path / "reports" / name).read_text(encoding="utf-8")
        links, places = re.findall(r'<a\b[^>]*?\bhref="([^"]*)"', page), set(re.findall(r'\bid="([^"]*)"', page))
        parts = [urlsplit(link) for link in links]
        assert {part.scheme for part in parts} == {"", "https"}
        inside = [part for part in parts if not part.scheme]
        assert {part.fragment for part in inside if not part.path} <= places
        files = {tmp_path / "reports" / unquote(part.path) for part in inside if part.path}
        assert len(files) >= 15  # of records, most of them
        assert [path for path in files if not path.is_file()] == []
        assert any(link.startswith("https://") and "DCT-SNN" in link for link in links)
