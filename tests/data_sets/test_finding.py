"""What doctor says: one finding for each state, and never an exception."""

from pathlib import Path

import numpy as np
import pytest

from harness.data import cifar, download, load, look, mnist, names

from . import samples


@pytest.fixture(autouse=True)
def no_download(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object) -> None:
        raise AssertionError("look must not download")

    monkeypatch.setattr(download, "fetch", refuse)


def test_digits_are_always_there() -> None:
    assert look("digits").state == "verified"


@pytest.mark.parametrize("name", [name for name in names() if name != "digits"])
def test_a_missing_data_set_says_what_to_put_where(name: str, tmp_path: Path) -> None:
    finding = look(name)
    assert finding.state == "missing"
    assert str(tmp_path / "cache") in str(finding)
    assert "put " in str(finding)
    assert not (tmp_path / "cache").exists()


def test_mnist_is_verified_by_md5(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    files = samples.mnist_files()
    monkeypatch.setattr(mnist, "MD5", samples.md5_of(files))
    samples.write(tmp_path / "MNIST" / "raw", files)
    assert look("mnist", tmp_path).state == "verified"


def test_damaged_files_are_said_to_be_damaged(tmp_path: Path) -> None:
    samples.write(tmp_path / "MNIST" / "raw", samples.mnist_files())
    finding = look("mnist", tmp_path)
    assert finding.state == "damaged"
    assert finding.where == tmp_path / "MNIST" / "raw"
    assert "has md5" in finding.detail


def test_batches_are_verified_without_decoding(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    files = samples.batches()
    md5 = samples.md5_of(files)
    monkeypatch.setattr(cifar, "md5_lists", lambda _name: (md5, {}))
    monkeypatch.setattr("harness.data.loading.decode", None)
    assert look("cifar10", samples.write(tmp_path, files)).state == "verified"


def test_a_cache_entry_of_another_shape_is_none(tmp_path: Path) -> None:
    source = samples.write(tmp_path / "tree", samples.tree())
    load("cifar10", source)
    (hashes,) = (tmp_path / "cache").rglob("train-hashes.npy")
    np.save(hashes, np.zeros(5))
    assert look("cifar10", source).state == "found"


def test_an_archive_is_found_but_not_opened(tmp_path: Path) -> None:
    (tmp_path / "cifar10.tgz").write_bytes(b"not looked into")
    assert look("cifar10", tmp_path).state == "found"


def test_a_decoded_data_set_tells_its_size_and_digest(tmp_path: Path) -> None:
    samples.write(tmp_path, samples.tree())
    data = load("cifar10", tmp_path)
    finding = look("cifar10", tmp_path)
    assert f"20 training and 10 test images, decoded, digest {data.digest[:16]}" in finding.detail
    assert finding.state == "found"


def test_an_unknown_name_is_a_finding_too() -> None:
    assert look("imagenet").state == "damaged"
