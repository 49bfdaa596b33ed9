"""A second paper, brought by an installed package: a page of its own, and nothing of the first is changed."""

import ast
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import harness as harness_package
from harness.catalogue import Catalogue, Paper, foreign
from harness.errors import HarnessError
from harness.papers import catalogue
from harness.report import render
from harness.report.findings import Topic
from harness.report.table import Column, Row, Table
from tests.command import harness

from .campaigns import CATALOGUE, Campaign, arm_writer, write_arm, write_mnist

PACKAGE = """
from dataclasses import replace
from pathlib import Path
from harness.catalogue import Paper
from harness.catalogue.claims import read_claims
from harness.papers.dct_snn.experiments import ABLATION_INTERLEAVED

EXPERIMENT = replace(ABLATION_INTERLEAVED, name="{name}")
SIZES = {{"cifar10": 10_000}}
CLAIMS = read_claims(Path(__file__).with_name("claims.toml"), [EXPERIMENT], SIZES)
PAPER = Paper("invented", "An invented paper", "Nowhere 2030", (EXPERIMENT,), CLAIMS, SIZES)
"""
STATEMENT = """
[[statement]]
id = "invented"
says = "an invented statement"
source = "§1"
"""
CLAIM = """
[[statement.claim]]
id = "invented-{number}"
experiment = "{name}"
kind = "ordering"
greater = "cyclic-16x3"
less = "interleaved-16x3"
timestep = {number}
source = "§1"
"""
FINALS = {"cyclic-16x3": (6900, 6960, 6860, 6900, 6920), "interleaved-16x3": (6350, 6390, 6330, 6350, 6350)}


