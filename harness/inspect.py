"""Encoders without any SNN: the spikes of one image as a figure, and the accuracy of a linear probe of the spikes.

`look` computes what the figure shows, and `figure_of` draws it. `probe` computes accuracies.
"""

import itertools
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

import encoders
from encoders.base import Encoder, EncoderError, EncoderInfo, encode
from encoders.dct import Dct, lay_out
from harness.catalogue.experiment import parse_encoder
from harness.data import load, subset
from harness.errors import HarnessError
from harness.plugins.guard import failures_as_errors, watched
from harness.report.drawing import MUTED, Picture, both_renderings, styled
from harness.training.batches import CALIBRATION_IMAGES, encoder_key, normalised

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.patches import Patch

STEPS = (1, 2, 4, 8, 16)
READING_IMAGES = 64

Pixels = NDArray[np.float32]


@dataclass(frozen=True)
class View:
    """One image under one encoder.

    image: [H, W, 3] in [0, 1]. raster: spikes [pixels, T], the darkest pixel first.
    readings: by label, rows of images [H, W, 3] read back, from top to bottom. steps: the timestep of each in a row.
    caption: a description of what is shown and of how the images were read back.
    """

    encoder: str
    dataset: str
    number: int
    info: EncoderInfo
    image: Pixels
    raster: Pixels
    steps: tuple[int, ...]
    readings: Mapping[str, tuple[Pixels, ...]]
    caption: str


def encoder_of(text: str) -> Encoder:
    """The encoder that a text such as dct or dct(schedule=interleaved) names.

    Raises HarnessError for what cannot be read so and for a plug-in that fails, EncoderError for an unknown encoder or
    parameter.
    """
    spec, timesteps, rate = parse_encoder(text)
    if timesteps or rate:
        raise HarnessError(f"'{text}' is an arm, not an encoder", "give its timesteps with --timesteps")
    with failures_as_errors(), watched(spec.name, "be made"):
        return encoders.create(spec.name, **spec.parameters)


def steps_of(timesteps: int) -> tuple[int, ...]:
    """The steps of so many that are shown."""
    return tuple(sorted({t for t in STEPS if t < timesteps} | {timesteps}))


def look(name: str, dataset: str, number: int, timesteps: int, data_dir: Path | None = None) -> View:
    """Image `number` of a data set's test images under the encoder that `name` names (see `encoder_of`).

    Raises HarnessError for an unknown data set or image, EncoderError for an unknown encoder or a T that does not fit.
    """
    data = load(dataset, data_dir)
    if not 0 <= number < len(data.test):
        raise HarnessError(f"{dataset} has no test image {number}", f"use 0 to {len(data.test) - 1}")
    training = normalised(subset(data.train, min(CALIBRATION_IMAGES, len(data.train)), 0).images)
    return view_of(name, dataset, number, training, normalised(data.test.images[number : number + 1]), timesteps)


def view_of(name: str, dataset: str, number: int, training: Tensor, image: Tensor, timesteps: int) -> View:
    """As `look`, for an image `[1, C, H, W]` in [-1, 1]. training: images `[M, C, H, W]` to fit and read the code."""
    encoder = encoder_of(name)
    with failures_as_errors(), watched(parse_encoder(name)[0].name, "be shown", CALIBRATION_IMAGES):
        encoder = encoder.calibrate(training)
        train = encoder.encode(image, timesteps, encoder_key(0, "encoder-test"))
        steps = steps_of(timesteps)
        if isinstance(encoder, Dct) and encoder.colour == "rgb":
            read = {
                "frequencies\nfed": frequencies_fed(encoder, image, timesteps),
                "spikes × θ": spikes_times_threshold(encoder, train),
            }
            how = DCT_CAPTION + (DCT_REPEATS if timesteps > (encoder.info.period or 1) else "")
        else:
            few, key = training[:READING_IMAGES], encoder_key(0, "encoder-training")
            spikes, frames = encoder.encode(few, timesteps, key), encoder.frame(few)
            if spikes.shape[1:] != frames.shape:
                raise EncoderError(
                    "the spike train cannot be read back pixel by pixel, because it has another shape than the frame"
                )
            read, how = {"read from\nspikes": linear_fit(spikes, frames, train)}, LINEAR_CAPTION
        info, order = encoder.info, encoder.frame(image).flatten().argsort(stable=True)
    window = " (the code spans all of them)" if info.window else ""
    what = (
        f"Encoder {name} ({info.alphabet}) on test image {number} of {dataset} in {timesteps} timesteps{window}: every "
        "pixel’s spikes, from the darkest pixel to the brightest, and their number at each timestep."
    )
    return View(
        encoder=name,
        dataset=dataset,
        number=number,
        info=info,
        image=shown(image),
        raster=train.flatten(1)[:, order].T.contiguous().numpy(),
        steps=steps,
        readings={label: tuple(shown(images[t - 1]) for t in steps) for label, images in read.items()},
        caption=f"{what} {how}",
    )


