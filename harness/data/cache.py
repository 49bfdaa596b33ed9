"""Decoded images on disk, memory-mapped, so that a data set is decoded once and not at every start.

An entry is a folder of six `.npy` files, named after its source's path, sizes and times of change. It is used only if
its files are regular ones of this user and every image still has the hash that is stored with it; otherwise it is
deleted and written again.

No result depends on the cache. Where it cannot be written, work goes on without it, and the logger
`harness.data.cache` gives one warning: a line on standard error, unless the program sets up logging otherwise.
"""

import errno
import functools
import hashlib
import logging
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray
from platformdirs import user_cache_path

from harness.data.files import shown, walk
from harness.data.types import Split, content_hashes, digest_of
from harness.errors import HarnessError

# Change it when what is stored, or how images are decoded, changes.
_FORMAT = "1"
_TRIAL_BYTES = 1 << 16
# Seconds after which a process that waits for another one says so.
_SILENT_SECONDS = 5.0
# What numpy raises for a file that is not what was stored.
_UNREADABLE = (OSError, ValueError, EOFError, MemoryError)
_LOG = logging.getLogger(__name__)

Splits = tuple[Split, Split]


def root() -> Path:
    """The cache folder: the environment's HARNESS_CACHE, else the user's own."""
    return folder_from("HARNESS_CACHE") or user_cache_path("dct-snn-harness")


def folder_from(variable: str) -> Path | None:
    """The folder that an environment variable names, if it is set; raises HarnessError for an unknown user's home."""
    chosen = os.environ.get(variable)
    try:
        return Path(chosen).expanduser() if chosen else None
    except RuntimeError:
        raise HarnessError(f"{variable} is {chosen}: there is no such user", "name a folder that exists") from None


def folder(name: str) -> Path | None:
    """The folder `name` of the cache; None, after a warning, where the cache cannot be written.

    Call it before long work: it finds out by writing a temporary file. It makes the cache folder, but not `name`.
    """
    try:
        _try_writing(root())
    except OSError as error:
        go_without(error)
        return None
    return root() / name


def _try_writing(place: Path) -> None:
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=place) as trial:
        trial.write(bytes(_TRIAL_BYTES))


def fault(error: OSError | NotImplementedError) -> str:
    """What `error`, raised by writing to the cache, says about it: a sentence that names the folder and its choice."""
    number = error.errno if isinstance(error, OSError) else None
    if number in (errno.ENOSPC, errno.EDQUOT):
        what = "is full"
    elif number in (errno.EACCES, errno.EPERM, errno.EROFS):
        what = "may not be written to"
    else:
        what = f"cannot be used: {getattr(error, 'strerror', None) or error}"
    chosen_by = "HARNESS_CACHE" if os.environ.get("HARNESS_CACHE") else "the default, as HARNESS_CACHE is not set"
    return f"the cache folder {shown(root())} ({chosen_by}) {what}"


def go_without(error: OSError | NotImplementedError) -> None:
    """Warn, once in a process, that the cache is not used, because writing to it raised `error`."""
    _warn_once(
        f"{fault(error)}; going on without it, which costs time at each start — set HARNESS_CACHE to a folder "
        "that may be written to and has free space"
    )


