"""What the encoder was fed and what it sent until timestep t: the first DCT frequencies, and spikes (§3, eq. 12).

Uses SciPy's transform and no code of `encoders`, so that the report needs no torch. The samples are four MNIST
digits and four CIFAR-10 images (test sets), side by side in one PNG each.
"""

import io
from collections.abc import Sequence
from importlib.resources import files
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from harness.report.drawing import Picture, both_renderings, new_figure

BLOCK = 4
STEPS = (1, 2, 4, 8, 16)
PERCENTILES = 6.5, 93.5  # of the frequencies' contributions: the thresholds of the code
TITLE = "What the encoder is fed, and what it sends"
WORDS = (
    "The encoder cuts an image into blocks of 4×4 pixels and takes the discrete cosine transform of each. At every "
    "timestep it is fed one of the 16 frequencies of all blocks, the coarsest first. Left: the sum of what was fed "
    "after t timesteps; after one, the mean of each block; after 16, the image. Each pixel adds up what it is fed, "
    "sends a spike of +1 or −1 where the sum passes a threshold, and takes that threshold off. Right: the sum of the "
    "spikes sent to the network, each times its threshold. The difference is left in the encoder. Then the cyclic "
    "order begins again, while the interleaved one feeds each frequency several times before the next."
)

Images = NDArray[np.float64]


def zigzag(size: int = BLOCK) -> list[tuple[int, int]]:
    """Frequencies (row, column) of a block in the paper's zig-zag order."""
    places = [(row, column) for row in range(size) for column in range(size)]
    return sorted(places, key=lambda place: (sum(place), place[0] if sum(place) % 2 else -place[0]))


def seen(images: Images, frequencies: int) -> Images:
    """`images` [H, W, C] rebuilt from the first `frequencies` of every 4×4 block; sides are multiples of 4.

    Colour spaces do not matter here: a linear change of channels commutes with the transform.
    """
    from scipy.fft import dctn, idctn

    height, width, channels = images.shape
    blocks = images.reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK, channels)
    spectrum = cast(Images, dctn(blocks, axes=(1, 3), norm="ortho"))
    kept = np.zeros_like(spectrum)
    for row, column in zigzag()[:frequencies]:
        kept[:, row, :, column] = spectrum[:, row, :, column]
    return cast(Images, idctn(kept, axes=(1, 3), norm="ortho")).reshape(images.shape)


def sent(arrived: Sequence[Images]) -> list[Images]:
    """The sums of spikes × threshold after each timestep, for the sums of the frequencies that were fed until then.

    Values are those of images in [-1, 1]. The thresholds are percentiles of what these images add at each timestep.
    """
    lower, upper = np.percentile(np.diff(arrived, axis=0, prepend=0), PERCENTILES)
    steps, total = list[Images](), np.zeros_like(arrived[0])
    for fed in arrived:
        left = fed - total
        total = total + upper * (left > upper) + lower * (left < lower)
        steps.append(total)
    return steps


def sample(name: str) -> Images:
    """A bundled strip of images as [H, 4·H, 3] in [0, 1]."""
    from matplotlib.image import imread

    file = io.BytesIO((files("harness.papers.dct_snn") / "samples" / name).read_bytes())
    pixels = np.asarray(imread(file), dtype=np.float64)
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[:, :, None], 3, axis=2)
    return pixels[:, :, :3]


def picture() -> Picture:
    """A row of samples, then a row for each t of `STEPS`: left what was fed, right what was sent."""
    strips = [sample("digits.png"), sample("photographs.png")]
    fed = [[2 * seen(strip, t) - 1 for t in range(1, BLOCK**2 + 1)] for strip in strips]
    both = [[(step + 1) / 2 for step in steps] for steps in (*fed, *map(sent, fed))]
    figure, panels = new_figure(height=3.9, rows=1 + len(STEPS))
    _row(panels[0], [*strips, *strips], "image")
    drawn: dict[str, Any] = {"steps": STEPS}
    for axes, t in zip(panels[1:], STEPS, strict=True):
        rebuilt = [steps[t - 1].clip(0, 1) for steps in both]
        drawn[f"t={t}"] = [np.round(strip * 255).astype(int).tolist() for strip in rebuilt]
        _row(axes, rebuilt, f"t = {t}")
    for place, words in ((0.25, "fed to the encoder"), (0.75, "sent to the network")):
        panels[0].text(place, 1.1, words, ha="center", va="bottom", transform=panels[0].transAxes)
    svg, png = both_renderings(figure, TITLE, drawn)
    return Picture("encoder-picture", TITLE, WORDS, svg, png)


def _row(axes: Any, strips: Sequence[Images], label: str) -> None:
    """The first two images of each strip, side by side."""
    left = 0.0
    for number, strip in enumerate(strips):
        for image in np.split(strip, 4, axis=1)[:2]:
            # "nearest" keeps the 4×4 blocks visible, which the picture is about
            axes.imshow(image, extent=(left, left + 1, 0, 1), interpolation="nearest")
            left += 1.06
        left += 0.3 * (number % 2)
    axes.set(xlim=(0, left - 0.36), ylim=(0, 1), aspect="equal", xticks=[], yticks=[])
    axes.set_ylabel(label, rotation=0, ha="right", va="center")
    axes.grid(False)
    axes.spines[:].set_visible(False)
