"""Archives read into memory, and refused whole when they hold anything but plain files in plain places.

Nothing is extracted to disk, so a hostile archive has nowhere to write; refusing it outright keeps a half-read
one from passing for a data set.
"""

import lzma
import stat
import tarfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath, PureWindowsPath

from harness.errors import HarnessError

SUFFIXES = (".tar.gz", ".tgz", ".tar", ".zip")

# The largest data set here unpacks to about 0.3 GB; more than this is a decompression bomb.
MAX_BYTES = 4 << 30

_HINT = "get the archive again from its source"


def is_archive(path: Path) -> bool:
    """Whether `path` goes by the name of an archive we can read."""
    return path.name.lower().endswith(SUFFIXES)


def read(path: Path) -> dict[str, bytes]:
    """Every file in the archive by its name.

    Raises HarnessError if it is truncated, too large, or holds a link, a device, or a name that leads outside.
    """
    try:
        return _read_zip(path) if path.name.lower().endswith(".zip") else _read_tar(path)
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError) as error:
        raise HarnessError(f"{path} is truncated or damaged: {error}", _HINT) from error
    except (OSError, RuntimeError, NotImplementedError) as error:
        raise HarnessError(f"{path} cannot be read: {error}", _HINT) from error


def _read_tar(path: Path) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    with tarfile.open(path) as archive:
        size = 0
        for member in archive:
            _check_name(path, member.name)
            if not (member.isreg() or member.isdir()):
                raise HarnessError(f"{path} holds a link or a device: {member.name}", _HINT)
            size = _within_bounds(path, size + member.size)
            stream = archive.extractfile(member)
            if stream is not None:
                files[_plain(member.name)] = stream.read()
        _check_end(archive)
    return files


def _check_end(archive: tarfile.TarFile) -> None:
    # tarfile takes a cut between two members for the end; a whole archive ends in blocks of zeros.
    assert archive.fileobj is not None
    archive.fileobj.seek(archive.offset)
    if archive.fileobj.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
        raise tarfile.ReadError("the end of the archive is missing")


def _read_zip(path: Path) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    with zipfile.ZipFile(path) as archive:
        size = 0
        for member in archive.infolist():
            _check_name(path, member.filename)
            # The upper half holds the Unix mode, 0 where the archive was made elsewhere.
            kind = stat.S_IFMT(member.external_attr >> 16)
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise HarnessError(f"{path} holds a link or a device: {member.filename}", _HINT)
            size = _within_bounds(path, size + member.file_size)
            if not member.is_dir():
                files[_plain(member.filename)] = archive.read(member)
    return files


def _check_name(path: Path, name: str) -> None:
    windows = PureWindowsPath(name)
    if name.startswith("/") or windows.drive or windows.root or ".." in windows.parts:
        raise HarnessError(f"{path} holds a path that leads outside of it: {name}", _HINT)


def _plain(name: str) -> str:
    return str(PurePosixPath(name))


def _within_bounds(path: Path, size: int) -> int:
    if size > MAX_BYTES:
        raise HarnessError(
            f"{path} unpacks to more than {MAX_BYTES >> 30} GiB", "it is not the data set it is named for"
        )
    return size
