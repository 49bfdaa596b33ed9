"""Records as the tests of analysis write them, and the findings that they give."""

from pathlib import Path

from harness.analysis.verdicts import judge
from harness.papers.dct_snn.findings import findings
from tests.analysis.conftest import write
from tests.analysis.judging import CATALOGUE, load

__all__ = ["sentences", "write"]


def sentences(folder: Path) -> tuple[str, ...]:
    loaded = load(folder)
    return findings(loaded, judge(loaded, CATALOGUE))
