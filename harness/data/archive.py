"""Archives, read into memory, and refused if they hold anything but ordinary files and folders.

Nothing is extracted to disk, so an archive cannot overwrite a file. One bad member is enough to refuse all of it, so
that a part of a data set is never taken for the whole. A size is checked before that much is unpacked.
"""

import gzip
import os
import stat
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import BinaryIO

from harness.data.reading import MAX_FILE_BYTES, open_file, shown
from harness.errors import HarnessError

SUFFIXES = (".tar.gz", ".tgz", ".tar", ".zip")

# Tiny ImageNet as uncompressed bitmaps takes 1.5 GB, more than any other layout of any data set here.
MAX_BYTES = 2 << 30
# Images and batches of them shrink to no less than about a third.
MAX_RATIO = 20
# Up to here the ratio is not looked at: blank images shrink to almost nothing.
SMALL_BYTES = 64 << 20

_HINT = "get the archive again from its source"
# What the libraries raise for an archive with wrong bytes, depending on where they stand.
_DAMAGED = (
    tarfile.TarError,
    zipfile.BadZipFile,
    gzip.BadGzipFile,
    zlib.error,
    struct.error,
    EOFError,
    ValueError,
)


def is_archive(path: Path) -> bool:
    """Whether `path` goes by the name of an archive we can read."""
    return path.name.lower().endswith(SUFFIXES)


def read(path: Path) -> dict[str, bytes]:
    """Every file in the archive by its name.

    Raises HarnessError if it is truncated, unpacks to more than a data set can, or holds a link, a device, or a
    name that leads outside.
    """
    with open_file(path) as file:
        most = min(MAX_BYTES, max(SMALL_BYTES, MAX_RATIO * os.fstat(file.fileno()).st_size))
        try:
            return _read_zip(file, most) if path.name.lower().endswith(".zip") else _read_tar(file, most)
        except _Refused as error:
            raise HarnessError(f"{shown(path)} {error}", _HINT) from error
        except _DAMAGED as error:
            raise HarnessError(f"{shown(path)} is truncated or damaged: {shown(str(error))}", _HINT) from error
        except (OSError, RuntimeError, NotImplementedError) as error:
            raise HarnessError(f"{shown(path)} cannot be read: {shown(str(error))}", _HINT) from error


class _Refused(Exception):
    """What an archive holds or does that we do not accept; completes a sentence that begins with its path."""


class _Bounded:
    """A file of which no more than `most` bytes can be read; raises _Refused before it reads more."""

    def __init__(self, file: BinaryIO, most: int) -> None:
        self._file, self._most, self._left = file, most, most

    def read(self, size: int) -> bytes:
        if size > self._left:
            raise _too_large(self._most)
        self._left -= size
        return self._file.read(size)

    def seek(self, position: int) -> int:
        return self._file.seek(position)

    def tell(self) -> int:
        return self._file.tell()


def _read_tar(file: BinaryIO, most: int) -> dict[str, bytes]:
    packed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    # The bound lies below tarfile, so that it holds for headers too: they may be as large as they say.
    bounded = _Bounded(gzip.GzipFile(fileobj=file) if packed else file, most)  # type: ignore[arg-type]
    files: dict[str, bytes] = {}
    with tarfile.open(fileobj=bounded, mode="r:") as archive:  # type: ignore[call-overload]
        for member in archive:
            # A sparse file says in a few bytes that it has many zeros.
            plain = member.isdir() or (member.isreg() and not member.issparse())
            _check(member.name, plain, member.size)
            stream = archive.extractfile(member)
            if stream is not None:
                files[_plain(member.name)] = stream.read()
        _check_end(bounded, archive.offset)
    return files


def _check_end(file: _Bounded, offset: int) -> None:
    # tarfile takes a cut between two members for the end; a whole archive ends in blocks of zeros.
    file.seek(offset)
    if file.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
        raise tarfile.ReadError("the end of the archive is missing")


def _read_zip(file: BinaryIO, most: int) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    with zipfile.ZipFile(file) as archive:
        if sum(member.file_size for member in archive.infolist()) > most:
            raise _too_large(most)
        for member in archive.infolist():
            # The upper half holds the Unix mode, 0 where the archive was made elsewhere.
            kind = stat.S_IFMT(member.external_attr >> 16)
            _check(member.filename, kind in (0, stat.S_IFREG, stat.S_IFDIR), member.file_size)
            if not member.is_dir():
                files[_plain(member.filename)] = _unzipped(archive, member)
    return files


def _unzipped(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    # zipfile cannot stop in the middle with the other methods, whatever size it is asked for.
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise _Refused(f"holds a file that is compressed in an unusual way: {shown(member.filename)}")
    with archive.open(member) as stream:
        content = stream.read(member.file_size)
    if len(content) != member.file_size:
        raise zipfile.BadZipFile(f"{member.filename} is cut short")
    return content


def _check(name: str, plain: bool, size: int) -> None:
    """Raises _Refused for a member that is neither a `plain` file nor a folder, leads outside, or is too large."""
    windows = PureWindowsPath(name)
    if name.startswith("/") or windows.drive or windows.root or ".." in windows.parts:
        raise _Refused(f"holds a path that leads outside of it: {shown(name)}")
    if not plain:
        raise _Refused(f"holds a link or a device: {shown(name)}")
    if size > MAX_FILE_BYTES:
        raise _Refused(f"holds a file of more than {MAX_FILE_BYTES >> 20} MiB: {shown(name)}")


def _plain(name: str) -> str:
    return str(PurePosixPath(name))


def _too_large(most: int) -> _Refused:
    return _Refused(f"unpacks to more than {most >> 20} MiB, which no data set of its size does")
