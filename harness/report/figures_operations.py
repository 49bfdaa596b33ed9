"""Final accuracy against the operations that one image costs (§4, eq. 13), where the records counted them."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.report.drawing import MUTED, Picture, both_renderings, legend_below, new_figure
from harness.report.scene import Scene, drawn_points, error_bars, styles_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def operations(scene: Scene) -> Iterator[Picture]:
    """Final accuracy against additions for one image, where the records counted them (§4, eq. 13)."""
    source, styles = scene.sources[0], styles_of(scene.experiment)
    found = []
    for arm in scene.drawn_arms():
        cells = source.cells.get((scene.experiment.name, scene.profile, arm.name), ())
        accumulates = average([cell.accumulates for cell in cells])
        macs = average([cell.macs for cell in cells])
        if accumulates and macs and (curve := scene.curve(source, arm)):
            found.append((arm, accumulates, macs, curve[-1]))
    if not found:
        return
    figure, (ax,) = new_figure(3.0)
    handles: dict[str, Any] = {}
    for arm, accumulates, _, last in found:
        style = styles[arm.name]
        artist = ax.errorbar(
            accumulates,
            last.mean,
            yerr=error_bars(last),
            marker=style.marker,
            color=style.colour,
            markersize=7,
            linestyle="none",
            label=style.label,
        )
        for number, part in enumerate((artist.lines[0], *artist.lines[2])):
            part.set_gid(f"arm--{style.key}--operations-{arm.name}-{number}")
        drawn_points(ax, last, [accumulates] * last.seeds, upright=True)
        handles.setdefault(style.key, artist)
    macs = found[0][2]
    ann = ax.axvline(macs, color=MUTED, linestyle=":", label="multiply-accumulates of the ANN")
    ax.set(xscale="log", ylabel="accuracy (%)", xlabel="additions of the SNN for one image (log scale)")
    _readable(ax)
    drawn = [scene.title, macs, [[arm.name, x, last.mean, last.low, last.high] for arm, x, _, last in found]]
    height = legend_below(figure, [*handles.values(), ann])
    title = f"Accuracy against operations: {scene.title}"
    svg, png = both_renderings(figure, title, drawn)
    words = f"{title}. Additions are counted on the test set; the dotted line is the network as an ANN."
    legend = tuple(dict.fromkeys((s.key, s.label, s.colour) for s in (styles[a.name] for a, *_ in found)))
    yield Picture(f"{scene.stem}-operations", title, words, svg, png, legend, height)


def _readable(ax: "Axes") -> None:
    """20 k in place of 2 × 10⁴."""
    from matplotlib.ticker import EngFormatter, LogLocator, NullFormatter

    ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    ax.xaxis.set_major_formatter(EngFormatter(places=0))
    ax.xaxis.set_minor_formatter(NullFormatter())


def average(values: Sequence[float | None]) -> float | None:
    """The mean of what is there, or None."""
    present = [value for value in values if value is not None]
    return float(np.mean(present)) if present else None
