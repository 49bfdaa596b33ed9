"""CIFAR's python batches: md5 before unpickling, and a pickle that can build nothing but arrays."""

import hashlib
import pickle
from pathlib import Path

import numpy as np
import pytest

from harness.data import cifar, load
from harness.errors import HarnessError

from . import samples


def publish(monkeypatch: pytest.MonkeyPatch, files: samples.Files, test: str = "test_batch") -> None:
    """Takes the md5 of `files` for the published ones."""
    md5 = samples.md5_of(files)
    held = {test: md5.pop(test)}
    monkeypatch.setattr(cifar, "md5_lists", lambda _name: (md5, held))


class Evil:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


def test_labels_stay_with_their_images(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    files = samples.batches()
    publish(monkeypatch, files)
    data = load("cifar10", samples.write(tmp_path, files))
    (pixels, labels), _ = samples.cifar10()
    label_of = {image.tobytes(): label for image, label in zip(pixels, labels, strict=True)}
    assert [label_of[image.numpy().tobytes()] for image in data.train.images] == data.train.labels.tolist()


def test_cifar100_uses_the_fine_labels(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pixels, labels = samples.images(100), np.arange(100)
    batch = samples.python2_pickle(pixels, labels, b"fine_labels")
    files = {"cifar-100-python/train": batch, "cifar-100-python/test": batch}
    publish(monkeypatch, files, "test")
    data = load("cifar100", samples.write(tmp_path, files))
    assert sorted(data.train.labels.tolist()) == list(range(100))


def test_arrays_pickled_by_todays_numpy_are_read_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pixels = samples.images(100).reshape(100, -1)
    batch = pickle.dumps({"data": pixels, "fine_labels": list(range(100))}, protocol=4)
    files = {"cifar-100-python/train": batch, "cifar-100-python/test": batch}
    publish(monkeypatch, files, "test")
    assert len(load("cifar100", samples.write(tmp_path, files)).test) == 100


def test_torchvisions_md5_are_the_published_ones() -> None:
    train, test = cifar.md5_lists("cifar10")
    assert train["data_batch_1"] == "c99cafc152244af753f735de768cd75f"
    assert test == {"test_batch": "40351d587109b95175f43aff81a1287e"}


def test_nothing_is_unpickled_before_its_md5_matched(tmp_path: Path) -> None:
    evil = pickle.dumps(Evil(tmp_path / "written"))
    samples.write(tmp_path, {**samples.batches(), "cifar-10-batches-py/data_batch_1": evil})
    found = hashlib.md5(evil).hexdigest()
    with pytest.raises(HarnessError, match=f"data_batch_1 in .* has md5 {found}, expected c99cafc1"):
        load("cifar10", tmp_path)
    assert not (tmp_path / "written").exists()


def test_a_pickle_that_calls_code_is_refused_even_with_the_right_md5(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    files = {**samples.batches(), "cifar-10-batches-py/data_batch_1": pickle.dumps(Evil(tmp_path / "written"))}
    publish(monkeypatch, files)
    with pytest.raises(HarnessError, match=r"data_batch_1 .* is not a CIFAR batch: .* is not allowed"):
        load("cifar10", samples.write(tmp_path, files))
    assert not (tmp_path / "written").exists()


@pytest.mark.parametrize("keep", [0, 5, 40, 3000, -1])
def test_a_truncated_pickle_is_one_clear_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, keep: int) -> None:
    files = samples.batches()
    name = "cifar-10-batches-py/data_batch_3"
    files[name] = files[name][:keep]
    publish(monkeypatch, files)
    with pytest.raises(HarnessError, match=r"data_batch_3 in .* is not a CIFAR batch"):
        load("cifar10", samples.write(tmp_path, files))


def test_a_missing_batch_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    files = samples.batches()
    publish(monkeypatch, files)
    del files["cifar-10-batches-py/data_batch_4"]
    with pytest.raises(HarnessError, match="data_batch_4 is missing"):
        load("cifar10", samples.write(tmp_path, files))
