"""CIFAR's python batches: pickles whose md5 is checked first, and which may build arrays and nothing else."""

import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np

from harness.data.catalog import Facts
from harness.data.digest import Labels, Pixels
from harness.data.mnist import check_md5
from harness.data.reading import shown
from harness.data.tree import Tree, content, prefix_of
from harness.errors import HarnessError

Arrays = tuple[Pixels, Labels]

_LABEL_KEYS = {"cifar10": "labels", "cifar100": "fine_labels"}


def find(tree: Tree, facts: Facts) -> str | None:
    """The folder in `tree` that holds any of the batch files; None if there is none."""
    prefixes = [prefix_of(tree, name) for name in facts.files]
    return next((prefix for prefix in prefixes if prefix is not None), None)


def read(tree: Tree, prefix: str, facts: Facts, source: Path) -> tuple[Arrays, Arrays]:
    """Training and test images, uint8 `[N, 3, 32, 32]`, with their labels.

    Raises HarnessError, naming the batch, if one is missing, has the wrong md5, or is not a CIFAR batch.
    """
    train, test = md5_lists(facts.name)
    return _read_all(tree, prefix, train, facts, source), _read_all(tree, prefix, test, facts, source)


def md5_lists(name: str) -> tuple[dict[str, str], dict[str, str]]:
    """torchvision's own md5 of the training and of the test batches, by file name."""
    from torchvision import datasets

    published = {"cifar10": datasets.CIFAR10, "cifar100": datasets.CIFAR100}[name]
    return dict(published.train_list), dict(published.test_list)


def _read_all(tree: Tree, prefix: str, md5: dict[str, str], facts: Facts, source: Path) -> Arrays:
    batches = []
    for name, expected in md5.items():
        raw = content(tree, prefix + name, source)
        where = shown(f"{prefix}{name} in {source}")
        check_md5(where, raw, expected)
        batches.append(_batch(raw, _LABEL_KEYS[facts.name], facts, where))
    images, labels = zip(*batches, strict=True)
    return np.concatenate(images), np.concatenate(labels)


def _batch(raw: bytes, label_key: str, facts: Facts, where: str) -> Arrays:
    try:
        batch = _ArraysOnly(io.BytesIO(raw), encoding="latin1").load()
        labels = np.array(batch[label_key], np.int64)
        return np.asarray(batch["data"], np.uint8).reshape(len(labels), *facts.shape), labels
    # A damaged pickle can fail in any of these ways, depending on the byte it breaks at.
    except (
        pickle.UnpicklingError,
        EOFError,
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        AttributeError,
    ) as error:
        raise HarnessError(f"{where} is not a CIFAR batch: {error}", "delete it and get it again") from error


def _dtype(spec: Any, align: Any = False, copy: Any = False) -> np.dtype[Any]:
    # The batches were written by Python 2's numpy, which stored 0 and 1 where numpy now expects booleans.
    made: np.dtype[Any] = np.dtype(spec, align=bool(align), copy=bool(copy))
    return made


_RECONSTRUCT = np.empty(0).__reduce__()[0]


class _ArraysOnly(pickle.Unpickler):
    """Builds numpy arrays besides plain data; every other name in a pickle is refused."""

    def find_class(self, module: str, name: str) -> Any:
        # numpy moved its core between 1.x and 2.x, and pickles carry either name.
        match module.replace("numpy._core", "numpy.core"), name:
            case "numpy.core.multiarray", "_reconstruct":
                return _RECONSTRUCT
            case "numpy", "ndarray":
                return np.ndarray
            case "numpy", "dtype":
                return _dtype
        raise pickle.UnpicklingError(f"{module}.{name} is not allowed")
