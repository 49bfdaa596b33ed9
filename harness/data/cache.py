"""Decoded images on disk, memory-mapped, so that a data set is decoded once and not at every start.

An entry is a folder of six `.npy` files, named for its source's path, sizes and times of change. It is read
back only if every image still has the hash stored beside it; anything else is thrown away and built again.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from filelock import FileLock
from platformdirs import user_cache_path

from harness.data.digest import Split, content_hashes, digest_of
from harness.data.tree import walk
from harness.errors import HarnessError

# Change it when what is stored, or how images are decoded, changes.
_FORMAT = "1"

Splits = tuple[Split, Split]


def root() -> Path:
    """The cache folder: the environment's HARNESS_CACHE, else the user's own."""
    chosen = os.environ.get("HARNESS_CACHE")
    return Path(chosen).expanduser() if chosen else user_cache_path("dct-snn-harness")


def load(name: str, source: Path, decode: Callable[[], Splits]) -> Splits:
    """The training and test split of `source`, memory-mapped; calls `decode` only without a sound entry.

    Raises what `decode` raises, and HarnessError if the cache folder cannot be written.
    """
    entry = _entry(name, source)
    found = _read(entry)
    if found is not None:
        return found
    try:
        entry.parent.mkdir(parents=True, exist_ok=True)
        # Cells run side by side: one decodes, the others wait for it.
        with FileLock(f"{entry}.lock"):
            return _read(entry) or _build(entry, decode)
    except OSError as error:
        raise HarnessError(
            f"cannot decode {source} into {entry.parent}: {error}",
            "set HARNESS_CACHE to a folder with free space",
        ) from error


def glance(name: str, source: Path) -> tuple[int, int, str] | None:
    """Training images, test images and digest as stored for `source`, without reading any image."""
    entry = _entry(name, source)
    try:
        hashes = [np.load(entry / f"{split}-hashes.npy") for split in ("train", "test")]
    except (OSError, ValueError, EOFError):
        return None
    none = np.empty((0, 1, 1, 1), np.uint8), np.empty(0, np.int64)
    return len(hashes[0]), len(hashes[1]), digest_of(Split(*none, hashes[0]), Split(*none, hashes[1]))


def _entry(name: str, source: Path) -> Path:
    files = [source / file for file in walk(source)] if source.is_dir() else [source]
    key = hashlib.sha256(f"{_FORMAT}\0{source.resolve()}".encode())
    for file in files:
        facts = file.stat()
        key.update(f"\0{file.relative_to(source).as_posix()}\0{facts.st_size}\0{facts.st_mtime_ns}".encode())
    return root() / "decoded" / f"{name}-{key.hexdigest()[:16]}"


def _build(entry: Path, decode: Callable[[], Splits]) -> Splits:
    splits = decode()
    shutil.rmtree(entry, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=entry.parent, prefix=".partial-") as partial:
        whole = Path(partial) / "entry"
        whole.mkdir()
        for split, data in zip(("train", "test"), splits, strict=True):
            np.save(whole / f"{split}-images.npy", data.images)
            np.save(whole / f"{split}-labels.npy", data.labels)
            np.save(whole / f"{split}-hashes.npy", data.hashes)
        os.replace(whole, entry)
    return _read(entry) or splits


def _read(entry: Path) -> Splits | None:
    try:
        return _read_split(entry, "train"), _read_split(entry, "test")
    except (OSError, ValueError, EOFError):
        return None


def _read_split(entry: Path, name: str) -> Split:
    # Mode "c" gives pages that may be written to (torch asks for that) and never reach the file.
    images = np.load(entry / f"{name}-images.npy", mmap_mode="c")
    labels = np.load(entry / f"{name}-labels.npy")
    hashes = np.load(entry / f"{name}-hashes.npy")
    if images.dtype != np.uint8 or images.ndim != 4 or labels.shape != images.shape[:1] or labels.dtype != np.int64:
        raise ValueError("not what was stored")
    if not np.array_equal(content_hashes(images, labels), hashes):
        raise ValueError("an image has changed")
    return Split(images, labels, hashes)
