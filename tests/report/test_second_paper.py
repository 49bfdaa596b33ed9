"""A second paper, brought by an installed package: a page of its own, and nothing of the first is changed."""

import sys
from pathlib import Path

import pytest

from harness.analysis.judges import judge
from harness.catalogue import Catalogue
from harness.errors import HarnessError
from harness.papers import catalogue
from harness.report import Folders, render
from harness.report.sources import read

from .campaigns import CATALOGUE, Campaign, arm_writer, write_ablation, write_arm, write_mnist

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
    """The catalogue with both papers."""
    install(tmp_path, "invented-interleaved", monkeypatch)
    return catalogue()


def test_an_installed_package_is_found(two: Catalogue) -> None:
    assert [paper.name for paper in two.papers] == ["dct-snn", "qcfs", "invented"]
    assert two.experiment("invented-interleaved").title == CATALOGUE.experiment("ablation-interleaved").title
    assert len(two.claims_of("invented-interleaved")) == 20


def test_no_verdict_of_the_first_changes(two: Catalogue, campaign: Campaign) -> None:
    write_mnist(campaign.evidence)
    write_ablation(campaign.evidence)
    for arm, finals in FINALS.items():
        write_arm(campaign.evidence, "ablation-interleaved", "lite", arm, finals)
    [alone] = read(campaign.evidence, None, CATALOGUE)
    [source] = read(campaign.evidence, None, two)
    first = tuple(j for j in source.judgements if not j.id.startswith("invented"))
    assert first == alone.judgements
    assert any(j.p_holm is not None for j in first)


def test_holm_goes_over_the_orderings_of_one_paper(two: Catalogue, campaign: Campaign) -> None:
    for experiment in ("ablation-interleaved", "invented-interleaved"):
        for arm, finals in FINALS.items():
            arm_writer(two)(campaign.evidence, experiment, "lite", arm, finals)
    [source] = read(campaign.evidence, None, two)
    judged = {j.id: j for j in judge(source.loaded, two)}
    ours, theirs = judged["interleaved-cyclic-wins-16"], judged["invented-39"]
    assert theirs.arm == ours.arm
    assert ours.p is not None
    assert theirs.p_holm is not None
    assert ours.p_holm is not None
    assert ours.p_holm == pytest.approx(30 * ours.p)  # of the first paper at lite, run or not
    assert theirs.p is not None
    assert theirs.p < theirs.p_holm <= 20 * theirs.p


@pytest.mark.usefixtures("blank_figures")
def test_each_paper_has_its_page(two: Catalogue, campaign: Campaign) -> None:
    write_mnist(campaign.evidence)
    arm_writer(two)(campaign.evidence, "invented-interleaved", "lite", "cyclic-16x3", (6900,))
    render(Folders(campaign.evidence, campaign.out), two)
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


def test_a_clash_of_experiments_names_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "ablation-interleaved", monkeypatch)
    with pytest.raises(HarnessError) as caught:
        catalogue()
    assert "experiment 'ablation-interleaved'" in caught.value.message
    assert "paper 'dct-snn'" in caught.value.message
    assert "paper 'invented'" in caught.value.message


def test_a_package_that_cannot_be_loaded_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "invented-interleaved", monkeypatch)
    (tmp_path / "site" / "invented_paper" / "__init__.py").write_text("PAPER = 1 / 0")
    with pytest.raises(HarnessError, match=r"paper 'invented' of invented-paper .*ZeroDivisionError"):
        catalogue()
