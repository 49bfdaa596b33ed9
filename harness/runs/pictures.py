"""A folder of images for a trained network: class by class in folders, or any images without labels."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image

from harness.data.sets import IMAGE_FORMATS, IMAGE_SUFFIXES, UNREADABLE, facts_of
from harness.data.types import ImageSet
from harness.errors import HarnessError
from harness.runs.predict import UNKNOWN


class Pictures(NamedTuple):
    """Images and the names of their files, in one order."""

    images: ImageSet
    names: list[str]


def read_pictures(folder: Path, dataset: str) -> Pictures:
    """The images below `folder`, of the size that `dataset` has, with labels where it holds one folder a class.

    Classes are numbered in the order of their folders' names. Raises HarnessError where nothing is there, an image
    does not read or has another size, or there are folders but not one for each class.
    """
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in IMAGE_SUFFIXES and path.is_file())
    if not paths:
        raise HarnessError(f"{folder}: no images", f"name a folder of {', '.join(sorted(IMAGE_SUFFIXES))} files")
    facts = facts_of(dataset)
    classes = sorted(path.name for path in folder.iterdir() if path.is_dir())
    if classes and (len(classes) != facts.classes or any(path.parent.parent != folder for path in paths)):
        raise HarnessError(
            f"{folder}: {len(classes)} folders, where {dataset} has {facts.classes} classes",
            "put each image into the folder of its class, or all of them into one folder",
        )
    labels = [classes.index(path.parent.name) if classes else UNKNOWN for path in paths]
    pixels = np.stack([_pixels(path, facts.shape) for path in paths])
    return Pictures(
        ImageSet(torch.from_numpy(pixels), torch.tensor(labels)), [str(path.relative_to(folder)) for path in paths]
    )


def _pixels(path: Path, shape: tuple[int, int, int]) -> np.ndarray:
    channels, height, width = shape
    try:
        with Image.open(path, formats=IMAGE_FORMATS) as image:
            if image.size != (width, height):
                raise HarnessError(
                    f"{path} is {image.width}×{image.height}, the network was trained on {width}×{height}",
                    "resize it first, as its training images were made",
                )
            pixels = np.asarray(image.convert("L" if channels == 1 else "RGB"))
    except UNREADABLE as error:
        raise HarnessError(f"{path}: not a readable image ({error})", "replace or remove it") from None
    return pixels[None] if channels == 1 else np.ascontiguousarray(pixels.transpose(2, 0, 1))