def shown(images: Tensor) -> Pixels:
    """The first of images `[N, C, H, W]` in [-1, 1] as [H, W, 3] in [0, 1]; unless C = 3, the first channel in grey."""
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
    "Below, the image after t steps by a linear fit to each pixel’s own spikes so far: one weight for each "
    f"timestep and a constant, the same for all pixels, fitted by least squares on {READING_IMAGES} training images."
)


# The image read back from its spikes: two ways for DCT, and one for any code.


def frequencies_fed(encoder: Dct, images: Tensor, timesteps: int) -> Tensor:
    """`[T, N, C, H', W']`: the input after t steps: the sum of the frequencies fed so far, each counted once."""
    drive, size = encoder.contributions(images), encoder.block_size
    fed, steps = torch.zeros_like(drive[..., 0, :]), []
    schedule = encoder.indices_at(timesteps)
    for t, index in enumerate(schedule):
        if index not in schedule[:t]:
            fed = fed + drive[..., index, :]
        steps.append(lay_out(fed.view(*fed.shape[:-1], size, size)))
    return torch.stack(steps)


def spikes_times_threshold(encoder: Dct, train: Tensor) -> Tensor:
    """`[T, N, C, H', W']`: the sum of the spikes, each counted as the threshold that it subtracted from the membrane.

    This is the input so far minus what is left on the membranes. Where frequencies are fed again, the sum is divided
    by the number of times that the most frequent one has been fed.
    """
    assert encoder.thresholds is not None, "a fitted encoder has thresholds"
    lower, upper = encoder.thresholds
    subtracted = torch.where(train > 0, upper * train, -lower * train).cumsum(dim=0)
    schedule = encoder.indices_at(len(train))
    times = [max(Counter(schedule[: t + 1]).values()) for t in range(len(train))]
    return subtracted / torch.tensor(times, dtype=subtracted.dtype).view(-1, *[1] * (subtracted.dim() - 1))


def linear_fit(fitting: Tensor, frames: Tensor, train: Tensor) -> Tensor:
    """`[T, N, C, H, W]`: after t steps, the best linear fit to each pixel's own spikes so far.

    It has one weight for each timestep and a constant, the same for all pixels. They are fitted by least squares on
    the spike train `fitting` `[T, M, C, H, W]` of other images with analog `frames` `[M, C, H, W]`. The code's train
    must have the shape of its frame.
    """
    features, target = fitting.flatten(1).double(), frames.flatten().double()
    mean, centre = features.mean(dim=1, keepdim=True), target.mean()
    features = features - mean
    gram, cross = features @ features.T, features @ (target - centre)
    seen = train.double() - mean.view(-1, *[1] * (train.dim() - 1))
    steps = []
    for t in range(1, len(train) + 1):
        # Timesteps with equal spikes, or with none, make the matrix singular. The pseudo-inverse then gives the
        # smallest weights that fit.
        weights = torch.linalg.pinv(gram[:t, :t], hermitian=True) @ cross[:t]
        steps.append(centre + torch.tensordot(weights, seen[:t], dims=1))
    return torch.stack(steps).float()


# The figure.

# seaborn's "colorblind" blue and orange. People with any common colour vision can distinguish them; in a grey print
# they differ in lightness.
NEGATIVE, POSITIVE, NOTHING = "#0173b2", "#de8f05", "#ffffff"
FAINTEST = 0.3  # a very small graded spike is drawn with this share of the full colour
WIDTH = 7.0  # inches
DPI = 300  # so that the 784 rows of an MNIST raster are about a dot each


