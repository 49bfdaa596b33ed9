"""MNIST's files: bytes are used only after their md5 matched."""

import gzip
from pathlib import Path

import pytest

from harness.data import load, mnist
from harness.errors import HarnessError

from . import samples


@pytest.fixture
def raw(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder MNIST/raw with tiny files whose md5 is taken for the published one."""
    files = samples.mnist_files()
    monkeypatch.setattr(mnist, "MD5", samples.md5_of(files))
    return samples.write(tmp_path / "MNIST" / "raw", files)


def test_pixels_and_labels_are_those_of_the_idx_files(raw: Path) -> None:
    data = load("mnist", raw.parents[1])
    expected = samples.images(20, 28, seed=20, channels=1)
    label_of = {image.tobytes(): row % 10 for row, image in enumerate(expected)}
    assert data.train.images.shape == (20, 1, 28, 28)
    assert [label_of[image.numpy().tobytes()] for image in data.train.images] == data.train.labels.tolist()


@pytest.mark.parametrize("up", [0, 1, 2])
def test_the_folder_itself_or_one_above_may_be_named(raw: Path, up: int) -> None:
    assert len(load("mnist", [raw, *raw.parents][up]).test) == 10


def test_gzipped_files_are_the_same_data(raw: Path) -> None:
    plain = load("mnist", raw).digest
    for file in raw.iterdir():
        file.with_name(f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes()))
        file.unlink()
    assert load("mnist", raw).digest == plain


def test_a_changed_byte_is_an_error_that_names_the_file_and_both_digests(raw: Path) -> None:
    path = raw / "t10k-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    found = samples.md5_of({path.name: path.read_bytes()})[path.name]
    with pytest.raises(HarnessError, match=f"{path.name} has md5 {found}, expected {mnist.MD5[path.name]}"):
        load("mnist", raw)


def test_a_missing_file_is_named(raw: Path) -> None:
    (raw / "train-labels-idx1-ubyte").unlink()
    with pytest.raises(HarnessError, match="train-labels-idx1-ubyte is missing"):
        load("mnist", raw)


def test_a_broken_gzip_file_is_named(raw: Path) -> None:
    path = raw / "train-labels-idx1-ubyte"
    (raw / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes())[:-9])
    path.unlink()
    with pytest.raises(HarnessError, match=r"train-labels-idx1-ubyte.gz cannot be unpacked"):
        load("mnist", raw)
