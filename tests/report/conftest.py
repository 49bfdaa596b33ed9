"""One big report for all tests that only read it, and a small campaign for those that change something."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.report import ReportResult, render

from .browser import PROGRAM, Tab, chromium
from .campaigns import Campaign, empty, write_everything


@pytest.fixture(scope="session")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    """Records of four experiments, and local ones. Read only."""
    campaign = empty(tmp_path_factory.mktemp("everything"))
    write_everything(campaign)
    return campaign


@pytest.fixture(scope="session")
def rendered(everything: Campaign) -> ReportResult:
    """The report of `everything`, evidence and local. Read only."""
    return render(everything.both(), everything.out)


@pytest.fixture(scope="module")
def front(rendered: ReportResult, everything: Campaign) -> Path:
    assert rendered.files
    return everything.out / "index.html"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with chromium(str(PROGRAM), tmp_path_factory.mktemp("profile")) as tab:
        yield tab


@pytest.fixture
def campaign(tmp_path: Path) -> Campaign:
    return empty(tmp_path)
