"""The one way to read a file that somebody else made: regular files alone, and no more of them than can be right."""

import gzip
import io
import os
import stat
import zlib
from pathlib import Path
from typing import BinaryIO

from harness.errors import HarnessError

# The largest file of any data set here, CIFAR-100's batch of training images, has 155 MB.
MAX_FILE_BYTES = 256 << 20
# Longer names are shortened in messages; few paths are as long.
SHOWN_LETTERS = 300


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
            # The size is checked twice: a file may grow, and some say that they are empty.
            if os.fstat(file.fileno()).st_size > MAX_FILE_BYTES:
                raise _too_large(f"{shown(path)} has")
            raw = file.read(MAX_FILE_BYTES + 1)
        except OSError as error:
            raise HarnessError(f"{shown(path)} cannot be read: {error.strerror}", "check the disk") from error
    if len(raw) > MAX_FILE_BYTES:
        raise _too_large(f"{shown(path)} has")
    return raw


def unpack_gzip(raw: bytes, path: Path) -> bytes:
    """What the gzip file `path` with the bytes `raw` unpacks to.

    Raises HarnessError if it is damaged or unpacks to more than MAX_FILE_BYTES.
    """
    try:
        unpacked = gzip.GzipFile(fileobj=io.BytesIO(raw)).read(MAX_FILE_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise HarnessError(f"{shown(path)} cannot be unpacked: {error}", "delete it and get it again") from error
    if len(unpacked) > MAX_FILE_BYTES:
        raise _too_large(f"{shown(path)} unpacks to")
    return unpacked


def shown(name: str | Path) -> str:
    """A file's name as a message can print it, in SHOWN_LETTERS letters or little more.

    What is no printable character stands as an escape such as `\\x1b`; the middle of a long name is left out.
    """
    text = str(name)
    if not text.isprintable():
        text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
    half = SHOWN_LETTERS // 2
    return text if len(text) <= SHOWN_LETTERS else f"{text[:half]}…{text[-half:]}"


def _too_large(subject: str) -> HarnessError:
    return HarnessError(f"{subject} more than {MAX_FILE_BYTES >> 20} MiB", "no file of a data set is as large")