def install(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package with twenty orderings, as pip would leave it."""
    package = folder / "site" / "invented_paper"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(PACKAGE.format(name=name))
    (package / "claims.toml").write_text(STATEMENT + "".join(CLAIM.format(name=name, number=n) for n in range(20, 40)))
    info = folder / "site" / "invented_paper-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: invented-paper\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[dct_snn.papers]\ninvented = invented_paper:PAPER\n")
    monkeypatch.syspath_prepend(folder / "site")
    monkeypatch.delitem(sys.modules, "invented_paper", raising=False)


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    install(tmp_path, "invented-interleaved", monkeypatch)
    return catalogue()


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.usefixtures("blank_figures")
def test_an_installed_paper_changes_no_byte_of_another(
    tmp_path: Path, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its experiment has our recipes, so that our records answer its cells, and one of its claims is one of ours."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000000")
    write_mnist(campaign.evidence)
    for arm, finals in FINALS.items():
        write_arm(campaign.evidence, "ablation-interleaved", "lite", arm, finals)
    render(campaign.alone(Catalogue(CATALOGUE.papers[:1])), campaign.out)
    alone = files(campaign.out)
    install(tmp_path, "invented-interleaved", monkeypatch)
    claims = tmp_path / "site" / "invented_paper" / "claims.toml"
    claims.write_text(claims.read_text().replace("timestep = 39", "timestep = 48"))
    render(campaign.alone(catalogue()), tmp_path / "three")
    assert files(tmp_path / "three") == alone
    assert {"index.html", "report.md", "claims.md", "findings.md", "mnist-784-100-10.csv"} <= set(alone)
    monkeypatch.chdir(campaign.out.parent)
    assert harness("report", "--check") == (0, "up to date\n", "")


@pytest.mark.usefixtures("blank_figures")
def test_the_only_paper_with_records_is_the_first_page(two: Catalogue, campaign: Campaign) -> None:
    campaign.evidence.mkdir(parents=True)
    arm_writer(two)(campaign.local, "invented-interleaved", "lite", "cyclic-16x3", (6900,))
    render(campaign.both(two), campaign.out)
    page = (campaign.out / "index.html").read_text(encoding="utf-8")
    assert "<title>An invented paper: does" in page
    assert 'href="index.html">An invented paper</a>' in (campaign.out / "invented-interleaved.html").read_text("utf-8")
    assert not list(campaign.out.glob("invented.*"))
    render(campaign.both(two), campaign.out, ["ablation-interleaved", "invented-interleaved"])
    first, second = ((campaign.out / name).read_text("utf-8") for name in ("index.html", "invented.html"))
    assert ("<title>DCT-SNN: does" in first, "<title>An invented paper: does" in second) == (True, True)


@pytest.mark.usefixtures("blank_figures", "two")
def test_a_paper_that_is_asked_for_is_alone_run_or_not(campaign: Campaign) -> None:
    write_mnist(campaign.evidence)
    place = "--evidence-dir", campaign.evidence, "--results-dir", campaign.evidence
    done = harness("report", "--paper", "invented", *place, "--out", campaign.out)
    page = (campaign.out / "index.html").read_text("utf-8")
    assert (done.code, "invented-20" in page, "no records" in page, "mnist-t16" in page) == (0, True, True, False)
    assert {path.name for path in campaign.out.iterdir()} == {"index.html", "report.md", "claims.md", "findings.md"}
    asked = json.loads(harness("report", "--paper", "invented", *place, "--json").out)
    assert {claim["experiment"] for claim in asked["claims"]} == {"invented-interleaved"}
    listed = json.loads(harness("list", "--paper", "invented", "--json").out)["experiments"]
    assert [row["name"] for row in listed] == ["invented-interleaved"]
    counted = json.loads(harness("status", "--paper", "dct-snn", *place[2:], "--json").out)["cells"]
    assert {cell["experiment"] for cell in counted} >= {"mnist-784-100-10"}
    assert "no records of invented" in harness("status", "--paper", "invented", *place[2:]).out
    claims = json.loads(harness("claims", "--paper", "invented", *place[2:], "--json").out)["claims"]
    assert {claim["id"][:9] for claim in claims} == {"invented-"}
    for verb in ("list", "status", "report", "claims"):
        assert "unknown paper 'inventd' — did you mean 'invented'?" in harness(verb, "--paper", "inventd").err
    assert "experiment of invented 'quickstart'" in harness("status", "quickstart", "--paper", "invented").err


def broken(*_: object) -> Any:
    raise KeyError("lost")


@pytest.mark.usefixtures("blank_figures")
def test_what_a_paper_cannot_show_is_a_line_and_stops_nothing(two: Catalogue, campaign: Campaign) -> None:
    write_mnist(campaign.evidence)
    arm_writer(two)(campaign.evidence, "invented-interleaved", "lite", "cyclic-16x3", (6900,))
    topics = [
        Topic("good", {"Why?": lambda *_: [Table("", (Column("a"),), (Row.of("b"),))]}),
        Topic("bad", {"?": broken}),
    ]
    odd: dict[str, Any] = {
        "picture": lambda: "no figure",
        "topics": lambda: topics,
        "first_sentences": broken,
        "headline": broken,
    }
    papers = (*two.papers[:2], replace(two.papers[2], **odd))
    result = render(campaign.alone(Catalogue(papers)), campaign.out)
    assert [problem.split(" cannot")[0][10:] for problem in result.unshown] == [
        "first_sentences",
        "topic 'bad'",
        "picture",
    ]
    page = (campaign.out / "invented.html").read_text(encoding="utf-8")
    assert ("Why?" in page, "KeyError: &#39;lost&#39;" in page) == (True, True)
    assert "cannot be shown" not in (campaign.out / "index.html").read_text(encoding="utf-8")
    told = replace(papers[2], first_sentences=lambda _: ["Yes."], topics=broken)
    result = render(campaign.alone(Catalogue((*papers[:2], told))), campaign.out)
    assert [problem.split(" cannot")[0][10:] for problem in result.unshown] == ["topics", "headline", "picture"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        *(({"name": name}, "the paper's name: Not a name") for name in ("a/b", "..", "a\x1b[2J", "")),
        *(({"name": name}, f"every report has a file called '{name}'") for name in ("index", "claims")),
        ({"title": "two\nlines"}, "the paper's title: Not a name"),
        ({"claims": ("invented",)}, "AttributeError"),
        ({"experiments": ()}, "unknown experiment 'invented-interleaved'"),
        ({"arms": "double"}, "two arms have one name"),
        ({"profiles": "double"}, "two profiles have one name"),
        ({"experiment": "findings"}, "every report has a file called 'findings'"),
    ],
)
def test_names_are_checked_where_a_paper_is_read(two: Catalogue, change: dict[str, Any], words: str) -> None:
    paper, (experiment,) = two.papers[2], two.papers[2].experiments
    if "arms" in change or "profiles" in change:
        ((part, _),) = change.items()
        change = {"experiments": (replace(experiment, **{part: 2 * getattr(experiment, part)}),), "claims": ()}
    if "experiment" in change:
        change = {"experiments": (replace(experiment, name=change["experiment"]),), "claims": ()}
    with pytest.raises(HarnessError, match=re.escape(words)):
        foreign("a package", lambda: replace(paper, **change), Paper, "mend it", "")


def texts(source: str) -> Iterator[str]:
    """The texts of a module, without docstrings."""
    tree = ast.parse(source)
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
            yield node.value


def test_shared_text_has_no_word_of_one_paper() -> None:
    """But for what is said of the DCT encoder itself."""
    root = Path(harness_package.__file__).parent
    shared = [path for path in root.rglob("*.py") if "papers" not in path.parts and path.name != "plain.py"]
    found = {(path.name, text) for path in shared for text in texts(path.read_text("utf-8"))}
    found |= {(path.name, path.read_text("utf-8")) for path in (root / "report" / "templates").iterdir()}
    word = re.compile(r"\bDCT\b(?!-SNN harness)|[Ff]requenc|\beq\. ?\d|.§|§.|Poisson|MNIST|CIFAR")
    own = {"inspect.py", "run.py", "predict.py", "files.py", "sets.py"}  # of the encoder, and of data sets by name
    assert not [(name, text) for name, text in found if name not in own and word.search(text)]


@pytest.mark.usefixtures("blank_figures")
def test_each_paper_has_its_page(two: Catalogue, campaign: Campaign) -> None:
    write_mnist(campaign.evidence)
    arm_writer(two)(campaign.evidence, "invented-interleaved", "lite", "cyclic-16x3", (6900,))
    render(campaign.alone(two), campaign.out)
    first, second = ((campaign.out / name).read_text(encoding="utf-8") for name in ("index.html", "invented.html"))
    assert "<title>An invented paper: does" in second
    assert 'data-claim="invented-20"' in second
    assert "mnist-t16" not in second
    assert 'data-claim="mnist-t16"' in first
    assert "invented-20" not in first
    assert 'href="invented.html"' in first
    assert "](invented-claims.md)" in (campaign.out / "invented.md").read_text(encoding="utf-8")
    assert (campaign.out / "invented-claims.md").exists()
    assert not (campaign.out / "qcfs.html").exists()  # nothing of it was run
    assert "- [An invented paper](invented.md), Nowhere 2030" in (campaign.out / "papers.md").read_text(
        encoding="utf-8"
    )


def said_of_the_one_left_out(capsys: pytest.CaptureFixture[str]) -> str:
    """The line of `catalogue()`, which has the papers of the harness alone."""
    assert [paper.name for paper in catalogue().papers] == [paper.name for paper in CATALOGUE.papers]
    return " ".join(capsys.readouterr().err.split())


def test_a_paper_with_a_mistake_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    install(tmp_path, "invented-interleaved", monkeypatch)
    claims = tmp_path / "site" / "invented_paper" / "claims.toml"
    claims.write_text(claims.read_text().replace("timestep = 39", "timestep = 390"))
    said = said_of_the_one_left_out(capsys)
    assert said.startswith("left out: paper 'invented' of invented-paper (invented_paper:PAPER): ")
    assert "claim 'invented-39': timestep 390 is outside" in said
    (claims.parent / "__init__.py").write_text("PAPER = 1 / 0")
    monkeypatch.delitem(sys.modules, "invented_paper", raising=False)
    assert "ZeroDivisionError" in said_of_the_one_left_out(capsys)
