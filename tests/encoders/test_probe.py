"""The linear probe against scikit-learn's ridge classifier, and what it says of codes whose answer is known."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.linear_model import RidgeClassifier

from encoders import create
from encoders.base import EncoderError
from encoders.probe import Labelled, Reads, linear_probe

Digits = tuple[Labelled, Labelled]  # for training, for testing


@pytest.fixture(scope="module")
def digits() -> Digits:
    pixels, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(labels))
    images = torch.from_numpy(pixels[order].reshape(-1, 1, 8, 8)).float() / 8 - 1
    classes = torch.from_numpy(labels[order]).long()
    return Labelled(images[:400], classes[:400]), Labelled(images[400:700], classes[400:700])


@pytest.mark.parametrize(("name", "reads"), [("dct", "history"), ("burst", "sum")])
def test_the_probe_is_scikit_learns_ridge_classifier(digits: Digits, name: str, reads: Reads) -> None:
    train, test = digits
    ours = linear_probe(create(name), train, test, 5, 0, reads=reads)
    encoder = create(name).calibrate(train.images)
    for t in (1, 3, 5):
        known, asked = (encoder.encode(x.images, t, 0).flatten(2).double().numpy() for x in (train, test))
        if reads == "sum":
            known, asked = known.sum(axis=0), asked.sum(axis=0)
        else:
            known, asked = np.concatenate(known, axis=1), np.concatenate(asked, axis=1)
        alpha = ((known - known.mean(axis=0)) ** 2).sum(axis=1).mean()
        theirs = RidgeClassifier(alpha=alpha).fit(known, train.labels.numpy())
        assert ours[t - 1] == pytest.approx(theirs.score(asked, test.labels.numpy()), abs=1e-9)


def test_a_code_of_times_is_read_from_its_history_and_lost_in_its_sum(digits: Digits) -> None:
    # At the last step every pixel has fired exactly once: the sum is the same for every image.
    lost = linear_probe(create("latency"), *digits, 8, 0, reads="sum")
    read = linear_probe(create("latency"), *digits, 8, 0, reads="history")
    assert lost[-1] < 0.2
    assert read[-1] > 0.85
    with pytest.raises(EncoderError, match="'sum' or 'history', not 'mean'"):
        linear_probe(create("direct"), *digits, 2, 0, reads="mean")  # type: ignore[arg-type]
