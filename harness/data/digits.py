"""The 8×8 digits that come with scikit-learn: the data set that needs no files and no network."""

import numpy as np

from harness.data.digest import Split, canonical, part
from harness.data.subset import choose

TEST_IMAGES = 360


def read() -> tuple[Split, Split]:
    """1437 training and 360 test images, `[N, 1, 8, 8]`; the grey levels 0..16 become 0..255."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    pixels = np.rint(bunch.images * 255 / 16).astype(np.uint8)[:, None]
    whole = canonical(pixels, bunch.target.astype(np.int64))
    test = choose(whole.hashes, whole.labels, TEST_IMAGES)
    train = np.setdiff1d(np.arange(len(whole)), test)
    return part(whole, train), part(whole, test)
