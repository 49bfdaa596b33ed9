"""The digits of scikit-learn, against scikit-learn's own arrays."""

import numpy as np
import torch
from sklearn.datasets import load_digits

from harness.data import load


def test_sizes_are_those_of_the_split() -> None:
    data = load("digits")
    assert data.train.images.shape == (1437, 1, 8, 8)
    assert data.test.images.shape == (360, 1, 8, 8)
    assert data.train.images.dtype == torch.uint8
    assert data.train.labels.dtype == torch.int64


def test_both_splits_together_are_every_digit_once() -> None:
    data = load("digits")
    grey = torch.cat([data.train.images, data.test.images]).numpy().reshape(1797, 64) * (16 / 255)
    expected = load_digits().data
    assert np.array_equal(np.unique(np.rint(grey), axis=0), np.unique(expected, axis=0))


def test_every_class_gives_a_fifth_to_the_test_set() -> None:
    data = load("digits")
    held, whole = torch.bincount(data.test.labels), np.bincount(load_digits().target)
    assert np.abs(held.numpy() - whole * 360 / 1797).max() <= 1


def test_black_is_0_and_white_255() -> None:
    images = load("digits").train.images
    assert (images.min().item(), images.max().item()) == (0, 255)
