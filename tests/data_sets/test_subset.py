"""Stratified subsets: shares, independence of order, and what is drawn where not every class fits."""

import hashlib

import numpy as np
import pytest
import torch

from harness.data import ImageSet, subset
from harness.data.types import content_hashes
from harness.errors import HarnessError

from . import samples


def image_set(labels: list[int]) -> ImageSet:
    return ImageSet(torch.from_numpy(samples.images(len(labels), 4)), torch.tensor(labels))


def rows(images: ImageSet) -> list[bytes]:
    return [image.numpy().tobytes() for image in images.images]


def shuffled(images: ImageSet) -> ImageSet:
    order = torch.from_numpy(np.random.default_rng(7).permutation(len(images)))
    return ImageSet(images.images[order], images.labels[order])


@pytest.fixture
def balanced() -> ImageSet:
    return image_set([label % 10 for label in range(100)])


def test_unequal_classes_keep_their_shares() -> None:
    counts = torch.bincount(subset(image_set([0] * 60 + [1] * 30 + [2] * 10), 50).labels)
    assert (counts - torch.tensor([30, 15, 5])).abs().max() <= 1


def test_the_rarest_class_is_never_left_out() -> None:
    assert set(subset(image_set([0] * 98 + [1, 2]), 3).labels.tolist()) == {0, 1, 2}


def test_file_order_does_not_matter(balanced: ImageSet) -> None:
    one, two = subset(balanced, 25), subset(shuffled(balanced), 25)
    assert torch.equal(one.images, two.images)
    assert torch.equal(one.labels, two.labels)


def test_the_seed_decides_which_classes_are_left_out(balanced: ImageSet) -> None:
    drawn = {tuple(sorted(subset(balanced, 5, seed).labels.tolist())) for seed in range(20)}
    assert len(drawn) > 10


@pytest.mark.parametrize("count", [101, 0, -1])
def test_more_than_there_is_or_none_at_all_is_refused(balanced: ImageSet, count: int) -> None:
    with pytest.raises(HarnessError, match=f"subset of {count} images of 100 — ask for 1 to 100 images"):
        subset(balanced, count)


def test_a_subset_is_the_one_of_this_definition(balanced: ImageSet) -> None:
    def key(image: bytes, label: int) -> bytes:
        content = hashlib.sha256(image + label.to_bytes(8, "little")).digest()
        return hashlib.sha256(b"3:" + content).digest()

    ranked: dict[int, list[tuple[bytes, bytes]]] = {label: [] for label in range(10)}
    for image, label in zip(rows(balanced), balanced.labels.tolist(), strict=True):
        ranked[label].append((key(image, label), image))
    # Of 10 classes of equal size, 34 images are the first three of each and the fourth of the first four classes.
    expected = [image for label in range(10) for _, image in sorted(ranked[label])[: 4 if label < 4 else 3]]
    assert sorted(rows(subset(balanced, 34, seed=3))) == sorted(expected)


def test_hashes_that_are_known_are_kept_and_change_nothing(balanced: ImageSet) -> None:
    known = subset(balanced, 100)
    assert known.hashes is not None
    part = subset(known, 33, seed=2)
    assert rows(part) == rows(subset(ImageSet(known.images, known.labels), 33, seed=2))
    assert part.hashes is not None
    assert np.array_equal(part.hashes, content_hashes(part.images.numpy(), part.labels.numpy()))
