"""What all tests share: no network, a cache folder of their own, and one thread, so that sums have one order."""

import os
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import Mock

for _variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")  # before torch and numba are imported

if not Path("/dev/nvidiactl").exists():
    os.environ.setdefault("TRITON_INTERPRET", "1")  # read when triton is imported, by whatever comes first

import pytest


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put files with slow tests first in either half: xdist deals halves out to two workers."""
    slow = sorted({item.path for item in items if item.get_closest_marker("slow")})
    halves = [[item for item in items if item.path in slow[start::2]] for start in (0, 1)]
    quick = [item for item in items if item.path not in slow]
    cut = max(0, len(items) // 2 - len(halves[0]))
    items[:] = [*halves[0], *quick[:cut], *halves[1], *quick[cut:]]


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    refuse = Mock(side_effect=OSError("the network is blocked in tests"))
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture(autouse=True)
def _quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """No file of a test need survive a power cut."""
    monkeypatch.setattr("os.fsync", lambda _: None)


@pytest.fixture(autouse=True)
def _quick_estimates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two training steps are timed of a cell, not a third of a second of them."""
    if "harness.runs.plan" in sys.modules:
        monkeypatch.setattr("harness.runs.plan.TIMED_SECONDS", 0.0)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this test run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, and no folder of data."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HARNESS_DATA", raising=False)
    return tmp_path


@pytest.fixture
def tiny_known() -> Iterator[None]:
    """The catalogue has an experiment that is computed in a moment, and the encoder `misbehaved` is known."""
    from tests.robust import tiny

    tiny.install()
    yield
    tiny.uninstall()


@pytest.fixture
def blank_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests that look at no figure, see `blank`."""
    blank(monkeypatch)


def blank(patch: pytest.MonkeyPatch) -> None:
    """Save each figure with its marks, but without what is drawn in it, in a tenth of the time."""
    from matplotlib.figure import Figure

    from harness.report.drawing import Picture, both_renderings, styled

    def marked(_: object, title: str, drawn: object, _names: object = ()) -> tuple[bytes, Callable[[], bytes]]:
        return both_renderings(Figure(figsize=(1, 1)), title, drawn)

    patch.setattr("harness.report.figures.both_renderings", marked)
    with styled():
        encoder = Picture("encoder-picture", "", "", *marked(None, "", []))
    patch.setattr("harness.papers.dct_snn.picture.picture", lambda: encoder)


@pytest.fixture(scope="session", autouse=True)
def _own_cache(shared: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        if "HARNESS_CACHE" not in os.environ:
            patch.setenv("HARNESS_CACHE", str(shared / "cache"))
        yield
