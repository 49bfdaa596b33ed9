"""What a data set is to the rest of the program: images, labels and a digest of both."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from torch import Tensor


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
