"""Data sets from their files: where these lie, how they are verified, their images, and stratified subsets of them."""

import gzip
import hashlib
import pickle
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_digits

from harness.data import ImageSet, load, look, sets, subset
from harness.data.subset import at_most
from harness.data.types import content_hashes
from harness.errors import HarnessError
from tools.hostile import Bomb

from . import samples


def publish(monkeypatch: pytest.MonkeyPatch, name: str, files: samples.Files) -> samples.Files:
    """The files, with their md5 taken for the published ones."""
    if name == "mnist":
        monkeypatch.setattr(sets, "MNIST_MD5", samples.md5_of(files))
    else:
        *training, test = samples.md5_of(files).items()
        monkeypatch.setattr(f"torchvision.datasets.{name.upper()}.train_list", training)
        monkeypatch.setattr(f"torchvision.datasets.{name.upper()}.test_list", [test])
    return files


# The digest.


@pytest.mark.parametrize(
    ("layout", "place"),
    [
        *((layout, place) for layout in ("tree", "batches") for place in ("", "cifar10.tgz")),
        ("tree", "cifar10.zip"),
        ("batches", "cifar-10-python.tar.gz"),
        *((layout, "") for layout in ("tree with val", "webp", "bmp")),
    ],
)
def test_in_every_layout_packed_or_not_the_digest_is_the_naive_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layout: str, place: str
) -> None:
    """So images, labels and splits are those of the files, and neither names nor formats of files count."""
    if layout == "batches":
        files = publish(monkeypatch, "cifar10", samples.batches())
    elif "tree" in layout:
        files = samples.tree("val" if "val" in layout else "test")
    else:
        options = {"lossless": True, "exact": True} if layout == "webp" else {}
        files = {
            f"cifar10/{split}/{label}/{row}.{layout}": samples.encoded(image, layout, **options)
            for split, part in zip(("train", "test"), samples.cifar10(), strict=True)
            for row, (image, label) in enumerate(zip(*part, strict=True))
        }
    if place:  # with files that are no images of it
        other = ("cifar10/train/cat/notes.txt", "cifar10/train/cat/._a.png", "__MACOSX/cifar10/train/a.png")
        samples.pack(tmp_path / place, files | dict.fromkeys(other if layout == "tree" else (), b""))
        (tmp_path / "cifar10").mkdir()  # an empty folder does not hide the archive beside it
    else:
        samples.write(tmp_path, files)
    assert load("cifar10", tmp_path).digest == samples.naive_digest(*samples.cifar10())


def test_images_stand_in_the_order_of_their_hashes_and_the_digest_covers_what_is_held(tmp_path: Path) -> None:
    samples.write(tmp_path, samples.tree())
    data = load("cifar10", tmp_path, train_images=13)
    held = [(part.images.numpy(), part.labels.numpy()) for part in (data.train, data.test)]
    hashes = [samples.naive_hash(*pair) for pair in zip(*held[0], strict=True)]
    assert len(hashes) == 13
    assert hashes == sorted(hashes)
    assert data.digest == samples.naive_digest(*held)
    for path in (tmp_path / "cifar10").rglob("*.png"):
        Image.open(path).convert("L").save(path)
    grey = load("cifar10", tmp_path).train.images  # which get three equal channels
    assert grey.shape == (20, 3, 32, 32)
    assert bool((grey[:, 0] == grey[:, 2]).all())


def test_the_digits_are_those_of_scikit_learn_in_two_splits() -> None:
    data = load("digits")
    assert data.train.images.shape == (1437, 1, 8, 8)
    assert data.test.images.shape == (360, 1, 8, 8)
    grey = torch.cat([data.train.images, data.test.images]).numpy().reshape(1797, 64) * (16 / 255)
    assert np.array_equal(np.unique(np.rint(grey), axis=0), np.unique(load_digits().data, axis=0))
    assert (data.train.images.min().item(), data.train.images.max().item()) == (0, 255)


# MNIST and CIFAR's batches.


