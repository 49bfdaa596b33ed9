"""The figure of an encoder: image, raster, spikes at each timestep, and the image read back after t steps."""

from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.inspect.view import View
from harness.report.drawing import INK, MUTED, Picture, both_renderings, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# seaborn's "colorblind" blue and orange. People with any common colour vision can distinguish them; in a grey print
# they differ in lightness.
NEGATIVE, POSITIVE, NOTHING = "#0173b2", "#de8f05", "#ffffff"
FAINTEST = 0.3  # a very small graded spike is drawn with this share of the full colour
WIDTH, MARGIN, GAP = 7.0, 0.12, 0.08  # inches
IMAGE, BARS, HEADING, AXIS, LABELS = 1.7, 0.7, 0.25, 0.64, 0.85
RASTER_LEFT = 2.35
DPI = 300  # so that the 784 rows of an MNIST raster are about a dot each


def picture(view: View) -> Picture:
    """The view as SVG and PNG."""
    with styled():
        return _drawn(view)


def _drawn(view: View) -> Picture:
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    caption = fill(view.caption, 122)
    words = 0.15 * (caption.count("\n") + 1) + 0.1
    raster = 1.5 if len(view.raster) < 500 else 2.4
    upper = HEADING + BARS + GAP + raster
    figure = Figure(figsize=(WIDTH, MARGIN + upper + AXIS + len(view.readings) * _pitch(view) + words + MARGIN))
    top, width = figure.get_figheight() - MARGIN, WIDTH - RASTER_LEFT - MARGIN
    _image(_place(figure, MARGIN, top - HEADING - IMAGE, IMAGE, IMAGE), view)
    _legend(figure, view, top - HEADING - IMAGE)
    _counts(_place(figure, RASTER_LEFT, top - HEADING - BARS, width, BARS), view)
    _raster(_place(figure, RASTER_LEFT, top - upper, width, raster), view)
    _all_readings(figure, view, top - upper - AXIS)
    figure.text(MARGIN / WIDTH, MARGIN / figure.get_figheight(), caption, fontsize=7.5, color=MUTED, va="bottom")
    title = f"{view.encoder} on {view.dataset}, image {view.number}"
    with rc_context({"savefig.dpi": DPI}):
        svg, png = both_renderings(figure, title, _facts(view))
    return Picture(f"encoder-{view.encoder}-{view.dataset}-{view.number}", title, view.caption, svg, png)


def _place(figure: "Figure", left: float, bottom: float, width: float, height: float) -> "Axes":
    """Axes at a place in inches."""
    total = figure.get_figheight()
    return figure.add_axes((left / WIDTH, bottom / total, width / WIDTH, height / total))


def _image(axes: "Axes", view: View) -> None:
    axes.imshow(view.image, interpolation="none")
    axes.set_title("image", fontsize=9)
    _frame_only(axes)


def _frame_only(axes: "Axes") -> None:
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
    axes.imshow(_colours(view.raster), aspect="auto", interpolation="none", extent=(0.5, timesteps + 0.5, 0, pixels))
    for edge in range(1, timesteps):
        axes.axvline(edge + 0.5, color=NOTHING, linewidth=1.2 if timesteps <= 20 else 0.4)
    axes.set(xticks=_ticks(view), yticks=[])
    axes.set_xlabel("timestep", fontsize=9, labelpad=1)
    axes.set_ylabel(f"{pixels:,} pixels\ndark → bright", fontsize=8.5)
    axes.tick_params(labelsize=8, length=2)
    axes.grid(False)
    for spine in axes.spines.values():
        spine.set(visible=True, color=MUTED, linewidth=0.6)


def _ticks(view: View) -> list[int]:
    timesteps = view.raster.shape[1]
    every = 1 if timesteps <= 20 else 8 * -(-timesteps // 80)
    return [1, *range(max(2, every), timesteps + 1, every)]


def _colours(values: Any) -> Any:
    """RGB: white without a spike, orange for positive, blue for negative, stronger for larger ones. Pixel 0 is last."""
    from matplotlib.colors import to_rgb

    largest = float(np.abs(values).max()) or 1.0
    strength = np.where(values == 0, 0.0, FAINTEST + (1 - FAINTEST) * np.abs(values) / largest)[::-1, :, None]
    hue = np.where((values > 0)[::-1, :, None], to_rgb(POSITIVE), to_rgb(NEGATIVE))
    return 1 - strength * (1 - hue)


def _legend(figure: "Figure", view: View, bottom: float) -> None:
    """What the raster's colours mean, under the image that ends at `bottom`."""
    largest = float(np.abs(view.raster).max())
    exact = view.info.alphabet in ("binary", "ternary")
    entries = [(POSITIVE, "spike" if view.info.alphabet == "binary" else "+1" if exact else f"up to +{largest:.3g}")]
    if view.raster.min() < 0:
        entries.append((NEGATIVE, "−1" if exact else f"down to −{largest:.3g}"))
    if not exact:
        entries.append((NOTHING, "paler: smaller"))
    if view.info.alphabet != "analog":
        entries.append((NOTHING, f"{np.count_nonzero(view.raster) / len(view.raster):.2f} spikes a pixel"))
    for row, (colour, words) in enumerate(entries):
        height = (bottom - 0.16 - 0.18 * row) / figure.get_figheight()
        if colour != NOTHING:
            figure.text(MARGIN / WIDTH, height, "■", color=colour, fontsize=11, va="center")
        figure.text((MARGIN + 0.2) / WIDTH, height, words, color=INK, fontsize=8, va="center")


def _pitch(view: View) -> float:
    """From one read image to the next, in inches, so that all fill the width."""
    return (WIDTH - 2 * MARGIN - LABELS + GAP) / max(5, len(view.steps))


def _all_readings(figure: "Figure", view: View, top: float) -> None:
    pitch = _pitch(view)
    side = pitch - GAP
    for row, reading in enumerate(view.readings):
        bottom = top - side - row * pitch
        middle = (bottom + side / 2) / figure.get_figheight()
        figure.text(MARGIN / WIDTH, middle, reading.label, fontsize=8.5, color=INK, va="center")
        for column, image in enumerate(reading.images):
            axes = _place(figure, MARGIN + LABELS + column * pitch, bottom, side, side)
            axes.imshow(image, interpolation="none")
            _frame_only(axes)
            if row == 0:
                axes.set_title(f"t = {view.steps[column]}", fontsize=9, fontweight="normal")


def _facts(view: View) -> dict[str, Any]:
    """The data that is drawn, for the digest in the files."""
    images = [view.image, view.raster, *(image for reading in view.readings for image in reading.images)]
    return {
        "caption": view.caption,
        "steps": view.steps,
        "drawn": [np.round(image * 255).astype(int).tolist() for image in images],
    }
