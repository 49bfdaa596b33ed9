"""`harness predict`: weights, images (a data set's, or a folder's), and the table of predictions."""

from contextlib import nullcontext
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from PIL import Image

from harness.data import load
from harness.data.sets import IMAGE_FORMATS, IMAGE_SUFFIXES, UNREADABLE, facts_of
from harness.data.types import DataSet, ImageSet
from harness.errors import HarnessError
from harness.machine.files import write_atomically
from harness.records.weights import About, WeightsFile, beside, read_weights
from harness.runs.predict import UNKNOWN, Predictions, Shorter, predict, restore
from harness.runs.verify import recorded_device, recorded_kernel, recorded_threads
from harness.training.checkpoint import SILENT, Watch

FORMATS = (".parquet", ".csv")


@dataclass(frozen=True)
class Request:
    """What the user asked for. images: a folder; None: the test images of the cell, from `data_dir`."""

    weights: Path
    images: Path | None = None
    data_dir: Path | None = None
    shorter: Shorter = field(default_factory=Shorter)
    out: Path | None = None


class Answer(NamedTuple):
    """What the network is, what it said, and the names of the files (empty for a data set)."""

    about: About
    predictions: Predictions
    names: list[str]


def answer(request: Request, watch: Watch = SILENT) -> Answer:
    """Let the network classify the images, with the threads, device and kernel of its record where that is beside it.

    Raises HarnessError or EncoderError for what cannot be: weights, images, schedule, or the place for the table.
    """
    if request.out is not None:
        _require_format(request.out)
    found = read_weights(request.weights)
    record = beside(request.weights)
    images, names = _images(found, request)
    device = recorded_device(record) if record else torch.device("cpu")
    spiking = restore(found, request.shorter, device, recorded_kernel(record, device) if record else "auto")
    with recorded_threads(record) if record else nullcontext():
        predictions = predict(spiking, images, found.about.seed, watch)
    done = Answer(found.about, predictions, names)
    if request.out is not None:
        write(done, request.out)
    return done


def table(done: Answer) -> pd.DataFrame:
    """One row an image: its place or file, its label (missing where unknown), and the class after each timestep."""
    predictions = done.predictions
    labels = pd.Series(predictions.labels.numpy(), dtype="Int64")
    columns = {"image": done.names or range(len(labels)), "label": labels.where(labels != UNKNOWN)}
    steps = {f"t{t}": classes.numpy() for t, classes in enumerate(predictions.classes, start=1)}
    return pd.DataFrame({**columns, **steps})


def write(done: Answer, path: Path) -> None:
    """Write the table as Parquet or CSV, by the name's ending, whole or not at all."""
    rows = table(done)
    write_atomically(path, rows.to_csv(index=False).encode() if path.suffix == ".csv" else rows.to_parquet(index=False))


def _require_format(path: Path) -> None:
    """Raise HarnessError for a name that ends otherwise than a table does, and for Parquet without pyarrow."""
    if path.suffix not in FORMATS:
        raise HarnessError(f"{path}: no known kind of table", f"name it as {' or '.join(FORMATS)}")
    if path.suffix == ".parquet" and find_spec("pyarrow") is None:
        raise HarnessError(f"{path}: Parquet needs pyarrow", "pip install pyarrow, or name a .csv file")


def own_data(found: WeightsFile, data_dir: Path | None = None) -> DataSet:
    """The images of the cell. Raises HarnessError where the data set found is another."""
    about = found.about
    data = load(about.dataset, data_dir, train_images=about.train_images, test_images=about.test_images)
    if data.digest != about.data:
        raise HarnessError(
            f"the {about.dataset} found here (digest {data.digest[:12]}) is not that of the weights "
            f"({about.data[:12]})",
            "name the original files with --data-dir",
        )
    return data


def _images(found: WeightsFile, request: Request) -> tuple[ImageSet, list[str]]:
    if request.images is not None:
        return read_pictures(request.images, found.about.dataset)
    return own_data(found, request.data_dir).test, []


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
