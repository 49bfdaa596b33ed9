"""The data of an encoder's figure: image, raster of spikes, and the images read back."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

import encoders
from encoders.base import Encoder, EncoderError, EncoderInfo
from harness.data import load
from harness.data.subset import subset
from harness.errors import HarnessError
from harness.inspect.reading import FrequencyCode, frequencies_fed, linear_reading, spikes_times_threshold
from harness.plugins.guard import named
from harness.training.batches import generator, normalised

STEPS = (1, 2, 4, 8, 16)
CALIBRATION_IMAGES = 2048
READING_IMAGES = 64

Pixels = NDArray[np.float32]


@dataclass(frozen=True)
class Reading:
    """The image as read back after each of the view's steps: `images` [H, W, 3] in [0, 1]."""

    label: str
    images: tuple[Pixels, ...]


@dataclass(frozen=True)
class View:
    """One image under one encoder.

    image: [H, W, 3] in [0, 1]. raster: spikes [pixels, T], the darkest pixel first.
    readings: rows of images read back, from top to bottom. steps: the timestep of each image in such a row.
    caption: a description of what is shown and of how the images were read back.
    """

    encoder: str
    dataset: str
    number: int
    info: EncoderInfo
    image: Pixels
    raster: Pixels
    steps: tuple[int, ...]
    readings: tuple[Reading, ...]
    caption: str


def look(name: str, dataset: str, number: int, timesteps: int, data_dir: Path | None = None) -> View:
    """Image `number` of a data set's test images under the encoder called `name` with its default parameters.

    Raises HarnessError for an unknown data set or image, EncoderError for an unknown encoder or a T that does not fit.
    """
    with named(name, "be made"):
        encoder = encoders.create(name)
    data = load(dataset, data_dir)
    if not 0 <= number < len(data.test):
        raise HarnessError(f"{dataset} has no test image {number}", f"use 0 to {len(data.test) - 1}")
    known = normalised(subset(data.train, min(CALIBRATION_IMAGES, len(data.train)), 0).images)
    image = normalised(data.test.images[number : number + 1])
    with named(name, "be shown", CALIBRATION_IMAGES):
        encoder = encoder.calibrate(known, generator(0, "calibration"))
        train = encoder.encode(image, timesteps, generator(0, "encoder-test"))
        steps = tuple(sorted({t for t in STEPS if t < timesteps} | {timesteps}))
        readings, how = _readings(encoder, known[:READING_IMAGES], image, train, steps)
        order = encoder.frame(image).flatten().argsort(stable=True)
        return View(
            encoder=name,
            dataset=dataset,
            number=number,
            info=encoder.info,
            image=shown(image),
            raster=train.flatten(1)[:, order].T.contiguous().numpy(),
            steps=steps,
            readings=readings,
            caption=f"{_what(encoder.info, name, dataset, number, timesteps)} {how}",
        )


def _readings(
    encoder: Encoder, known: Tensor, image: Tensor, train: Tensor, steps: Sequence[int]
) -> tuple[tuple[Reading, ...], str]:
    def reading(label: str, read: Tensor) -> Reading:
        return Reading(label, tuple(shown(read[t - 1]) for t in steps))

    if isinstance(encoder, FrequencyCode) and encoder.colour == "rgb":
        fed = reading("frequencies\nfed", frequencies_fed(encoder, image, len(train)))
        fired = reading("spikes × θ", spikes_times_threshold(encoder, train))
        repeats = len(train) > (encoder.info.period or 1)
        return (fed, fired), DCT_CAPTION + (DCT_REPEATS if repeats else "")
    spikes = encoder.encode(known, len(train), generator(0, "encoder-training"))
    frames = encoder.frame(known)
    if spikes.shape[1:] != frames.shape:
        raise EncoderError(
            "the spike train cannot be read back pixel by pixel, because it has another shape than the frame"
        )
    return (reading("read from\nspikes", linear_reading(spikes, frames, train)),), LINEAR_CAPTION


def shown(images: Tensor) -> Pixels:
    """The first of images `[N, C, H, W]` in [-1, 1] as [H, W, 3] in [0, 1]; other than 3 channels: the first one."""
    pixels = ((images[0] + 1) / 2).clamp(0, 1)
    pixels = pixels if len(pixels) == 3 else pixels[:1].expand(3, -1, -1)
    out: Pixels = pixels.permute(1, 2, 0).contiguous().to(torch.float32).numpy()
    return out


DCT_CAPTION = (
    "Below, the image after t steps. Upper row, the encoder’s input: the sum of the frequencies fed so far, each once. "
    "Lower row, its output: the sum of the spikes so far, each counted as the threshold that it subtracted. The "
    "difference is what is left on the membranes."
)
DCT_REPEATS = " Where frequencies are fed again, the count is divided by how often the most frequent one was fed."
LINEAR_CAPTION = (
    "Below, the image after t steps as a linear reading of each pixel’s own spikes so far: one weight for each "
    f"timestep and a constant, the same for all pixels, fitted by least squares on {READING_IMAGES} training images."
)


def _what(info: EncoderInfo, name: str, dataset: str, number: int, timesteps: int) -> str:
    window = " (the code spans all of them)" if info.window else ""
    return (
        f"Encoder {name} ({info.alphabet}) on test image {number} of {dataset} in {timesteps} timesteps{window}: every "
        "pixel’s spikes, from the darkest pixel to the brightest, and their number at each timestep."
    )
