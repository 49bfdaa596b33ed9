"""The results of a bench run as JSON, tables and a plot."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from harness.machine.files import write_atomically

PANEL = 2.3  # inches
TITLE = "Milliseconds per image, one training step"


@dataclass(frozen=True)
class Row:
    """A training step, forward and backward, of one implementation at one point, in milliseconds per image.

    `ms_per_image` is the median of `steps` timed steps, `ratio_to_bf16_matmuls` the ratio of the medians.
    `status`: "measured", or why it was not.
    """

    implementation: str
    kind: str
    precision: str
    network: str
    batch: int
    timesteps: int
    ms_per_image: float | None = None
    ratio_to_bf16_matmuls: float | None = None
    steps: int = 0
    status: str = "measured"


def write(folder: Path, name: str, content: Any, drawing: tuple[bytes, Callable[[], bytes]]) -> None:
    """Write NAME.json, NAME.svg and NAME.png into a folder."""
    svg, png = drawing
    document = msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n"
    for suffix, data in {"json": document, "svg": svg, "png": png()}.items():
        write_atomically(folder / f"{name}.{suffix}", data)


@dataclass(frozen=True)
class Report:
    """All measurements of one run on one machine."""

    machine: dict[str, str]
    rows: tuple[Row, ...]

    def save(self, folder: Path) -> None:
        """Write bench.json, bench.svg and bench.png into `folder`."""
        write(folder, "bench", self, picture(self))


def table(report: Report) -> str:
    """A row for each measurement in Markdown: medians, and the factor to the bare bf16 layers."""
    lines = ["| network, batch, T | implementation | ms per image | × bare |", "| --- | --- | --- | --- |"]
    for r in report.rows:
        time = r.status if r.ms_per_image is None else f"{r.ms_per_image:.3g}"
        factor = "–" if r.ratio_to_bf16_matmuls is None else f"{r.ratio_to_bf16_matmuls:.2f}"
        lines.append(f"| {r.network}, {r.batch}, {r.timesteps} | {r.implementation} | {time} | {factor} |")
    return "\n".join([*lines, "", _listed(report.machine)])


def _listed(facts: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in facts.items())


def onto_page(page: Path, mark: str, facts: Mapping[str, str], table: str, plot: str = "") -> None:
    """Replace what stands on `page` between `<!-- mark -->` and `<!-- /mark -->`: a table, its machine and its plot."""
    from harness.report.publish import in_readme

    text = "\n\n".join((table, f"Measured with {_listed(facts)}.", plot))
    marks = f"<!-- {mark} -->", f"<!-- /{mark} -->"
    write_atomically(page, in_readme(page.read_text(encoding="utf-8"), text, marks).encode())


def picture(report: Report) -> tuple[bytes, Callable[[], bytes]]:
    """SVG and PNG; a panel for each network and batch size that was measured at several timesteps."""
    panels: dict[str, Lines] = {}
    rows = [row for row in report.rows if row.ms_per_image is not None]
    for row in sorted(rows, key=lambda row: row.timesteps):
        lines = panels.setdefault(f"{row.network}, batch {row.batch}", {})
        lines.setdefault(row.implementation, []).append((row.timesteps, row.ms_per_image or 0.0))
    several = {title: lines for title, lines in panels.items() if any(len(points) > 1 for points in lines.values())}
    return drawn(several, TITLE, "ms per image", msgspec.to_builtins(rows))


Lines = dict[str, list[tuple[int, float]]]
"""By implementation: (timesteps, number)."""


def drawn(panels: Mapping[str, Lines], title: str, what: str, data: Any) -> tuple[bytes, Callable[[], bytes]]:
    """SVG and PNG with a panel of lines against timesteps for each title. data: the numbers, for the file's digest."""
    from harness.report.drawing import MARKERS, both_renderings, colours, legend_below, new_figure, styled

    names = list(dict.fromkeys(name for lines in panels.values() for name in lines))
    with styled():
        figure, axes = new_figure(PANEL * max(1, len(panels)), rows=max(1, len(panels)))
        for panel, (heading, lines) in zip(axes, panels.items(), strict=False):
            for index, (name, colour) in enumerate(zip(names, colours(len(names)), strict=True)):
                # Ours and the bare layers are solid, the peers dashed, so that colour is not the only difference.
                solid = name.startswith(("ours", "matmuls"))
                panel.plot(
                    *zip(*lines.get(name, []), strict=True) if name in lines else ((), ()),
                    color=colour,
                    marker=MARKERS[index % len(MARKERS)],
                    markersize=4,
                    linewidth=1.8 if solid else 1.0,
                    linestyle="-" if solid else "--",
                    label=name,
                )
            panel.set(title=heading, xlabel="timesteps T", ylabel=what, xscale="log", yscale="log")
            ticks = sorted({timesteps for points in lines.values() for timesteps, _ in points})
            panel.set_xticks(ticks, [str(tick) for tick in ticks])
            panel.minorticks_off()
        if names:
            legend_below(figure, axes[0].get_lines())
        return both_renderings(figure, title, data)
