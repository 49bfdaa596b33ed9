"""Image-folder trees: `{train,test}/<class>/*.png`, and Tiny ImageNet's own layout with its annotations file."""

import io
import warnings
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image, UnidentifiedImageError

from harness.data.catalog import Facts
from harness.data.digest import Labels, Pixels
from harness.data.reading import shown
from harness.data.tree import Tree, content, prefix_of
from harness.errors import HarnessError

Arrays = tuple[Pixels, Labels]
# (file name, class name), in one split.
Listing = list[tuple[str, str]]

SUFFIXES = {".webp", ".png", ".jpg", ".jpeg", ".bmp"}
FORMATS = ("WEBP", "PNG", "JPEG", "BMP")

_HINT = "get the file again"
# What PIL raises for a file with wrong bytes, depending on where it stands.
UNREADABLE = (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning)


def find(tree: Tree) -> str | None:
    """The folder in `tree` that holds `train/`; None if there is none."""
    return prefix_of(tree, "train/")


def read(tree: Tree, prefix: str, facts: Facts, source: Path) -> tuple[Arrays, Arrays]:
    """Training and test images, uint8 `[N, C, H, W]`, labelled by the alphabetical place of their class.

    Raises HarnessError for a missing class, an unreadable image, or one of the wrong size.
    """
    train = listing(tree, f"{prefix}train/")
    test = _held_out(tree, prefix, source)
    classes = _classes(train, test, facts, source)
    return _decode(tree, train, classes, facts, source), _decode(tree, test, classes, facts, source)


def listing(tree: Tree, folder: str) -> Listing:
    """The images below `folder`, each with the name of its class folder."""
    paths = [PurePosixPath(name) for name in tree if name.startswith(folder)]
    depth = folder.count("/")
    return [
        (str(path), path.parts[depth])
        for path in sorted(paths)
        if path.suffix.lower() in SUFFIXES and len(path.parts) > depth + 1
    ]


def _held_out(tree: Tree, prefix: str, source: Path) -> Listing:
    annotations = f"{prefix}val/val_annotations.txt"
    if annotations in tree:
        return _annotated(prefix, content(tree, annotations, source), source)
    for split in ("test", "val"):
        found = listing(tree, f"{prefix}{split}/")
        # Tiny ImageNet's test images have no labels: they lie in one folder named "images".
        if found and {name for _, name in found} != {"images"}:
            return found
    where = shown(f"{prefix}test or {prefix}val of {source}")
    raise HarnessError(f"no labelled images in {where}", "get the data set again")


def _annotated(prefix: str, annotations: bytes, source: Path) -> Listing:
    # Lines read: val_0.JPEG <tab> n03444034 <tab> four numbers of a box.
    rows = [line.split("\t") for line in annotations.decode("utf-8", "replace").splitlines() if line.strip()]
    if any(len(row) < 2 for row in rows):
        where = shown(f"{prefix}val/val_annotations.txt in {source}")
        raise HarnessError(f"{where} is damaged", "get the data set again")
    return [(f"{prefix}val/images/{row[0]}", row[1]) for row in rows]


def _classes(train: Listing, test: Listing, facts: Facts, source: Path) -> list[str]:
    seen, held = {name for _, name in train}, {name for _, name in test}
    for split, missing in (("training", held - seen), ("test", seen - held)):
        if missing:
            what = f"class {min(missing)!r} has no {split} images"
            raise HarnessError(f"{what} in {shown(source)}", "get the data set again")
    if len(seen) != facts.classes:
        raise HarnessError(
            f"{shown(source)} has {len(seen)} classes, {facts.name} has {facts.classes}",
            "a class folder is missing, or it is another data set",
        )
    return sorted(seen)


def _decode(tree: Tree, files: Listing, classes: list[str], facts: Facts, source: Path) -> Arrays:
    label_of = {name: label for label, name in enumerate(classes)}
    images = np.empty((len(files), *facts.shape), np.uint8)
    # One thread on purpose: for images this small PIL holds the interpreter lock, and threads only slow it.
    with warnings.catch_warnings():
        # PIL warns of a huge image before it refuses one that is twice as large.
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        for row, (name, _) in zip(images, files, strict=True):
            row[:] = _image(content(tree, name, source), facts, shown(f"{name} in {source}"))
    return images, np.array([label_of[name] for _, name in files], np.int64)


def _image(raw: bytes, facts: Facts, where: str) -> Pixels:
    _, height, width = facts.shape
    try:
        with Image.open(io.BytesIO(raw), formats=FORMATS) as image:
            # Opening reads the header alone, so a huge image is refused before it is decoded.
            if image.size != (width, height):
                raise HarnessError(
                    f"{where} is {image.width}×{image.height}, {facts.name} is {width}×{height}",
                    "resizing would change the data set: get the original images",
                )
            return np.asarray(image.convert("RGB")).transpose(2, 0, 1)
    except UnidentifiedImageError as error:
        # PIL's own message holds the address of an object.
        raise HarnessError(f"{where} is not a readable image: it is none of {', '.join(FORMATS)}", _HINT) from error
    except UNREADABLE as error:
        raise HarnessError(f"{where} is not a readable image: {error}", _HINT) from error
