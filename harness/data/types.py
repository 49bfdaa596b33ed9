"""A data set: images and labels in canonical order, their content hashes, and a digest of all of them.

The hash of an image is SHA-256 over its pixels (uint8, `[C, H, W]`, row by row) and its label (int64, little
endian). It does not depend on files, so the same images in another layout or order are the same data set.
"""

import hashlib
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

Pixels = NDArray[np.uint8]
Labels = NDArray[np.int64]
Hashes = NDArray[np.uint8]


@dataclass(frozen=True)
class Split:
    """`images` uint8 `[N, C, H, W]`, `labels` int64 `[N]`, `hashes` uint8 `[N, 32]`; sorted by hash."""

    images: Pixels
    labels: Labels
    hashes: Hashes

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class ImageSet:
    """`images`: uint8 `[N, C, H, W]`; `labels`: int64 `[N]`.

    `hashes`: uint8 `[N, 32]`, the content hashes of images that stand in canonical order, that is, sorted by them;
    None for images in any order, whose hashes are computed where they are needed.
    """

    images: Tensor
    labels: Tensor
    hashes: NDArray[np.uint8] | None = field(default=None, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class DataSet:
    """A training and a test set of `classes` classes. The digest covers exactly the images held here."""

    name: str
    classes: int
    train: ImageSet
    test: ImageSet
    digest: str


def content_hashes(images: Pixels, labels: Labels) -> Hashes:
    """The hash of every image: uint8 `[N, 32]`."""
    tails = labels.astype("<i8")
    joined = bytearray()
    for image, tail in zip(images, tails, strict=True):
        joined += hashlib.sha256(image.tobytes() + tail.tobytes()).digest()
    return np.frombuffer(bytes(joined), np.uint8).reshape(-1, 32)


def order_of(hashes: Hashes) -> NDArray[np.intp]:
    """The permutation that sorts `hashes` (uint8 `[N, 32]`) as byte strings."""
    # Four big-endian words sort as the 32 bytes do; lexsort takes the most significant key last.
    words = np.ascontiguousarray(hashes).view(">u8")
    return np.lexsort(words.T[::-1])


def canonical(images: Pixels, labels: Labels) -> Split:
    """The images in canonical order, with their hashes."""
    hashes = content_hashes(images, labels)
    order = order_of(hashes)
    return Split(images[order], labels[order], hashes[order])


def part(split: Split, indices: NDArray[np.intp]) -> Split:
    """The images at `indices`, still in canonical order."""
    chosen = np.sort(indices)
    return Split(split.images[chosen], split.labels[chosen], split.hashes[chosen])


def digest_of(train: Split, test: Split) -> str:
    """SHA-256 over the sorted hashes of the training images, then those of the test images (hex)."""
    whole = hashlib.sha256()
    for split in (train, test):
        whole.update(split.hashes[order_of(split.hashes)].tobytes())
    return whole.hexdigest()
