"""Downloads from a real server on this machine: what is kept, what is refused, and what is said about it."""

import gzip
import hashlib
import socket
from pathlib import Path

import pytest
from torchvision.datasets import CIFAR10, MNIST

from harness.data import download, load, mnist

from . import samples
from .server import Server


@pytest.fixture
def archive(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, local: Server) -> bytes:
    """A small CIFAR-10, published by the server under torchvision's name for it."""
    content = samples.pack(tmp_path / "made" / "cifar10.tar.gz", samples.tree()).read_bytes()
    local.files["/cifar-10-python.tar.gz"] = content
    monkeypatch.setattr(CIFAR10, "url", f"{local.url}/cifar-10-python.tar.gz")
    monkeypatch.setattr(CIFAR10, "tgz_md5", hashlib.md5(content).hexdigest())
    (tmp_path / "cache").mkdir()
    return content


@pytest.fixture
def mirrors(monkeypatch: pytest.MonkeyPatch, local: Server) -> samples.Files:
    """A small MNIST on the second of two mirrors."""
    files = samples.mnist_files()
    packed = {f"{name}.gz": gzip.compress(content) for name, content in files.items()}
    local.files |= {f"/second/{name}": content for name, content in packed.items()}
    monkeypatch.setattr(mnist, "MD5", samples.md5_of(files))
    monkeypatch.setattr(MNIST, "mirrors", [f"{local.url}/first/", f"{local.url}/second/"])
    monkeypatch.setattr(MNIST, "resources", list(samples.md5_of(packed).items()))
    return packed


def test_cifar10_is_kept_as_the_archive_that_torchvision_names(archive: bytes, tmp_path: Path) -> None:
    assert len(load("cifar10").train) == 20
    assert (tmp_path / "cache" / "cifar-10-python.tar.gz").read_bytes() == archive


@pytest.mark.usefixtures("archive")
def test_a_second_load_downloads_nothing(local: Server) -> None:
    load("cifar10")
    load("cifar10")
    assert local.asked == ["/cifar-10-python.tar.gz"]


@pytest.mark.usefixtures("archive")
def test_a_download_is_as_readable_as_its_folder(tmp_path: Path) -> None:
    assert download.fetch("cifar10", tmp_path / "cache") == []
    folder, file = tmp_path / "cache", tmp_path / "cache" / "cifar-10-python.tar.gz"
    assert file.stat().st_mode & 0o666 == folder.stat().st_mode & 0o666


@pytest.mark.usefixtures("archive")
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("gone", "the server answers 404 Not Found"),
        ("cut", "the connection failed or broke off"),
        ("changed", "the file received does not have md5"),
        ("silent", "no answer within 0.2 seconds"),
    ],
)
def test_a_fault_is_one_clear_line_and_leaves_nothing(
    fault: str, reason: str, local: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(download, "TIMEOUT_SECONDS", 0.2)
    path = "/cifar-10-python.tar.gz"
    if fault in ("gone", "changed"):
        local.files = {path: b"another file"} if fault == "changed" else {}
    else:
        getattr(local, fault).add(path)
    (problem,) = download.fetch("cifar10", tmp_path / "cache")
    assert problem.startswith(f"{local.url}{path}: {reason}")
    assert "\n" not in problem
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.usefixtures("archive")
def test_a_server_that_is_down_is_a_failed_connection(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setattr(CIFAR10, "url", f"http://127.0.0.1:{unused.getsockname()[1]}/x.tgz")
        (problem,) = download.fetch("cifar10", tmp_path / "cache")
    assert problem.endswith("/x.tgz: the connection failed or broke off (ConnectionError)")


def test_mnist_comes_from_the_second_mirror_when_the_first_fails(mirrors: samples.Files, tmp_path: Path) -> None:
    assert len(load("mnist").train) == 20
    assert {file.name for file in (tmp_path / "cache" / "MNIST" / "raw").iterdir()} == set(mirrors)


def test_of_an_incomplete_mirror_nothing_is_kept(mirrors: samples.Files, local: Server, tmp_path: Path) -> None:
    del local.files[f"/second/{list(mirrors)[-1]}"]
    (tmp_path / "cache").mkdir()
    assert len(download.fetch("mnist", tmp_path / "cache")) == 3
    assert list((tmp_path / "cache").iterdir()) == []