@functools.cache
def _warn_once(message: str) -> None:
    _LOG.warning(message)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file `path`, so that of several processes one does the work and the others wait for it.

    Says so where it waits long. Raises OSError or NotImplementedError where there are no locks, as on some network
    file systems.
    """
    lock = FileLock(path)
    try:
        lock.acquire(timeout=_SILENT_SECONDS)
    except Timeout:
        _warn_once(f"waiting for another process that holds {shown(path)}")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def load(name: str, source: Path, decode: Callable[[], Splits]) -> Splits:
    """The training and test split of `source`, memory-mapped; calls `decode` only if no good entry is there.

    Where the cache cannot be written, the splits are those of `decode`, in memory. Raises what `decode` raises.
    """
    entry = _entry(name, source)
    found = _read(entry)
    if found is not None:
        return found
    with ExitStack() as stack:
        try:
            entry.parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(locked(Path(f"{entry}.lock")))
        except (OSError, NotImplementedError) as error:
            go_without(error)
            return decode()
        # Another process may have written it while this one waited.
        found = _read(entry)
        if found is not None:
            return found
        splits = decode()
        try:
            _write(entry, splits)
        except OSError as error:
            go_without(error)
            return splits
        return _read(entry) or splits


def summary(name: str, source: Path) -> tuple[int, int, str] | None:
    """Numbers of training and test images and the digest, as stored for `source`; None if it has no entry.

    Reads the stored hashes and no image.
    """
    entry = _entry(name, source)
    try:
        train, test = (_array(entry / f"{split}-hashes.npy") for split in ("train", "test"))
    except _UNREADABLE:
        return None
    if any(hashes.ndim != 2 or hashes.dtype != np.uint8 for hashes in (train, test)):
        return None
    none = np.empty((0, 1, 1, 1), np.uint8), np.empty(0, np.int64)
    return len(train), len(test), digest_of(Split(*none, train), Split(*none, test))


def _entry(name: str, source: Path) -> Path:
    files = [source / file for file in walk(source)] if source.is_dir() else [source]
    key = hashlib.sha256(f"{_FORMAT}\0".encode() + os.fsencode(source.resolve()))
    for file in files:
        try:
            facts = file.stat()
            size, changed = facts.st_size, facts.st_mtime_ns
        except OSError:  # A link that leads nowhere: whether its content is needed turns out when images are read.
            size, changed = -1, 0
        key.update(b"\0" + os.fsencode(file.relative_to(source).as_posix()) + f"\0{size}\0{changed}".encode())
    return root() / "decoded" / f"{name}-{key.hexdigest()[:16]}"


def _write(entry: Path, splits: Splits) -> None:
    shutil.rmtree(entry, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=entry.parent, prefix=".partial-") as partial:
        whole = Path(partial) / "entry"
        whole.mkdir()
        for split, data in zip(("train", "test"), splits, strict=True):
            _save(whole / f"{split}-images.npy", data.images)
            _save(whole / f"{split}-labels.npy", data.labels)
            _save(whole / f"{split}-hashes.npy", data.hashes)
        os.replace(whole, entry)


def _save(path: Path, array: NDArray[Any]) -> None:
    with path.open("wb") as file:
        # Given the file itself, numpy writes by C's stdio and does not say why that fails.
        np.save(SimpleNamespace(write=file.write), array)


def _read(entry: Path) -> Splits | None:
    try:
        return _read_split(entry, "train"), _read_split(entry, "test")
    except _UNREADABLE:
        return None


def _read_split(entry: Path, name: str) -> Split:
    # Mode "c" gives pages that may be written to (torch asks for that) and never reach the file.
    images = _array(entry / f"{name}-images.npy", "c")
    labels = _array(entry / f"{name}-labels.npy")
    hashes = _array(entry / f"{name}-hashes.npy")
    if images.dtype != np.uint8 or images.ndim != 4 or labels.shape != images.shape[:1] or labels.dtype != np.int64:
        raise ValueError("not what was stored")
    if not np.array_equal(content_hashes(images, labels), hashes):
        raise ValueError("an image has changed")
    return Split(images, labels, hashes)


def _array(path: Path, mode: Literal["c"] | None = None) -> NDArray[Any]:
    facts = path.lstat()
    # Reading a pipe would wait for ever, and another user's file may change while it is mapped.
    if not stat.S_ISREG(facts.st_mode) or facts.st_uid != os.geteuid():
        raise ValueError("not a regular file of this user")
    array = np.load(path, mmap_mode=mode)
    if not isinstance(array, np.ndarray):  # numpy also reads its .npz archives
        raise ValueError("not an array")
    return array
