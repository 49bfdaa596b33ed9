"""Records as the tests of analysis write them, and the findings that they give."""

from pathlib import Path

from harness.analysis.judges import judge
from harness.catalogue import Sentence
from harness.papers.dct_snn.findings import findings
from tests.analysis.conftest import write
from tests.analysis.judging import CATALOGUE, load

__all__ = ["briefs", "in_one_line", "sentences", "write"]


def sentences(folder: Path) -> tuple[str, ...]:
    return tuple(map(in_one_line, _found(folder)))


def briefs(folder: Path) -> tuple[str, ...]:
    """What README says of the same records."""
    return tuple(sentence.brief for sentence in _found(folder) if sentence.brief)


def _found(folder: Path) -> tuple[Sentence, ...]:
    loaded = load(folder)
    return findings(loaded, judge(loaded, CATALOGUE))


def in_one_line(sentence: Sentence) -> str:
    return " | ".join((sentence.text, *sentence.parts))
