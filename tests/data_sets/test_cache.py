"""The decoded cache: used when sound, built again when not, and never written half."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from harness.data import cache, load
from harness.errors import HarnessError

from . import samples


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    samples.pack(tmp_path / "data" / "cifar10.tgz", samples.tree())
    return tmp_path / "data"


@pytest.fixture
def entry(data_dir: Path, tmp_path: Path) -> Path:
    """The one entry that a first load leaves."""
    load("cifar10", data_dir)
    (entry,) = (path for path in (tmp_path / "cache" / "decoded").iterdir() if path.is_dir())
    return entry


def refuse(*_args: object) -> None:
    raise AssertionError("decoded again")


@pytest.mark.usefixtures("entry")
def test_a_second_load_decodes_nothing(monkeypatch: pytest.MonkeyPatch, data_dir: Path) -> None:
    first = load("cifar10", data_dir)
    monkeypatch.setattr("harness.data.loading.decode", refuse)
    second = load("cifar10", data_dir)
    assert second.digest == first.digest
    assert torch.equal(second.train.images, first.train.images)


@pytest.mark.usefixtures("entry")
def test_a_changed_source_is_decoded_again(data_dir: Path) -> None:
    before = load("cifar10", data_dir)
    files = samples.tree()
    name = next(iter(files))
    samples.pack(data_dir / "cifar10.tgz", {**files, name: samples.encoded(samples.images(1, seed=9)[0])})
    assert load("cifar10", data_dir).digest != before.digest


@pytest.mark.parametrize("name", ["train-images.npy", "test-labels.npy", "train-hashes.npy"])
@pytest.mark.parametrize("damage", ["flipped bit", "cut", "empty", "gone", "nonsense"])
def test_a_damaged_entry_is_built_again(entry: Path, data_dir: Path, name: str, damage: str) -> None:
    sound = load("cifar10", data_dir).digest
    whole = (entry / name).read_bytes()
    flipped = whole[:-1] + bytes([whole[-1] ^ 1])
    (entry / name).unlink()
    if damage != "gone":
        left = {"flipped bit": flipped, "cut": whole[:-7], "empty": b"", "nonsense": b"nonsense" * 99}[damage]
        (entry / name).write_bytes(left)
    assert load("cifar10", data_dir).digest == sound
    assert (entry / name).read_bytes() == whole


def test_writing_to_the_tensors_leaves_the_cache_alone(entry: Path, data_dir: Path) -> None:
    before = (entry / "train-images.npy").read_bytes()
    load("cifar10", data_dir).train.images.zero_()
    assert (entry / "train-images.npy").read_bytes() == before


def test_images_are_mapped_not_read(entry: Path, data_dir: Path) -> None:
    assert entry.is_dir()
    assert isinstance(cache.load("cifar10", data_dir / "cifar10.tgz", refuse)[0].images, np.memmap)  # type: ignore[arg-type]


def test_nothing_is_left_of_a_decode_that_failed(data_dir: Path, tmp_path: Path) -> None:
    files = samples.tree()
    samples.pack(data_dir / "cifar10.tgz", {**files, next(iter(files)): b"broken"})
    with pytest.raises(HarnessError, match="not a readable image"):
        load("cifar10", data_dir)
    assert [path.suffix for path in (tmp_path / "cache" / "decoded").iterdir()] == [".lock"]


def test_nothing_is_written_outside_the_cache(data_dir: Path, tmp_path: Path) -> None:
    load("cifar10", data_dir)
    assert {path.name for path in tmp_path.iterdir()} == {"data", "cache"}
    assert os.listdir(data_dir) == ["cifar10.tgz"]
