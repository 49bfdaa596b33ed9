"""A trained network from its file of weights, and its predictions.

`predict_file` is `harness predict`: weights, images (a data set's, or a folder's), and the table of predictions.
"""

import csv
import io
import os
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self, get_args

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from harness.config import CellConfig, EncoderSpec, NeuronSpec
from harness.data import DataSet, ImageSet, load, sets
from harness.data.files import walk
from harness.errors import HarnessError
from harness.machine.console import no_formula
from harness.machine.files import write_atomically
from harness.machine.process import computing_with
from harness.plugins.guard import failures_as_errors, guarded
from harness.records.weights import GET_AGAIN, About, WeightsFile, read_weights
from harness.schema import Counts, Record
from harness.snn.kernels import Kernel
from harness.snn.network import Network, Spiking
from harness.training.cell import DTYPES, Setting
from harness.training.evaluate import TimedNetwork, classified, ready
from harness.training.method import method_of

UNKNOWN = -1  # the label of an image without a given class
REINSTALL = "install the version of the encoder with which the cell was run"


@dataclass(frozen=True)
class Predictions:
    """`classes`: int64 `[T, N]`, the class with the largest U_t after t + 1 timesteps; `labels`: `[N]`."""

    classes: Tensor
    labels: Tensor

    @property
    def counts(self) -> Counts:
        """The number of labelled images that are right after each timestep."""
        labelled = self.labels != UNKNOWN
        return Counts((self.classes == self.labels)[:, labelled].sum(1).tolist(), int(labelled.sum()))


@failures_as_errors(REINSTALL)
def restore(weights: WeightsFile, setting: Setting | None = None, timesteps: int | None = None) -> TimedNetwork:
    """The network as it was trained, with its encoder, thresholds and neuron.

    setting: by default that of the record beside the weights, else the CPU. timesteps: in place of the trained number.
    Raises HarnessError for tensors that do not fit the network and for an encoder that fails, EncoderError for one that
    is not installed or does not take so many timesteps.
    """
    about = weights.about
    setting = setting or (recorded_setting(weights.record) if weights.record else Setting(torch.device("cpu")))
    # The fitted state is given to the encoder as parameters, and it must then return the same state.
    fitted = {name: tuple(value) if isinstance(value, list) else value for name, value in about.encoder_state.items()}
    encoder = guarded(EncoderSpec(about.encoder.name, {**about.encoder.parameters, **fitted}))
    if msgspec.to_builtins(dict(encoder.state())) != about.encoder_state:
        raise HarnessError(
            f"encoder '{about.encoder.name}' cannot be restored from its fitted state",
            "it has to take the entries of its state() as parameters",
        )
    parts = about.network, about.shape, about.classes
    steps, dtype = timesteps or about.timesteps, DTYPES[about.precision]

    def made() -> TimedNetwork:
        if about.method:
            return method_of(about.method).restore(*parts, encoder, steps, dtype)
        network = Network(*parts, Generator().manual_seed(0))
        if len(about.thresholds) != len(network.layers) - 1:
            layers = len(network.layers)
            raise HarnessError(f"{weights.path}: {len(about.thresholds)} thresholds for {layers} layers", GET_AGAIN)
        if not (about.reading and about.clock) or about.leak is msgspec.UNSET:
            raise HarnessError(f"{weights.path}: it does not say what neurons it has", GET_AGAIN)
        neuron = NeuronSpec(about.reading, about.clock, about.leak, reset=about.reset or "subtract")
        return Spiking(network, encoder, neuron, steps, tuple(about.thresholds), dtype, setting.kernel)

    with torch.device("meta"):  # so that a damaged file cannot make us allocate much memory
        expected = {name: tuple(tensor.shape) for name, tensor in made().network.state_dict().items()}
    if {name: tensor.shape for name, tensor in weights.tensors.items()} != expected:
        raise HarnessError(f"{weights.path}: the tensors do not fit the network {about.network.name}", GET_AGAIN)
    net = made()
    network = net.network
    network.load_state_dict({name: torch.from_numpy(tensor) for name, tensor in weights.tensors.items()})
    network.requires_grad_(False).to(setting.device)
    return net


@failures_as_errors(REINSTALL)
def predict(net: TimedNetwork, images: ImageSet, seed: int) -> Predictions:
    """The class of each image after each t = 1 … T, in the same chunks as in tests during training."""
    net = ready(net)
    parts = [classes for _, classes in classified(net, images, seed)]
    none = torch.empty(net.timesteps, 0, dtype=torch.int64)
    return Predictions(torch.cat([none, *parts], 1), images.labels)


@dataclass(frozen=True)
class TrainedNetwork:
    """A network from a file of weights, for Python: the description in the file, and the trained network."""

    about: About
    spiking: TimedNetwork

    @classmethod
    def read(cls, weights: Path) -> Self:
        """Read a file of weights; the network uses the device of the record beside it, if that device is present."""
        file = read_weights(weights)
        return cls(file.about, ready(restore(file)))

    @cached_property
    def shape(self) -> tuple[int, int, int]:
        """(C, H, W) of its images. Looked up once: a data set of another package is loaded for it."""
        return sets.facts_of(self.about.dataset).shape

    def predict(
        self, images: Tensor | NDArray[np.uint8], labels: Tensor | NDArray[np.int64] | None = None
    ) -> Predictions:
        """The class of images `[N, C, H, W]`, uint8, after each timestep; `labels` `[N]` are for `counts`.

        Raises HarnessError for images of another type, or of another size than the network's.
        """
        pixels = torch.as_tensor(images)
        truth = torch.full((len(pixels),), UNKNOWN) if labels is None else torch.as_tensor(labels)
        if pixels.dtype != torch.uint8 or pixels.dim() != 4 or truth.shape != pixels.shape[:1]:
            given = f"{str(pixels.dtype).removeprefix('torch.')} {list(pixels.shape)}, {len(truth)} labels"
            raise HarnessError(f"not images: {given}", "give uint8 [N, C, H, W], and a label for each or none")
        if tuple(pixels.shape[1:]) != self.shape:
            raise HarnessError(f"images {list(pixels.shape[1:])} for a network of {list(self.shape)}", "resize them")
        return predict(self.spiking, ImageSet(pixels, truth), self.about.seed)


