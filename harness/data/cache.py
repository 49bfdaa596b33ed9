"""Decoded images on disk, memory-mapped, so that a data set is decoded once and not at every start.

An entry is a folder of six `.npy` files, named after its source's path, sizes and times of change. It is used only if
its files are regular ones of this user and every image still has the hash that is stored with it; otherwise it is
deleted and written again.

No result depends on the cache. If it cannot be written, work goes on without it, and the logger
`harness.data.cache` gives one warning: a line on standard error, unless the program sets up logging otherwise.
"""

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
from typing import Any, Literal

import numpy as np
from filelock import Timeout
from numpy.typing import NDArray

from harness.data.files import walk
from harness.data.types import Split, content_hashes
from harness.machine.files import cache_root, lock_at

# Change it together with the stored arrays or the decoding of images.
_FORMAT = "1"
_TRIAL_BYTES = 1 << 16
# Seconds after which a process warns that it waits for another one.
_SILENT_SECONDS = 5.0
_LOG = logging.getLogger(__name__)

Splits = tuple[Split, Split]


def folder(name: str) -> Path | None:
    """The folder `name` of the cache; None, after a warning, if the cache cannot be written.

    Call it before long work: it tries to write a temporary file. It makes the cache folder, but not `name`.
    """
    try:
        cache_root().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=cache_root()) as trial:
            trial.write(bytes(_TRIAL_BYTES))
    except OSError as error:
        go_without(error)
        return None
    return cache_root() / name


def fault(error: OSError) -> str:
    """A sentence for an `error` of writing to the cache, with the folder and the reason of its choice."""
    chosen_by = "HARNESS_CACHE" if os.environ.get("HARNESS_CACHE") else "the default, as HARNESS_CACHE is not set"
    reason = getattr(error, "strerror", None) or error
    return f"the cache folder {cache_root()} ({chosen_by}) cannot be used: {reason}"


def go_without(error: OSError) -> None:
    """Warn, once in a process, that the cache is not used, because writing to it raised `error`."""
    _warn_once(
        f"{fault(error)}; going on without it, which costs time at each start — set HARNESS_CACHE to a folder "
        "that may be written to and has free space"
    )


_warn_once = functools.cache(_LOG.warning)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file `path`, so that of several processes one does the work and the others wait for it.

    Warns if it waits long. Raises OSError without locks, as on some network file systems.
    """
    lock = lock_at(path)
    try:
        lock.acquire(timeout=_SILENT_SECONDS)
    except Timeout:
        _warn_once(f"waiting for another process that holds {path}")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def load(name: str, source: Path, decode: Callable[[], Splits]) -> Splits:
    """The training and test split of `source`, memory-mapped; calls `decode` only if no good entry is there.

    If the cache cannot be written, the splits are those of `decode`, in memory. Raises the errors of `decode`.
    """
    entry = _entry(name, source)
    if (stored := _read(entry)) is not None:
        return stored
    with ExitStack() as stack:
        try:
            entry.parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(locked(Path(f"{entry}.lock")))
        except OSError as error:
            go_without(error)
            return decode()
        # Another process may have written it while this one waited.
        if (stored := _read(entry)) is not None:
            return stored
        splits = decode()
        try:
            _write(entry, splits)
        except OSError as error:
            go_without(error)
            return splits
        return _read(entry) or splits


def read(name: str, source: Path) -> Splits | None:
    """The splits of `source`, memory-mapped; None if it has no entry, or one that has changed."""
    return _read(_entry(name, source))


def _read(entry: Path) -> Splits | None:
    try:
        return _read_split(entry, "train"), _read_split(entry, "test")
    except (OSError, ValueError, EOFError, MemoryError):  # numpy's errors, for a file with other content
        return None


def _entry(name: str, source: Path) -> Path:
    files = [source / file for file in walk(source)] if source.is_dir() else [source]
    key = hashlib.sha256(f"{_FORMAT}\0".encode() + os.fsencode(source.resolve()))
    for file in files:
        try:
            facts = file.stat()
            size, changed = facts.st_size, facts.st_mtime_ns
        except OSError:  # A dangling link: an error follows when images are read, if its content is needed.
            size, changed = -1, 0
        key.update(b"\0" + os.fsencode(file.relative_to(source).as_posix()) + f"\0{size}\0{changed}".encode())
    return cache_root() / "decoded" / f"{name}-{key.hexdigest()[:16]}"


def _write(entry: Path, splits: Splits) -> None:
    shutil.rmtree(entry, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=entry.parent, prefix=".partial-") as partial:
        whole = Path(partial) / "entry"
        whole.mkdir()
        for name, split in zip(("train", "test"), splits, strict=True):
            for part, array in (("images", split.images), ("labels", split.labels), ("hashes", split.hashes)):
                np.save(whole / f"{name}-{part}.npy", array)
        os.replace(whole, entry)


def _read_split(entry: Path, name: str) -> Split:
    # Mode "c" gives pages that may be written to (torch asks for that) and never reach the file.
    images = _array(entry / f"{name}-images.npy", "c")
    labels, hashes = (_array(entry / f"{name}-{part}.npy") for part in ("labels", "hashes"))
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
