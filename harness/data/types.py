"""What a data set is to the rest of the program: images, labels and a digest of both."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class ImageSet:
    """`images`: uint8 `[N, C, H, W]`; `labels`: int64 `[N]`. In canonical order (by content hash)."""

    images: Tensor
    labels: Tensor

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
