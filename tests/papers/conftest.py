"""Records as the tests of analysis write them, and the findings that they give."""

from pathlib import Path

from harness.analysis.verdicts import judge
from harness.catalogue import Sentence
from harness.papers.dct_snn.findings import findings
from tests.analysis.conftest import write
from tests.analysis.judging import CATALOGUE, load

__all__ = ["in_one_line", "sentences", "write"]


def sentences(folder: Path) -> tuple[str, ...]:
    loaded = load(folder)
    return tuple(map(in_one_line, findings(loaded, judge(loaded, CATALOGUE))))


def in_one_line(sentence: Sentence) -> str:
    return " | ".join((sentence.text, *sentence.parts))
