"""The files of a data set by name, from a folder or an archive.

An archive is read into memory and never extracted, so it cannot overwrite a file. One bad member is enough to refuse
all of it: a part of a data set must never be taken for the whole. A size is checked before that much is unpacked.
"""

import gzip
import hashlib
import io
import os
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import BinaryIO, NoReturn

from harness.errors import HarnessError

SUFFIXES = (".tgz", ".tar.gz", ".tar", ".zip")

# The largest file of any data set here, CIFAR-100's batch of training images, has 155 MB.
MAX_FILE_BYTES = 256 << 20
# Images shrink to no less than about a third (blank ones to almost nothing, which SMALL_BYTES allows for). Tiny
# ImageNet as uncompressed bitmaps takes 1.5 GB, more than any other layout of any data set here.
MAX_RATIO, SMALL_BYTES, MAX_BYTES = 20, 64 << 20, 2 << 30

AGAIN = "get the data set again from its source"
# What the libraries raise for an archive with wrong bytes, depending on where they stand.
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
            raise HarnessError(f"{name} is missing in {self.source}", AGAIN)
        return entry if isinstance(entry, bytes) else read_file(entry)

    def folder_of(self, part: str) -> str | None:
        """The folder (with its `/`, or "") nearest to the top that holds `part`, a file or a folder with its `/`."""
        if part.endswith("/"):
            found = {name[: f"/{name}".index(f"/{part}")] for name in self.files if f"/{part}" in f"/{name}"}
        else:
            found = {name.removesuffix(part) for name in self.files if f"/{name}".endswith(f"/{part}")}
        return min(found, key=lambda folder: (folder.count("/"), folder), default=None)


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

    found: list[str] = []
    for here, _, names in os.walk(folder, onerror=fail):
        inside = Path(here).relative_to(folder)
        found += [(inside / name).as_posix() for name in names]
    return sorted(name for name in found if not _hidden(name))


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
    found = hashlib.md5(raw, usedforsecurity=False).hexdigest()
    if found != expected:
        raise HarnessError(f"{where} has md5 {found}, expected {expected}", AGAIN)


def read_archive(path: Path) -> dict[str, bytes]:
    """Every file in the archive that is not hidden, by its name.

    Raises HarnessError if it is truncated, unpacks to more than a data set can, or holds a link, a device, or a name
    that leads outside.
    """
    members = _zip_members if path.name.lower().endswith(".zip") else _tar_members
    try:
        with path.open("rb") as file:
            most = min(MAX_BYTES, max(SMALL_BYTES, MAX_RATIO * path.stat().st_size))
            found = {str(PurePosixPath(name)): content for name, content in members(file, most)}
    except _DAMAGED as error:
        raise HarnessError(f"{path} is not a sound archive: {error}", AGAIN) from error
    return {name: content for name, content in found.items() if not _hidden(name)}


def _tar_members(file: BinaryIO, most: int) -> Iterator[tuple[str, bytes]]:
    packed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    # Unpacked within the bound before tarfile reads it: a tar's header may be as large as it says.
    raw = (gzip.GzipFile(fileobj=file) if packed else file).read(most + 1)
    _require_size(len(raw), most)
    with tarfile.open(fileobj=io.BytesIO(raw), mode="r:") as archive:
        for member in archive:
            # A sparse file says in a few bytes that it has many zeros.
            _require_plain(member.name, member.isdir() or (member.isreg() and not member.issparse()))
            stream = archive.extractfile(member)
            if stream is not None:
                yield member.name, stream.read()
        # tarfile takes a cut between two members for the end; a whole archive ends in blocks of zeros.
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
