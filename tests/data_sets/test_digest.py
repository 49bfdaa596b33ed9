"""Content hashes, canonical order and the digest, against hashlib used naively."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from harness.data import cifar, load
from harness.data.digest import canonical, digest_of

from . import samples


def naive_hash(image: np.ndarray, label: int | np.signedinteger) -> bytes:
    return hashlib.sha256(image.tobytes() + int(label).to_bytes(8, "little")).digest()


def naive_digest(*splits: tuple[np.ndarray, np.ndarray]) -> str:
    whole = b""
    for pixels, labels in splits:
        whole += b"".join(sorted(naive_hash(*pair) for pair in zip(pixels, labels, strict=True)))
    return hashlib.sha256(whole).hexdigest()


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> samples.Files:
    """The batches, with their md5 taken for the published ones."""
    files = samples.batches()
    md5 = samples.md5_of(files)
    held = {"test_batch": md5.pop("test_batch")}
    monkeypatch.setattr(cifar, "md5_lists", lambda _name: (md5, held))
    return files


def test_images_stand_in_the_order_of_their_hashes() -> None:
    pixels, labels = samples.images(50), np.arange(50)
    split = canonical(pixels, labels)
    hashes = [naive_hash(*pair) for pair in zip(split.images, split.labels, strict=True)]
    assert hashes == sorted(naive_hash(*pair) for pair in zip(pixels, labels, strict=True))
    assert hashes == [row.tobytes() for row in split.hashes]


def test_the_digest_is_the_naive_one(tmp_path: Path) -> None:
    samples.write(tmp_path, samples.tree())
    assert load("cifar10", tmp_path).digest == naive_digest(*samples.cifar10())


def test_the_digest_covers_the_subset_that_is_held(tmp_path: Path) -> None:
    samples.write(tmp_path, samples.tree())
    data = load("cifar10", tmp_path, train_images=13)
    held = [(part.images.numpy(), part.labels.numpy()) for part in (data.train, data.test)]
    assert len(data.train) == 13
    assert data.digest == naive_digest(*held)


@pytest.mark.parametrize("change", ["pixel", "label"])
def test_one_changed_value_changes_the_digest(change: str) -> None:
    pixels, labels = samples.images(4), np.arange(4)
    before = canonical(pixels, labels)
    if change == "pixel":
        pixels[2, 1, 5, 5] ^= 1
    else:
        labels[2] = 0
    assert digest_of(canonical(pixels, labels), before) != digest_of(before, before)


def test_swapping_train_and_test_changes_the_digest() -> None:
    one, two = (canonical(samples.images(4, seed=seed), np.arange(4)) for seed in (1, 2))
    assert digest_of(one, two) != digest_of(two, one)


@pytest.mark.parametrize("name", ["cifar10.tgz", "cifar10.zip", "CIFAR-10.tar", "cifar_10.tar.gz"])
def test_an_archive_of_the_tree_has_the_trees_digest(tmp_path: Path, name: str) -> None:
    samples.write(tmp_path / "folder", samples.tree())
    samples.pack(tmp_path / "packed" / name, samples.tree())
    assert load("cifar10", tmp_path / "packed").digest == load("cifar10", tmp_path / "folder").digest


def test_python_batches_have_the_digest_of_the_same_images_as_files(tmp_path: Path, published: samples.Files) -> None:
    samples.write(tmp_path, published)
    assert load("cifar10", tmp_path).digest == naive_digest(*samples.cifar10())


def test_packed_python_batches_have_it_too(tmp_path: Path, published: samples.Files) -> None:
    samples.pack(tmp_path / "cifar-10-python.tar.gz", published)
    assert load("cifar10", tmp_path).digest == naive_digest(*samples.cifar10())


@pytest.mark.parametrize(("kind", "options"), [("webp", {"lossless": True, "exact": True}), ("bmp", {})])
def test_the_file_format_does_not_matter(tmp_path: Path, kind: str, options: dict[str, bool]) -> None:
    splits = samples.cifar10()
    for split, (pixels, labels) in zip(("train", "test"), splits, strict=True):
        for row, (image, label) in enumerate(zip(pixels, labels, strict=True)):
            file = {f"{split}/{label}/{row}.{kind}": samples.encoded(image, kind, **options)}
            samples.write(tmp_path / "cifar10", file)
    assert load("cifar10", tmp_path).digest == naive_digest(*splits)
