"""MNIST's four idx files (LeCun's format), used only after their md5 matches."""

import hashlib
from pathlib import Path

import numpy as np

from harness.data.catalog import MNIST_FILES
from harness.data.digest import Split, canonical
from harness.data.reading import read_file, shown, unpack_gzip
from harness.errors import HarnessError

MD5 = dict(
    zip(
        MNIST_FILES,
        (
            "6bbc9ace898e44ae57da46a324031adb",
            "a25bea736e30d166cdddb491f175f624",
            "2646ac647ad5339dbf082846283269ea",
            "27ae3e4e09519cfbb04c329615203637",
        ),
        strict=True,
    )
)


def read(folder: Path) -> tuple[Split, Split]:
    """Training and test images, `[N, 1, 28, 28]`, from the `*-ubyte` files (or `.gz`) in `folder`.

    Raises HarnessError for a missing file or a wrong md5.
    """
    train_images, train_labels, test_images, test_labels = (verified(folder, name) for name in MNIST_FILES)
    return _split(train_images, train_labels), _split(test_images, test_labels)


def verified(folder: Path, name: str) -> bytes:
    """The bytes of the file `name`, after its md5 was checked."""
    path, raw = _bytes_of(folder, name)
    check_md5(shown(path), raw, MD5[name])
    return raw


def check_md5(where: str, raw: bytes, expected: str) -> None:
    """Raises HarnessError, naming `where` and both digests, unless `raw` has the md5 `expected`."""
    found = hashlib.md5(raw, usedforsecurity=False).hexdigest()
    if found != expected:
        raise HarnessError(f"{where} has md5 {found}, expected {expected}", "delete it and get it again")


def _bytes_of(folder: Path, name: str) -> tuple[Path, bytes]:
    plain, packed = folder / name, folder / f"{name}.gz"
    if plain.exists():
        return plain, read_file(plain)
    if packed.exists():
        return packed, unpack_gzip(read_file(packed), packed)
    raise HarnessError(f"{shown(plain)} is missing", "MNIST needs all four *-ubyte files in one folder")


def _split(images: bytes, labels: bytes) -> Split:
    # An idx header is 4 bytes and 4 more for each dimension: 16 for images, 8 for labels.
    pixels = np.frombuffer(images, np.uint8, offset=16).reshape(-1, 1, 28, 28)
    return canonical(pixels, np.frombuffer(labels, np.uint8, offset=8).astype(np.int64))