@pytest.fixture
def raw(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder MNIST/raw with tiny files whose md5 is taken for the published one."""
    return samples.write(tmp_path / "MNIST" / "raw", publish(monkeypatch, "mnist", samples.mnist_files()))


@pytest.mark.parametrize(("up", "packed"), [(0, False), (1, True), (2, False)])
def test_pixels_and_labels_are_those_of_the_idx_files(raw: Path, up: int, packed: bool) -> None:
    for file in raw.iterdir() if packed else ():
        file.with_name(f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes()))
        file.unlink()
    data = load("mnist", [raw, *raw.parents][up])
    expected = samples.images(20, 28, seed=20, channels=1)
    label_of = {image.tobytes(): row % 10 for row, image in enumerate(expected)}
    assert data.train.images.shape == (20, 1, 28, 28)
    assert [label_of[image.numpy().tobytes()] for image in data.train.images] == data.train.labels.tolist()


@pytest.mark.parametrize("fault", ["changed", "cut", "missing"])
def test_a_part_of_mnist_that_is_not_as_published_is_named(raw: Path, fault: str) -> None:
    assert look("mnist", raw).state == "verified"
    path = raw / "t10k-images-idx3-ubyte"
    whole, published = path.read_bytes(), sets.MNIST_MD5[path.name]
    path.unlink()
    says, state = "no mnist in .* put .*the four", "missing"
    if fault == "changed":
        path.write_bytes(whole[:-1] + b"\0")
        found = samples.md5_of({path.name: path.read_bytes()})[path.name]
        says, state = f"{path.name} has md5 {found}, expected {published}", "damaged"
    if fault == "cut":
        (raw / f"{path.name}.gz").write_bytes(gzip.compress(whole)[:-9])
        says, state = f"{path.name}.gz cannot be unpacked", "damaged"
    with pytest.raises(HarnessError, match=says):
        load("mnist", raw)
    assert look("mnist", raw).state == state


@pytest.mark.parametrize("python", [2, 3])
def test_cifar100_uses_the_fine_labels(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, python: int) -> None:
    pixels, labels = samples.images(100), np.arange(100)
    today = pickle.dumps({"data": pixels.reshape(100, -1), "fine_labels": labels.tolist()}, protocol=4)
    batch = samples.python2_pickle(pixels, labels, b"fine_labels") if python == 2 else today
    files = publish(monkeypatch, "cifar100", {f"cifar-100-python/{part}": batch for part in ("train", "test")})
    data = load("cifar100", samples.write(tmp_path, files))
    assert sorted(data.train.labels.tolist()) == list(range(100))


def test_nothing_is_unpickled_before_its_md5_matched(tmp_path: Path) -> None:
    evil = pickle.dumps(Bomb(tmp_path / "written"))
    samples.write(tmp_path, {**samples.batches(), "cifar-10-batches-py/data_batch_1": evil})
    found = hashlib.md5(evil).hexdigest()
    with pytest.raises(HarnessError, match=f"data_batch_1 in .* has md5 {found}, expected c99cafc1"):
        load("cifar10", tmp_path)
    assert not (tmp_path / "written").exists()
    (tmp_path / "cifar-10-batches-py/data_batch_1").unlink()
    with pytest.raises(HarnessError, match="data_batch_1 is missing"):
        load("cifar10", tmp_path)


# Image folders.


@pytest.mark.parametrize(
    ("part", "content", "what"),
    [
        ("test/frog", None, "class 'frog' has no test images"),
        ("train/frog", None, "class 'frog' has no training images"),
        ("frog", None, "has 9 classes, cifar10 has 10"),
        ("/test/", None, "no labelled images in cifar10/test or cifar10/val of"),
        ("train/horse", b"", "train/horse/.* in .*cifar10.tgz is not a readable image"),
        ("train/horse", samples.encoded(samples.images(1)[0])[:300], "is not a readable image"),
        ("test/ship", samples.encoded(samples.images(1, 31)[0]), "test/ship/.* in .* is 31×31, cifar10 is 32×32"),
    ],
)
def test_a_tree_that_is_not_sound_is_an_error(tmp_path: Path, part: str, content: bytes | None, what: str) -> None:
    files = {name: content if part in name else kept for name, kept in samples.tree().items()}
    samples.pack(tmp_path / "cifar10.tgz", {name: kept for name, kept in files.items() if kept is not None})
    with pytest.raises(HarnessError, match=what):
        load("cifar10", tmp_path)


def tiny_imagenet() -> samples.Files:
    """Tiny ImageNet's own layout: one training image a class in its shade, one validation image in the opposite."""
    files, boxes = {}, ""
    shade = np.arange(200, dtype=np.uint8)[:, None, None, None]
    pixels = np.broadcast_to(shade, (200, 3, 64, 64)).copy()
    for label in range(200):
        wnid = f"n{label:08}"
        files[f"tiny-imagenet-200/train/{wnid}/images/{wnid}_0.JPEG"] = samples.encoded(pixels[label], "PNG")
        files[f"tiny-imagenet-200/train/{wnid}/{wnid}_boxes.txt"] = b"a.JPEG\t0\t0\t1\t1\n"
        files[f"tiny-imagenet-200/val/images/val_{label}.JPEG"] = samples.encoded(255 - pixels[label], "PNG")
        boxes += f"val_{label}.JPEG\t{wnid}\t0\t0\t1\t1\n"
    files["tiny-imagenet-200/val/val_annotations.txt"] = boxes.encode()
    files["tiny-imagenet-200/test/images/test_0.JPEG"] = samples.encoded(pixels[0])
    return files


def test_tiny_imagenet_takes_its_test_labels_from_the_annotations(tmp_path: Path) -> None:
    samples.pack(tmp_path / "tiny-imagenet-200.zip", tiny_imagenet())
    data = load("tinyimagenet", tmp_path)
    assert data.test.images.shape == (200, 3, 64, 64)
    assert (255 - data.test.images[:, 0, 0, 0].long()).tolist() == data.test.labels.tolist()


@pytest.mark.parametrize(
    ("file", "content", "what"),
    [
        ("images/val_7.JPEG", None, "val_7.JPEG is missing"),
        ("val_annotations.txt", b"val_0.JPEG", "val_annotations.txt in .* is damaged"),
    ],
)
def test_test_images_of_tiny_imagenet_are_whole(tmp_path: Path, file: str, content: bytes | None, what: str) -> None:
    files = {name: content if name.endswith(file) else kept for name, kept in tiny_imagenet().items()}
    with pytest.raises(HarnessError, match=what):
        load("tinyimagenet", samples.write(tmp_path, {name: kept for name, kept in files.items() if kept is not None}))


# Where they are looked for, and what doctor says of them.


def test_the_argument_goes_before_environment_and_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    one, two = samples.write(tmp_path / "1", samples.tree()), samples.write(tmp_path / "2", samples.other_tree())
    samples.write(tmp_path / "cache", samples.tree())
    assert load("cifar10").digest == load("cifar10", one).digest
    monkeypatch.setenv("HARNESS_DATA", str(two))
    assert load("cifar10", one).digest != load("cifar10").digest
    assert load("cifar10", two).digest == load("cifar10").digest


def test_a_folder_that_was_named_is_the_only_one_looked_at_and_else_the_error_names_every_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fetch = Mock(return_value=["no network"])
    monkeypatch.setattr(sets, "fetch", fetch)
    monkeypatch.setenv("HARNESS_DATA", str(samples.write(tmp_path / "1", samples.tree())))
    (tmp_path / "empty").mkdir()
    with pytest.raises(HarnessError, match=rf"no cifar10 in --data-dir \({tmp_path / 'empty'}\)"):
        load("cifar10", tmp_path / "empty")
    assert not fetch.called
    with pytest.raises(HarnessError) as caught:
        load("cifar100")
    assert [call.args[0] for call in fetch.call_args_list] == ["cifar100"]
    for part in (str(tmp_path / "1"), str(tmp_path / "cache"), "no network", "put torchvision's cifar-100-python"):
        assert part in str(caught.value)
    finding = look("cifar100")
    assert (finding.state, "put torchvision's cifar-100-python" in finding.detail) == ("missing", True)
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path / "typo"))
    with pytest.raises(HarnessError, match=rf"HARNESS_DATA is {tmp_path / 'typo'}: there is no such folder — correct"):
        load("mnist")
    assert fetch.call_count == 1


