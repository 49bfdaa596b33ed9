"""Image trees: labels by the alphabet, Tiny ImageNet's own layout, and what is wrong with a damaged tree."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from harness.data import load
from harness.errors import HarnessError

from . import samples


def first(files: samples.Files, part: str) -> str:
    return next(name for name in files if part in name)


def test_labels_are_the_alphabetical_places_of_the_classes(tmp_path: Path) -> None:
    data = load("cifar10", samples.write(tmp_path, samples.tree()))
    pixels, labels = samples.cifar10()[1]
    label_of = {image.tobytes(): label for image, label in zip(pixels, labels, strict=True)}
    assert [label_of[image.numpy().tobytes()] for image in data.test.images] == data.test.labels.tolist()


def test_val_stands_for_test(tmp_path: Path) -> None:
    one = load("cifar10", samples.write(tmp_path / "one", samples.tree("val")))
    two = load("cifar10", samples.write(tmp_path / "two", samples.tree("test")))
    assert one.digest == two.digest


def test_other_files_in_the_tree_are_ignored(tmp_path: Path) -> None:
    samples.write(tmp_path, samples.tree())
    samples.write(tmp_path, {"cifar10/train/cat/notes.txt": b"", "cifar10/train/cat/._a.png": b""})
    assert len(load("cifar10", tmp_path).train) == 20


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


def test_a_missing_validation_image_is_named(tmp_path: Path) -> None:
    files = tiny_imagenet()
    del files["tiny-imagenet-200/val/images/val_7.JPEG"]
    samples.pack(tmp_path / "tiny-imagenet-200.zip", files)
    with pytest.raises(HarnessError, match=r"val_7.JPEG is missing"):
        load("tinyimagenet", tmp_path)


def test_grey_images_get_three_equal_channels(tmp_path: Path) -> None:
    samples.write(tmp_path, samples.tree())
    for path in (tmp_path / "cifar10").rglob("*.png"):
        Image.open(path).convert("L").save(path)
    images = load("cifar10", tmp_path).train.images
    assert images.shape == (20, 3, 32, 32)
    assert bool((images[:, 0] == images[:, 2]).all())


def test_a_class_without_test_images_is_named(tmp_path: Path) -> None:
    files = {name: content for name, content in samples.tree().items() if "test/frog" not in name}
    with pytest.raises(HarnessError, match="class 'frog' has no test images"):
        load("cifar10", samples.write(tmp_path, files))


def test_a_class_missing_everywhere_is_counted(tmp_path: Path) -> None:
    files = {name: content for name, content in samples.tree().items() if "frog" not in name}
    with pytest.raises(HarnessError, match="has 9 classes, cifar10 has 10"):
        load("cifar10", samples.write(tmp_path, files))


def test_a_tree_without_test_images_is_an_error(tmp_path: Path) -> None:
    files = {name: content for name, content in samples.tree().items() if "/train/" in name}
    with pytest.raises(HarnessError, match="no labelled images in test or val of"):
        load("cifar10", samples.write(tmp_path, files))


@pytest.mark.parametrize("keep", [0, 10, 300])
def test_an_unreadable_image_is_named(tmp_path: Path, keep: int) -> None:
    files = samples.tree()
    name = first(files, "train/horse")
    files[name] = files[name][:keep]
    samples.pack(tmp_path / "cifar10.tgz", files)
    with pytest.raises(HarnessError, match=f"{name} in .*cifar10.tgz is not a readable image"):
        load("cifar10", tmp_path)


def test_an_image_of_the_wrong_size_is_named(tmp_path: Path) -> None:
    files = samples.tree()
    name = first(files, "test/ship")
    files[name] = samples.encoded(samples.images(1, 31)[0])
    samples.pack(tmp_path / "cifar10.zip", files)
    with pytest.raises(HarnessError, match=f"{name} in .* is 31×31, cifar10 is 32×32"):
        load("cifar10", tmp_path)
