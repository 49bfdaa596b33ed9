"""The report on a terminal of 80 columns."""

import io

import pytest
from rich.console import Console, RenderableType

from harness.errors import HarnessError
from harness.report import judged_claims, read, results_table

from .campaigns import CATALOGUE, Campaign


@pytest.fixture(autouse=True)
def _eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def printed(renderable: RenderableType) -> str:
    stream = io.StringIO()
    Console(width=80, file=stream).print(renderable)
    return stream.getvalue()


def results(experiment: str, campaign: Campaign) -> str:
    sources = read(campaign.evidence, campaign.local, CATALOGUE)
    return printed(results_table(experiment, sources, CATALOGUE.claims))


def line_with(text: str, word: str) -> str:
    return next(line for line in text.splitlines() if word in line)


def test_published_value_stands_beside_ours(everything: Campaign) -> None:
    text = results("mnist-784-100-10", everything)
    line = line_with(text, "cyclic-16 ")
    assert "98.54 ± 0.04" in line
    assert line.rstrip().endswith("98.54")
    assert "2/5" in line_with(text, "cyclic-16 (yours)")
    assert "…" not in text


def test_smoke_is_labelled_and_errors_are_quoted(everything: Campaign) -> None:
    assert "smoke: not judged" in results("quickstart", everything)
    ablation = results("ablation-interleaved", everything)
    assert "loss is not" in ablation


def test_an_experiment_without_records_says_how_to_run_it(everything: Campaign) -> None:
    text = results("cifar100-vgg11", everything)
    assert text == "cifar100-vgg11: no records yet; harness run cifar100-vgg11\n"


def test_unknown_experiment_is_an_error(everything: Campaign) -> None:
    with pytest.raises(HarnessError, match="unknown experiment"):
        results("mnits", everything)


def test_every_claim_has_a_verdict(everything: Campaign) -> None:
    text = printed(judged_claims(read(everything.evidence, everything.local, CATALOGUE), CATALOGUE.claims))
    assert "✓ reproduced" in line_with(text, "cyclic-16 at T = 16")
    assert "· no records" in line_with(text, "cyclic-125 at T = 125")