@pytest.mark.parametrize("place", ["", "cifar10", "cifar10.tgz", "mine"])
def test_the_argument_may_name_the_source_itself(tmp_path: Path, place: str) -> None:
    samples.pack(tmp_path / "cifar10.tgz", samples.tree())
    samples.write(tmp_path, samples.tree())
    if place == "mine":
        (tmp_path / "cifar10").rename(tmp_path / "mine")
    assert len(load("cifar10", tmp_path / place).train) == 20


def test_a_decoded_data_set_tells_its_size_and_digest(tmp_path: Path) -> None:
    samples.write(tmp_path, samples.tree())
    data = load("cifar10", tmp_path)
    finding = look("cifar10", tmp_path)
    assert f"20 training and 10 test images, decoded, digest {data.digest[:16]}" in finding.detail
    assert finding.state == "found"
    (hashes,) = (tmp_path / "cache").rglob("train-hashes.npy")
    np.save(hashes, np.zeros(5))
    assert look("cifar10", tmp_path).detail == "not decoded yet"
    assert (look("digits").state, look("imagenet").state) == ("verified", "damaged")


# Subsets: shares, independence of order, and what is drawn where not every class fits


def image_set(labels: list[int]) -> ImageSet:
    return ImageSet(torch.from_numpy(samples.images(len(labels), 4)), torch.tensor(labels))


