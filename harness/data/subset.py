"""Stratified subsets that depend on nothing but the images and a seed.

Within its class an image is ranked by SHA-256 of (seed, content hash). All images stand in one order, of which the
subsets of that seed are the beginnings: so they are nested. The best ranked image of each class comes first, so that
as many classes as possible are in each subset; after that, class shares are kept to within one image.
"""

import hashlib

import numpy as np
import torch
from numpy.typing import NDArray

from harness.data.types import Hashes, ImageSet, Labels, Split, canonical, part
from harness.errors import HarnessError


def choose(hashes: Hashes, labels: Labels, count: int, seed: int = 0) -> NDArray[np.intp]:
    """The indices of `count` images, ascending.

    A `count` below the number of classes gives one image each of `count` classes: the seed decides of which, and
    each class is drawn by its share of the images. Raises HarnessError if `count` is below 1 or there are fewer than
    `count` images.
    """
    if not 1 <= count <= len(labels):
        raise HarnessError(f"a subset of {count} images of {len(labels)}", f"ask for 1 to {len(labels)} images")
    keys = np.array([hashlib.sha256(b"%d:" % seed + row.tobytes()).digest() for row in hashes], dtype="S32")
    position = np.zeros(len(labels))
    firsts = []
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        ranked = members[np.argsort(keys[members], kind="stable")]
        # Rank r of n comes at (r + 1/2) / n, which spreads each class evenly over all counts.
        position[ranked] = (np.arange(len(ranked)) + 0.5) / len(ranked)
        firsts.append(ranked[0])
    # However rare the class, its first image comes before any second one; the first images are ranked like others.
    position[sorted(firsts, key=lambda first: keys[first])] = np.arange(-len(firsts), 0)
    return np.sort(np.lexsort((labels, position))[:count])


def take(split: Split, count: int | None) -> Split:
    """The stratified part of `split` with `count` images; all of it for None."""
    if count is None or count == len(split):
        return split
    return part(split, choose(split.hashes, split.labels, count))


def subset(images: ImageSet, count: int, seed: int = 0) -> ImageSet:
    """`count` of `images`, stratified by class, in canonical order: the same ones whatever the order given.

    Raises HarnessError as `choose` does.
    """
    pixels, labels = images.images.numpy(), images.labels.numpy()
    # Hashing 60,000 images takes longer than choosing from them.
    whole = canonical(pixels, labels) if images.hashes is None else Split(pixels, labels, images.hashes)
    return image_set(part(whole, choose(whole.hashes, whole.labels, count, seed)))


def at_most(images: ImageSet, count: int | None, seed: int) -> ImageSet:
    """A `subset` of `images`; all of them, in the order given, for None or where there are no more than `count`."""
    return images if count is None or count >= len(images) else subset(images, count, seed)


def image_set(split: Split) -> ImageSet:
    """The same images as tensors that share the memory of `split`."""
    return ImageSet(torch.from_numpy(split.images), torch.from_numpy(split.labels), split.hashes)
