"""The input of the network up to timestep t: images rebuilt from their first t DCT frequencies (§3, eq. 12).

Uses SciPy's transform and no code of `encoders`, so that the report needs no torch. The samples are four MNIST
digits and four CIFAR-10 images (test sets), side by side in one PNG each.
"""

import io
from importlib.resources import files
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from harness.report.drawing import Picture, both_renderings, new_figure

BLOCK = 4
STEPS = (1, 2, 4, 8, 16)
TITLE = "What the code shows the network"
WORDS = (
    "The encoder cuts an image into blocks of 4×4 pixels and takes the discrete cosine transform of each. At every "
    "timestep it gives the network one of the 16 frequencies of all blocks, the coarsest first. The rows are rebuilt "
    "from what has been given after t timesteps: after one, the mean of each block; after 16, the image. Then the "
    "cyclic order begins again, while the interleaved one gives each frequency several times before the next."
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
    return np.clip(cast(Images, idctn(kept, axes=(1, 3), norm="ortho")).reshape(images.shape), 0.0, 1.0)


def sample(name: str) -> Images:
    """A bundled strip of images as [H, 4·H, 3] in [0, 1]."""
    from matplotlib.image import imread

    file = io.BytesIO((files("harness.papers.dct_snn") / "samples" / name).read_bytes())
    pixels = np.asarray(imread(file), dtype=np.float64)
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[:, :, None], 3, axis=2)
    return pixels[:, :, :3]


def picture() -> Picture:
    """Rows of samples, the images themselves and one row for each t of `STEPS`; digits left, photographs right."""
    strips = [sample("digits.png"), sample("photographs.png")]
    figure, panels = new_figure(height=3.8, rows=1 + len(STEPS))
    _row(panels[0], strips, "image")
    drawn: dict[str, Any] = {"steps": STEPS}
    for axes, step in zip(panels[1:], STEPS, strict=True):
        rebuilt = [seen(strip, step) for strip in strips]
        drawn[f"t={step}"] = [np.round(strip * 255).astype(int).tolist() for strip in rebuilt]
        _row(axes, rebuilt, f"t = {step}")
    svg, png = both_renderings(figure, TITLE, drawn)
    return Picture("encoder-picture", TITLE, WORDS, svg, png)


def _row(axes: Any, strips: list[Images], label: str) -> None:
    left = 0.0
    for strip in strips:
        images = np.split(strip, 4, axis=1)
        for image in images:
            # "nearest" keeps the 4×4 blocks visible, which the picture is about
            axes.imshow(image, extent=(left, left + 1, 0, 1), interpolation="nearest")
            left += 1.06
        left += 0.18
    axes.set(xlim=(0, left - 0.24), ylim=(0, 1), aspect="equal", xticks=[], yticks=[])
    axes.set_ylabel(label, rotation=0, ha="right", va="center")
    axes.grid(False)
    axes.spines[:].set_visible(False)