def rows(images: ImageSet) -> list[bytes]:
    return [image.numpy().tobytes() for image in images.images]


@pytest.fixture
def balanced() -> ImageSet:
    return image_set([label % 10 for label in range(100)])


def test_classes_keep_their_shares_the_rarest_is_never_left_out_and_else_the_seed_decides(balanced: ImageSet) -> None:
    counts = torch.bincount(subset(image_set([0] * 60 + [1] * 30 + [2] * 10), 50).labels)
    assert (counts - torch.tensor([30, 15, 5])).abs().max() <= 1
    assert set(subset(image_set([0] * 98 + [1, 2]), 3).labels.tolist()) == {0, 1, 2}
    assert len(set(subset(balanced, 5).labels.tolist())) == 5  # as many classes as there are images
    assert len({tuple(sorted(subset(balanced, 5, seed).labels.tolist())) for seed in range(20)}) > 10
    for count in (101, 0, -1):
        with pytest.raises(HarnessError, match=f"subset of {count} images of 100 — ask for 1 to 100 images"):
            subset(balanced, count)


def test_at_most_so_many_are_a_subset_or_the_images_themselves(balanced: ImageSet) -> None:
    assert rows(at_most(balanced, 99, 1)) == rows(subset(balanced, 99, 1))
    assert at_most(balanced, 100, 1) is at_most(balanced, 101, 1) is at_most(balanced, None, 1) is balanced


def test_a_subset_is_the_one_of_this_definition(balanced: ImageSet) -> None:
    def key(image: bytes, label: int) -> bytes:
        content = hashlib.sha256(image + label.to_bytes(8, "little")).digest()
        return hashlib.sha256(b"3:" + content).digest()

    ranked: dict[int, list[tuple[bytes, bytes]]] = {label: [] for label in range(10)}
    for image, label in zip(rows(balanced), balanced.labels.tolist(), strict=True):
        ranked[label].append((key(image, label), image))
    # Of 10 classes of equal size, 34 images are the first three of each and the fourth of the first four classes.
    expected = [image for label in range(10) for _, image in sorted(ranked[label])[: 4 if label < 4 else 3]]
    assert sorted(rows(subset(balanced, 34, seed=3))) == sorted(expected)


def test_hashes_that_are_known_are_kept_and_change_nothing(balanced: ImageSet) -> None:
    known = subset(balanced, 100)
    assert known.hashes is not None
    part = subset(known, 33, seed=2)
    assert rows(part) == rows(subset(ImageSet(known.images, known.labels), 33, seed=2))
    assert part.hashes is not None
    assert np.array_equal(part.hashes, content_hashes(part.images.numpy(), part.labels.numpy()))
