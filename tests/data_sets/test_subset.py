"""Stratified subsets: shares, independence of order, and the two ways to ask for too much."""

import numpy as np
import pytest
import torch

from harness.data import ImageSet, subset
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


def test_equal_classes_get_equal_shares(balanced: ImageSet) -> None:
    assert torch.bincount(subset(balanced, 30).labels).tolist() == [3] * 10


def test_shares_differ_by_at_most_one_when_the_count_does_not_divide(balanced: ImageSet) -> None:
    counts = torch.bincount(subset(balanced, 37).labels)
    assert counts.sum() == 37
    assert set(counts.tolist()) == {3, 4}


def test_unequal_classes_keep_their_shares() -> None:
    counts = torch.bincount(subset(image_set([0] * 60 + [1] * 30 + [2] * 10), 50).labels)
    assert (counts - torch.tensor([30, 15, 5])).abs().max() <= 1


def test_the_rarest_class_is_never_left_out() -> None:
    assert set(subset(image_set([0] * 98 + [1, 2]), 3).labels.tolist()) == {0, 1, 2}


def test_file_order_does_not_matter(balanced: ImageSet) -> None:
    one, two = subset(balanced, 25), subset(shuffled(balanced), 25)
    assert torch.equal(one.images, two.images)
    assert torch.equal(one.labels, two.labels)


def test_labels_stay_with_their_images(balanced: ImageSet) -> None:
    label_of = dict(zip(rows(balanced), balanced.labels.tolist(), strict=True))
    part = subset(balanced, 25)
    assert [label_of[row] for row in rows(part)] == part.labels.tolist()


def test_a_larger_subset_holds_the_smaller_one(balanced: ImageSet) -> None:
    assert set(rows(subset(balanced, 20))) < set(rows(subset(balanced, 50)))


def test_another_seed_draws_other_images(balanced: ImageSet) -> None:
    assert set(rows(subset(balanced, 30, seed=1))) != set(rows(subset(balanced, 30, seed=2)))


def test_the_whole_is_the_largest_subset(balanced: ImageSet) -> None:
    assert sorted(rows(subset(balanced, 100))) == sorted(rows(balanced))


@pytest.mark.parametrize("count", [101, 9, 0, -1])
def test_more_than_there_is_or_less_than_a_class_each_is_refused(balanced: ImageSet, count: int) -> None:
    with pytest.raises(HarnessError, match=f"subset of {count} images"):
        subset(balanced, count)