def figure_of(view: View) -> Picture:
    """The view as SVG and PNG: image, raster, spikes at each timestep, and the image read back after t steps."""
    with styled():
        from matplotlib import rc_context
        from matplotlib.figure import Figure

        caption, rows = fill(view.caption, 122), len(view.readings)
        columns = max(5, len(view.steps))
        heights = [0.8, 1.6 if len(view.raster) < 500 else 2.5, *[1.15] * rows]
        size = (WIDTH, sum(heights) + 0.8 + 0.15 * caption.count("\n"))
        figure = Figure(figsize=size, layout="constrained")
        grid = figure.add_gridspec(2 + rows, 2 * columns, height_ratios=heights)
        image = figure.add_subplot(grid[:2, :3], anchor="N")
        _image(image, view.image, "image")
        image.legend(handles=_legend(view), loc="upper center", bbox_to_anchor=(0.5, -0.02), fontsize=8, handlelength=1)
        counts = figure.add_subplot(grid[0, 3:])
        _counts(counts, view)
        _raster(figure.add_subplot(grid[1, 3:]), view)
        for row, (label, read) in enumerate(view.readings.items()):
            for column, (step, then) in enumerate(zip(view.steps, read, strict=True)):
                axes = figure.add_subplot(grid[2 + row, 2 * column : 2 * column + 2])
                _image(axes, then, "" if row else f"t = {step}")
                if not column:
                    axes.set_ylabel(label, rotation=0, ha="right", va="center", fontsize=8.5)
        figure.supxlabel(caption, x=0.01, ha="left", fontsize=7.5, color=MUTED)
        title = f"{view.encoder} on {view.dataset}, image {view.number}"
        images = [view.image, view.raster, *itertools.chain(*view.readings.values())]
        drawn = [np.round(image * 255).astype(int).tolist() for image in images]
        with rc_context({"savefig.dpi": DPI}):
            svg, png = both_renderings(figure, title, {"caption": view.caption, "steps": view.steps, "drawn": drawn})
    stem = re.sub(r"[^\w.]+", "-", view.encoder).strip("-")
    return Picture(f"encoder-{stem}-{view.dataset}-{view.number}", title, view.caption, svg, png)


def _image(axes: "Axes", image: Pixels, title: str) -> None:
    axes.imshow(image, interpolation="none")
    axes.set_title(title, fontsize=9, fontweight="normal", loc="center")
    hide_ticks(axes)


def hide_ticks(axes: "Axes") -> None:
    """Remove ticks and grid, and draw a thin frame."""
    axes.set(xticks=[], yticks=[])
    axes.grid(False)
    for spine in axes.spines.values():
        spine.set(visible=True, color=MUTED, linewidth=0.6)


def _counts(axes: "Axes", view: View) -> None:
    steps = np.arange(1, view.raster.shape[1] + 1)
    up, down = (view.raster > 0).sum(axis=0), (view.raster < 0).sum(axis=0)
    axes.bar(steps, up, width=0.8, color=POSITIVE)
    axes.bar(steps, -down, width=0.8, color=NEGATIVE)
    axes.axhline(0, color=MUTED, linewidth=0.7)
    axes.set_title("spikes at each timestep" if view.info.alphabet != "analog" else "non-zero inputs", fontsize=9)
    axes.set(xlim=(0.5, steps[-1] + 0.5), xticks=[], ylim=(None if down.any() else 0, None))
    axes.tick_params(labelsize=8, length=0)
    axes.locator_params(axis="y", nbins=3, integer=True)
    axes.yaxis.set_major_formatter(lambda count, _: f"{abs(count):,.0f}")
    axes.spines["bottom"].set_visible(False)
    axes.grid(axis="x", visible=False)


