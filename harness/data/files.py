"""Files that somebody else made: regular ones alone, read within bounds, from a folder or from an archive.

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
from typing import BinaryIO

from harness.errors import HarnessError

SUFFIXES = (".tar.gz", ".tgz", ".tar", ".zip")

# The largest file of any data set here, CIFAR-100's batch of training images, has 155 MB.
MAX_FILE_BYTES = 256 << 20
# Tiny ImageNet as uncompressed bitmaps takes 1.5 GB, more than any other layout of any data set here.
MAX_BYTES = 2 << 30
# Images and batches of them shrink to no less than about a third.
MAX_RATIO = 20
# Below this size the ratio is not checked: blank images shrink to almost nothing.
SMALL_BYTES = 64 << 20
# Tiny ImageNet, the data set with the most files, has 120,000.
MAX_ENTRIES = 500_000
# Longer names are shortened in messages; few paths are as long.
SHOWN_LETTERS = 300

# What the libraries raise for an archive with wrong bytes, depending on where they stand.
_DAMAGED = (tarfile.TarError, zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, OSError, RuntimeError)


@dataclass(frozen=True)
class Tree:
    """The files below `source` by name, with `/`: their content if it is an archive, their paths if it is a folder."""

    source: Path
    files: Mapping[str, bytes | Path]

    def read(self, name: str) -> bytes:
        """The bytes of one file; raises HarnessError if it is missing, unreadable or no regular file."""
        entry = self.files.get(name)
        if entry is None:
            raise HarnessError(f"{shown(name)} is missing in {shown(self.source)}", "get the data set again")
        return entry if isinstance(entry, bytes) else read_file(entry)

    def folder_of(self, part: str) -> str | None:
        """The folder (with its `/`, or "") nearest to the top that holds `part`, a file or a folder with its `/`."""
        if part.endswith("/"):
            found = {name[: f"/{name}".index(f"/{part}")] for name in self.files if f"/{part}" in f"/{name}"}
        else:
            found = {name.removesuffix(part) for name in self.files if f"/{name}".endswith(f"/{part}")}
        return min(found, key=lambda folder: (folder.count("/"), folder), default=None)

    def where(self, name: str) -> str:
        """A file's name and its source, as a message prints them."""
        return shown(f"{name} in {self.source}")


def open_tree(source: Path) -> Tree:
    """The files of a folder or an archive without hidden ones; raises HarnessError as `walk` or `read_archive` does."""
    if source.is_dir():
        return Tree(source, {name: source / name for name in walk(source)})
    return Tree(source, {name: content for name, content in read_archive(source).items() if not _hidden(name)})


def walk(folder: Path) -> list[str]:
    """The names of all files below `folder` that are not hidden, relative to it, sorted.

    Links are followed, because users link data sets into place; except to a folder on the way to them, which would
    lead in a circle. Raises HarnessError for a folder that may not be read and for more than MAX_ENTRIES entries.
    """

    def fail(error: OSError) -> None:
        where = shown(error.filename)
        raise HarnessError(f"{where} cannot be read: {error.strerror}", "check its permissions") from error

    found: list[str] = []
    entries = 0
    for here, folders, names in os.walk(folder, followlinks=True, onerror=fail):
        entries += len(folders) + len(names)
        if entries > MAX_ENTRIES:
            raise HarnessError(f"{shown(folder)} holds more than {MAX_ENTRIES:,} files", "name another folder")
        above = {os.path.realpath(place) for place in (Path(here), *Path(here).absolute().parents)}
        folders[:] = [
            name for name in folders if not _hidden(name) and os.path.realpath(os.path.join(here, name)) not in above
        ]
        inside = Path(here).relative_to(folder).as_posix()
        prefix = "" if inside == "." else f"{inside}/"
        found += [f"{prefix}{name}" for name in names if not _hidden(name)]
    return sorted(found)


def is_archive(path: Path) -> bool:
    """Whether `path` has the name of an archive that `read_archive` reads."""
    return path.name.lower().endswith(SUFFIXES)


def read_archive(path: Path) -> dict[str, bytes]:
    """Every file in the archive by its name.

    Raises HarnessError if it is truncated, unpacks to more than a data set can, or holds a link, a device, or a
    name that leads outside.
    """
    members = _zip_members if path.name.lower().endswith(".zip") else _tar_members
    with open_file(path) as file:
        most = min(MAX_BYTES, max(SMALL_BYTES, MAX_RATIO * os.fstat(file.fileno()).st_size))
        try:
            return {str(PurePosixPath(name)): content for name, content in members(file, most, shown(path))}
        except _DAMAGED as error:
            what = f"{shown(path)} is truncated, damaged or unreadable: {shown(str(error))}"
            raise HarnessError(what, "get the archive again from its source") from error


