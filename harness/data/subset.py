"""Stratified subsets that depend on nothing but the images and a seed.

Within its class an image is ranked by SHA-256 of (seed, content hash). The subsets of one seed are nested,
every class is in each of them, and class shares are kept to within one image.
"""

import hashlib

import numpy as np
import torch
from numpy.typing import NDArray

from harness.data.digest import Hashes, Labels, Split, canonical, part
from harness.data.types import ImageSet
from harness.errors import HarnessError


def choose(hashes: Hashes, labels: Labels, count: int, seed: int = 0) -> NDArray[np.intp]:
    """The indices of `count` images, ascending.

    Raises HarnessError if there are fewer than `count` images, or more classes than `count`.
    """
    present = np.unique(labels)
    if count > len(labels):
        raise HarnessError(f"a subset of {count} images of {len(labels)}", "ask for fewer images")
    if count < len(present):
        raise HarnessError(f"a subset of {count} images cannot hold {len(present)} classes", "ask for more images")
    keys = np.array([hashlib.sha256(b"%d:" % seed + row.tobytes()).digest() for row in hashes], dtype="S32")
    turn = np.zeros(len(labels))
    for label in present:
        members = np.flatnonzero(labels == label)
        ranked = members[np.argsort(keys[members], kind="stable")]
        # Rank r of n comes at (r + 1/2) / n, which spreads each class evenly over all counts.
        turn[ranked] = (np.arange(len(ranked)) + 0.5) / len(ranked)
        # However rare the class, its first image comes before any second one.
        turn[ranked[0]] = 0.0
    return np.sort(np.lexsort((labels, turn))[:count])


def take(split: Split, count: int | None) -> Split:
    """The stratified part of `split` with `count` images; all of it for None."""
    if count is None or count == len(split):
        return split
    return part(split, choose(split.hashes, split.labels, count))


def subset(images: ImageSet, count: int, seed: int = 0) -> ImageSet:
    """`count` of `images`, stratified by class, in canonical order: the same ones whatever the order given.

    Raises HarnessError if `count` exceeds the number of images or is below the number of classes.
    """
    whole = canonical(images.images.numpy(), images.labels.numpy())
    chosen = part(whole, choose(whole.hashes, whole.labels, count, seed))
    return ImageSet(torch.from_numpy(chosen.images), torch.from_numpy(chosen.labels))
