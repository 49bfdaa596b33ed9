"""The report on a terminal of 80 columns."""

import io

import pytest
from rich.console import Console, RenderableType

from harness.errors import HarnessError
from harness.report import claims_table, terminal_table

from .campaigns import CATALOGUE, Campaign


@pytest.fixture(autouse=True)
def _eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def printed(renderable: RenderableType) -> str:
    stream = io.StringIO()
    Console(width=80, file=stream).print(renderable)
    return stream.getvalue()


def line_with(text: str, word: str) -> str:
    return next(line for line in text.splitlines() if word in line)


def test_published_value_stands_beside_ours(everything: Campaign) -> None:
    text = printed(terminal_table("mnist-784-100-10", CATALOGUE, evidence=everything.evidence, local=everything.local))
    line = line_with(text, "cyclic-16 ")
    assert "98.54 ± 0.04" in line
    assert line.rstrip().endswith("98.54")
    assert "2/5" in line_with(text, "cyclic-16 (yours)")
    assert "…" not in text


def test_smoke_is_labelled_and_errors_are_quoted(everything: Campaign) -> None:
    assert "smoke: not judged" in printed(terminal_table("quickstart", CATALOGUE, evidence=everything.evidence))
    ablation = printed(terminal_table("ablation-interleaved", CATALOGUE, evidence=everything.evidence))
    assert "loss is not" in ablation


def test_an_experiment_without_records_says_how_to_run_it(everything: Campaign) -> None:
    text = printed(terminal_table("cifar10-vgg9", CATALOGUE, evidence=everything.evidence))
    assert text == "cifar10-vgg9: no records yet; harness run cifar10-vgg9\n"


def test_unknown_experiment_is_an_error(everything: Campaign) -> None:
    with pytest.raises(HarnessError, match="unknown experiment"):
        terminal_table("mnits", CATALOGUE, evidence=everything.evidence)


def test_every_claim_has_a_verdict(everything: Campaign) -> None:
    text = printed(claims_table(CATALOGUE, evidence=everything.evidence, local=everything.local))
    assert "✓ reproduced" in line_with(text, "cyclic-16 at T = 16")
    assert "· no records" in line_with(text, "cyclic-125 at T = 125")