# ## The environment and data of a record


def recorded_setting(record: Record) -> Setting:
    """The device and kernel of the record if they are present; else the CPU, and the device's usual kernel."""
    named = record.environment.get("device", "")
    available = torch.cuda.is_available() and torch.cuda.get_device_name() == named
    kernels: tuple[Kernel, ...] = get_args(Kernel)
    usable = [kernel for kernel in kernels if kernel == "reference" or (kernel == "triton") == available]
    chosen = [kernel for kernel in usable if kernel == record.environment.get("kernel")]
    return Setting(torch.device("cuda" if available else "cpu"), chosen[0] if chosen else "auto")


def recorded_threads(record: Record | None) -> AbstractContextManager[None]:
    """Inside the block, compute with as many threads as the record did, so that sums add up in the same order."""
    count = record.environment.get("threads", "") if record else ""
    usable = count.isdecimal() and len(count) < 5 and 1 <= int(count) <= 4 * (os.cpu_count() or 1)
    return computing_with(int(count) if usable else torch.get_num_threads())


def data_of(cell: CellConfig | About, digest: str, data_dir: Path | None) -> DataSet:
    """The data set of a cell. Raises HarnessError if it is missing or has another digest."""
    data = load(cell.dataset, data_dir, train_images=cell.train_images, test_images=cell.test_images)
    if data.digest != digest:
        raise HarnessError(
            f"the {cell.dataset} found here (digest {data.digest[:12]}) is not that of the record ({digest[:12]})",
            "name the original files with --data-dir",
        )
    return data


# ## `harness predict`


def predict_file(
    weights: Path,
    *,
    images: Path | None = None,
    data_dir: Path | None = None,
    timesteps: int | None = None,
    out: Path | None = None,
) -> tuple[About, Predictions]:
    """Let the network classify images, with the threads, device and kernel of the record beside it, if any.

    images: a folder; None: the test images of the cell, from `data_dir`. timesteps: in place of the trained number.
    out: a CSV file to write.
    Raises HarnessError or EncoderError for impossible weights, images, timesteps, or path of the table.
    """
    if out is not None and out.suffix != ".csv":
        raise HarnessError(f"{out}: no known kind of table", "name it as .csv")
    file = read_weights(weights)
    about, names = file.about, list[str]()
    if images is None:
        shown = data_of(about, about.data, data_dir).test
    else:
        shown, names = read_pictures(images, about.dataset)
    net = restore(file, timesteps=timesteps)
    with recorded_threads(file.record):
        predictions = predict(net, shown, about.seed)
    if out is not None:
        write_atomically(out, csv_of(predictions, names).encode(errors="backslashreplace"))
    return about, predictions


def csv_of(predictions: Predictions, names: list[str]) -> str:
    """One row per image: its file or index, its label (empty if unknown), and the class after each timestep."""
    classes, text = predictions.classes, io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["image", "label", *(f"t{t}" for t in range(1, len(classes) + 1))])
    for place, (label, of_image) in enumerate(zip(predictions.labels.tolist(), classes.T.tolist(), strict=True)):
        name = no_formula(names[place]) if names else place
        writer.writerow([name, "" if label == UNKNOWN else label, *of_image])
    return text.getvalue()


def read_pictures(folder: Path, dataset: str) -> tuple[ImageSet, list[str]]:
    """The images below `folder`, in the size of `dataset`, and their names; labelled by folders of classes.

    Classes are numbered in the order of their folders' names. Raises HarnessError if there are no images, an image is
    unreadable or has another size, or there are folders but not one for each class.
    """
    if not folder.is_dir():
        raise HarnessError(f"{folder}: no such folder", "name a folder of images")
    suffixes, facts = sets.IMAGE_SUFFIXES, sets.facts_of(dataset)
    paths = [folder / name for name in walk(folder)]
    paths = sorted(path for path in paths if path.suffix.lower() in suffixes and path.is_file())
    if not paths:
        raise HarnessError(f"{folder}: no images", f"name a folder of {', '.join(sorted(suffixes))} files")
    classes = sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    misplaced = [path for path in paths if path.parent.parent != folder] if classes else []
    if misplaced or (classes and len(classes) != facts.classes):
        what = f"{folder}: {len(classes)} folders, where {dataset} has {facts.classes} classes"
        if 0 < len(misplaced) < len(paths):
            what = f"{misplaced[0]}: not in the folder of a class, while others are"
        raise HarnessError(what, "put each image into the folder of its class, or all of them into one folder")
    labels = [classes.index(path.parent.name) if classes else UNKNOWN for path in paths]
    pixels = np.stack([sets.read_image(path, str(path), facts) for path in paths])
    names = [str(path.relative_to(folder)) for path in paths]
    return ImageSet(torch.from_numpy(pixels), torch.tensor(labels)), names