def _raster(axes: "Axes", view: View) -> None:
    pixels, timesteps = view.raster.shape
    every = 1 if timesteps <= 20 else 8 * -(-timesteps // 80)
    axes.imshow(
        raster_colours(view.raster), aspect="auto", interpolation="none", extent=(0.5, timesteps + 0.5, 0, pixels)
    )
    for edge in range(1, timesteps):
        axes.axvline(edge + 0.5, color=NOTHING, linewidth=1.2 if timesteps <= 20 else 0.4)
    hide_ticks(axes)
    axes.set_xticks([1, *range(max(2, every), timesteps + 1, every)])
    axes.set_xlabel("timestep", fontsize=9, labelpad=1)
    axes.set_ylabel(f"{pixels:,} pixels\ndark → bright", fontsize=8.5)
    axes.tick_params(labelsize=8, length=2)


def raster_colours(values: Any) -> Any:
    """RGB: white without a spike, orange for positive, blue for negative, stronger for larger ones. Pixel 0 is last."""
    from matplotlib.colors import to_rgb

    largest = float(np.abs(values).max()) or 1.0
    strength = np.where(values == 0, 0.0, FAINTEST + (1 - FAINTEST) * np.abs(values) / largest)[::-1, :, None]
    hue = np.where((values > 0)[::-1, :, None], to_rgb(POSITIVE), to_rgb(NEGATIVE))
    return 1 - strength * (1 - hue)


def _legend(view: View) -> list["Patch"]:
    """The meaning of the raster's colours."""
    from matplotlib.patches import Patch

    largest = float(np.abs(view.raster).max())
    exact = view.info.alphabet in ("binary", "ternary")
    entries = [(POSITIVE, "spike" if view.info.alphabet == "binary" else "+1" if exact else f"up to +{largest:.3g}")]
    if view.raster.min() < 0:
        entries.append((NEGATIVE, "−1" if exact else f"down to −{largest:.3g}"))
    if not exact:
        entries.append((NOTHING, "paler: smaller"))
    if view.info.alphabet != "analog":
        entries.append((NOTHING, f"{np.count_nonzero(view.raster) / len(view.raster):.2f} spikes a pixel"))
    return [Patch(color=colour, label=words) for colour, words in entries]


# The linear probe.

# Ridge regression on these takes some seconds per encoder. More images change accuracies, but not their order.
TRAINING_IMAGES, TEST_IMAGES = 1000, {"digits": 360, "mnist": 1000}


def probe(names: Sequence[str], dataset: str, timesteps: int, data_dir: Path | None = None) -> dict[str, list[float]]:
    """By encoder (see `encoder_of`), accuracies in percent of a linear classifier on its spikes, at each of `steps_of`.

    It has one weight a pixel and timestep; the ridge penalty is the mean squared length of a (centred) feature vector.
    All codes have the same images. Raises HarnessError for a data set on which a linear classifier cannot tell codes
    apart.
    """
    if dataset not in TEST_IMAGES:
        raise HarnessError(f"no probe on '{dataset}'", f"use {' or '.join(TEST_IMAGES)}")
    from sklearn.linear_model import RidgeClassifier  # takes a second

    data = load(dataset, data_dir, train_images=TRAINING_IMAGES, test_images=TEST_IMAGES[dataset])
    train, test = normalised(data.train.images), normalised(data.test.images)
    # Test images have ids of their own, so that no test image shares the draws of a training image.
    of_train, of_test = torch.arange(len(train) + len(test)).split([len(train), len(test)])
    accuracies: dict[str, list[float]] = {}
    for name in names:
        encoder, key = encoder_of(name), encoder_key(0, "encoder-test")
        with failures_as_errors(), watched(parse_encoder(name)[0].name, "be probed", TRAINING_IMAGES):
            fitted = encoder.calibrate(train)
            seen = encode(fitted, train, timesteps, key, of_train).movedim(1, 0)
            asked = encode(fitted, test, timesteps, key, of_test).movedim(1, 0)
        accuracies[name] = []
        for t in steps_of(timesteps):
            x, y = (spikes[:, :t].flatten(1).double().numpy() for spikes in (seen, asked))
            mean = x.mean(axis=0)
            x -= mean
            y -= mean
            # Above 0 even where nothing has fired yet, when the answer is the most frequent class.
            penalty = max(float(np.einsum("ij,ij->", x, x)) / len(x), 1e-12)
            fit = RidgeClassifier(alpha=penalty, copy_X=False).fit(x, data.train.labels.numpy())
            accuracies[name].append(100 * float(fit.score(y, data.test.labels.numpy())))
    return accuracies
