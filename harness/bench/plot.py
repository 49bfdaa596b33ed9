"""The plot of a bench report: time for one image against T, for each network, and against batch size."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from harness.bench.report import Report, Row
from harness.report.drawing import both_renderings, colours, legend_below, new_figure, styled
from harness.report.palette import MARKERS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PANEL = 2.3  # inches
TITLE = "Milliseconds an image, one training step"


def picture(report: Report) -> tuple[bytes, bytes]:
    """SVG and PNG; a panel for each network and batch size, and one for each network with several batch sizes."""
    measured = [row for row in report.of("step") if row.ms_per_image is not None and row.kind != "bound"]
    grown = [row for row in measured if len({r.timesteps for r in measured if _size(r) == _size(row)}) > 1]
    panels = _panels(grown)
    names = list(dict.fromkeys(row.implementation for row in grown))
    with styled():
        figure, axes = new_figure(PANEL * max(1, len(panels)), rows=max(1, len(panels)))
        looks = dict(zip(names, zip(colours(len(names)), _markers(len(names)), strict=True), strict=True))
        for panel, (title, label, key, rows) in zip(axes, panels, strict=False):
            _draw(panel, rows, key, looks)
            panel.set(title=title, xlabel=label, ylabel="ms an image", xscale="log", yscale="log")
            ticks = sorted({key(row) for row in rows})
            panel.set_xticks(ticks, [str(tick) for tick in ticks])
            panel.minorticks_off()
        if names:
            legend_below(figure, axes[0].get_lines())
        return both_renderings(figure, TITLE, msgspec.to_builtins(measured))


def _size(row: Row) -> tuple[str, int]:
    return row.network, row.batch


Panel = tuple[str, str, Callable[[Row], int], list[Row]]


def _panels(rows: list[Row]) -> list[Panel]:
    found: list[Panel] = []
    for network, batch in dict.fromkeys(_size(row) for row in rows):
        mine = [row for row in rows if _size(row) == (network, batch)]
        found.append((f"{network}, batch {batch}", "timesteps T", lambda row: row.timesteps, mine))
    for network in dict.fromkeys(row.network for row in rows):
        mine = [row for row in rows if row.network == network]
        longest = 48 if any(row.timesteps == 48 for row in mine) else max(row.timesteps for row in mine)
        mine = [row for row in mine if row.timesteps == longest]
        if len({row.batch for row in mine}) > 1:
            found.append((f"{network}, T = {longest}", "batch size", lambda row: row.batch, mine))
    return found


def _draw(axes: "Axes", rows: list[Row], key: Callable[[Row], int], looks: dict[str, tuple[str, str]]) -> None:
    for name, (colour, marker) in looks.items():
        points = sorted((key(row), row.ms_per_image or 0.0) for row in rows if row.implementation == name)
        # Ours and the bare layers are solid, the peers dashed, so that colour is not the only difference.
        solid = name.startswith(("ours", "matmuls"))
        axes.plot(
            [x for x, _ in points],
            [y for _, y in points],
            color=colour,
            marker=marker,
            markersize=4,
            linewidth=1.8 if solid else 1.0,
            linestyle="-" if solid else "--",
            label=name,
        )


def _markers(count: int) -> list[str]:
    return [MARKERS[index % len(MARKERS)] for index in range(count)]
