"""Tiny data sets made on the spot: random images in every layout the loaders accept."""

import hashlib
import io
import struct
import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image

CIFAR10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
Files = dict[str, bytes]


def images(count: int, size: int = 32, seed: int = 0, channels: int = 3) -> np.ndarray:
    """Random uint8 `[count, channels, size, size]`."""
    return np.random.default_rng(seed).integers(0, 256, (count, channels, size, size), dtype=np.uint8)


def encoded(image: np.ndarray, kind: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    Image.fromarray(image.transpose(1, 2, 0)).save(out, kind, **options)
    return out.getvalue()


def cifar10() -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Two training images and one test image of each class, with their labels."""
    return (images(20, seed=1), np.arange(20) % 10), (images(10, seed=2), np.arange(10))


def tree(test: str = "test") -> Files:
    """`cifar10()` as an image tree, file names without order."""
    files = {}
    for split, (pixels, labels) in zip(("train", test), cifar10(), strict=True):
        for image, label in zip(pixels, labels, strict=True):
            name = hashlib.md5(image.tobytes()).hexdigest()
            files[f"cifar10/{split}/{CIFAR10[label]}/{name}.png"] = encoded(image)
    return files


def other_tree() -> Files:
    """A tree that differs from `tree()` in one image."""
    files = tree()
    return {**files, next(iter(files)): encoded(images(1, seed=5)[0])}


def batches() -> Files:
    """`cifar10()` as six batches like those Python 2 wrote."""
    (pixels, labels), (held, held_labels) = cifar10()
    parts = {f"data_batch_{i + 1}": (pixels[4 * i : 4 * i + 4], labels[4 * i : 4 * i + 4]) for i in range(5)}
    parts["test_batch"] = (held, held_labels)
    return {f"cifar-10-batches-py/{name}": python2_pickle(*part) for name, part in parts.items()}


def python2_pickle(pixels: np.ndarray, labels: np.ndarray, key: bytes = b"labels") -> bytes:
    """{"data": uint8 [N, 3072], key: [labels]} in protocol 2, opcode by opcode: byte strings and all."""

    def text(value: bytes) -> bytes:
        return b"T" + struct.pack("<i", len(value)) + value

    def number(value: int) -> bytes:
        return b"J" + struct.pack("<i", value)

    rows = pixels.reshape(len(pixels), -1)
    empty = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n" + number(0) + b"\x85" + text(b"b") + b"tR"
    kind = b"cnumpy\ndtype\n(" + text(b"u1") + number(0) + number(1) + b"tR"
    kind += b"(" + number(3) + text(b"|") + b"NNN" + number(-1) + number(-1) + number(0) + b"tb"
    shape = number(rows.shape[0]) + number(rows.shape[1]) + b"\x86"
    array = empty + b"(" + number(1) + shape + kind + b"\x89" + text(rows.tobytes()) + b"tb"
    listed = b"](" + b"".join(number(int(label)) for label in labels) + b"e"
    return b"\x80\x02}(" + text(b"data") + array + text(key) + listed + b"u."


def write(folder: Path, files: Files) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def pack(path: Path, files: Files) -> Path:
    """The files as an archive of the kind its suffix names; returns its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as made:
            for name, content in files.items():
                made.writestr(name, content)
        return path
    with tarfile.open(path, "w" if path.suffix == ".tar" else "w:gz") as made:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            made.addfile(member, io.BytesIO(content))
    return path


def md5_of(files: Files) -> dict[str, str]:
    """md5 of every file, by its name without folder."""
    return {name.split("/")[-1]: hashlib.md5(content).hexdigest() for name, content in files.items()}


def naive_hash(image: np.ndarray, label: int | np.signedinteger) -> bytes:
    return hashlib.sha256(image.tobytes() + int(label).to_bytes(8, "little")).digest()


def naive_digest(*splits: tuple[np.ndarray, Iterable[int]]) -> str:
    """The digest of training and test images, by hashlib and sorted()."""
    whole = b""
    for pixels, labels in splits:
        whole += b"".join(sorted(naive_hash(*pair) for pair in zip(pixels, labels, strict=True)))
    return hashlib.sha256(whole).hexdigest()


def mnist_files() -> Files:
    """Twenty training and ten test images in MNIST's idx format."""
    files = {}
    for split, count in (("train", 20), ("t10k", 10)):
        pixels, labels = images(count, 28, seed=count, channels=1), np.arange(count, dtype=np.uint8) % 10
        files[f"{split}-images-idx3-ubyte"] = struct.pack(">iiii", 2051, count, 28, 28) + pixels.tobytes()
        files[f"{split}-labels-idx1-ubyte"] = struct.pack(">ii", 2049, count) + labels.tobytes()
    return files