def _tar_members(file: BinaryIO, most: int, where: str) -> Iterator[tuple[str, bytes]]:
    packed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    # Unpacked within the bound before tarfile reads it: a tar's header may be as large as it says.
    raw = _bounded(gzip.GzipFile(fileobj=file) if packed else file, most, f"{where} unpacks to")
    with tarfile.open(fileobj=io.BytesIO(raw), mode="r:") as archive:
        for member in archive:
            # A sparse file says in a few bytes that it has many zeros.
            plain = member.isdir() or (member.isreg() and not member.issparse())
            _check_member(member.name, plain, member.size, where)
            stream = archive.extractfile(member)
            if stream is not None:
                yield member.name, stream.read()
        # tarfile takes a cut between two members for the end; a whole archive ends in blocks of zeros.
        if raw[archive.offset : archive.offset + tarfile.BLOCKSIZE] != bytes(tarfile.BLOCKSIZE):
            raise tarfile.ReadError("the end of the archive is missing")


def _zip_members(file: BinaryIO, most: int, where: str) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(file) as archive:
        if sum(member.file_size for member in archive.infolist()) > most:
            raise _too_large(f"{where} unpacks to", most)
        for member in archive.infolist():
            # The upper half holds the Unix mode, 0 where the archive was made elsewhere.
            kind = stat.S_IFMT(member.external_attr >> 16)
            _check_member(member.filename, kind in (0, stat.S_IFREG, stat.S_IFDIR), member.file_size, where)
            # zipfile cannot stop in the middle with the other methods, whatever size it is asked for.
            if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise _refused(f"{where} holds a file that is compressed in an unusual way: {shown(member.filename)}")
            if not member.is_dir():
                with archive.open(member) as stream:
                    content = stream.read(member.file_size)
                if len(content) != member.file_size:
                    raise zipfile.BadZipFile(f"{member.filename} is cut short")
                yield member.filename, content


def _check_member(name: str, plain: bool, size: int, where: str) -> None:
    """Raises HarnessError for a member that is neither a `plain` file nor a folder, leads outside, or is too large."""
    windows = PureWindowsPath(name)
    if name.startswith("/") or windows.drive or windows.root or ".." in windows.parts:
        raise _refused(f"{where} holds a path that leads outside of it: {shown(name)}")
    if not plain:
        raise _refused(f"{where} holds a link or a device: {shown(name)}")
    if size > MAX_FILE_BYTES:
        raise _refused(f"{where} holds a file of more than {MAX_FILE_BYTES >> 20} MiB: {shown(name)}")


def _refused(what: str) -> HarnessError:
    return HarnessError(what, "get the archive again from its source")


def open_file(path: Path) -> BinaryIO:
    """The regular file `path`, or a link to one, open for reading.

    Raises HarnessError for a pipe, a device or a folder, and for a file that is not there or may not be read.
    """
    try:
        # Checked before it is opened: opening a pipe waits for a writer, and opening a device may act on it.
        if not stat.S_ISREG(path.stat().st_mode):
            raise HarnessError(f"{shown(path)} is not a regular file", "put a file with the same content in its place")
        return path.open("rb")
    except OSError as error:
        raise HarnessError(f"{shown(path)} cannot be read: {error.strerror}", "check its permissions") from error


def read_file(path: Path) -> bytes:
    """The bytes of `path`; raises HarnessError as `open_file` does, and for more than MAX_FILE_BYTES."""
    with open_file(path) as file:
        try:
            return _bounded(file, MAX_FILE_BYTES, f"{shown(path)} has")
        except OSError as error:
            raise HarnessError(f"{shown(path)} cannot be read: {error.strerror}", "check the disk") from error


def unpack_gzip(raw: bytes, path: Path) -> bytes:
    """The content of the gzip file `path` with the bytes `raw`.

    Raises HarnessError if it is damaged or unpacks to more than MAX_FILE_BYTES.
    """
    try:
        return _bounded(gzip.GzipFile(fileobj=io.BytesIO(raw)), MAX_FILE_BYTES, f"{shown(path)} unpacks to")
    except (OSError, EOFError, zlib.error) as error:
        raise HarnessError(f"{shown(path)} cannot be unpacked: {error}", "delete it and get it again") from error


def _bounded(file: BinaryIO | gzip.GzipFile, most: int, subject: str) -> bytes:
    raw = bytearray()
    while chunk := file.read(1 << 20):
        raw += chunk
        if len(raw) > most:
            raise _too_large(subject, most)
    return bytes(raw)


def _too_large(subject: str, most: int) -> HarnessError:
    return HarnessError(f"{subject} more than {most >> 20} MiB", "no file of a data set is as large")


def check_md5(where: str, raw: bytes, expected: str) -> None:
    """Raises HarnessError, naming `where` and both digests, unless `raw` has the md5 `expected`."""
    found = hashlib.md5(raw, usedforsecurity=False).hexdigest()
    if found != expected:
        raise HarnessError(f"{where} has md5 {found}, expected {expected}", "delete it and get it again")


def shown(name: str | Path) -> str:
    """A file's name as a message prints it, in SHOWN_LETTERS letters or little more.

    A character that cannot be printed is written as an escape such as `\\x1b`; the middle of a long name is left out.
    """
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in str(name))
    half = SHOWN_LETTERS // 2
    return text if len(text) <= SHOWN_LETTERS else f"{text[:half]}…{text[-half:]}"


def _hidden(name: str) -> bool:
    # macOS puts a resource fork beside every file of an archive, under the same suffix.
    return "__MACOSX" in name or any(step.startswith(".") for step in name.split("/"))
