"""A bench report for people: tables on a terminal, and the plot of the time of one image against T."""

from collections.abc import Sequence

import msgspec
from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from bench.report import Report, Row, Target, targets
from harness.report.drawing import MARKERS, both_renderings, colours, legend_below, new_figure, styled

PANEL = 2.3  # inches
TITLE = "Milliseconds per image, one training step"
WORDS = {True: ("met", "green"), False: ("missed", "red"), None: ("not measured", "dim")}


def table(report: Report) -> Group:
    """Milliseconds per image (median, and the factor to the bare bf16 layers) at each T, memory, and targets."""
    steps, others = report.of("step"), [row for row in report.rows if row.what != "step"]
    sizes = dict.fromkeys((row.network, row.batch) for row in steps)
    tables = [_times([r for r in steps if (r.network, r.batch) == size], *size) for size in sizes]
    if others:
        rows = [(f"{r.what}, {r.network}", r.implementation, r.batch, r.timesteps, _time(r)) for r in others]
        tables.append(_table("more than a step: ms per image", ("what", "implementation", "batch", "T", "ms"), rows))
    if report.footprints:
        peaks = [
            (f"{f.what}, {f.network}", f.batch or "–", f.timesteps, _number(f.peak_mib)) for f in report.footprints
        ]
        tables.append(_table("peak memory of ours alone, bf16", ("what", "batch", "T", "peak MiB"), peaks))
    goals = [_goal(target) for target in targets(report)]
    headings = ("what", "limit", "measured", "bare layers", "")
    tables.append(_table("targets (the worst point counts)", headings, goals))
    notes = [Text(f"{name}: {why}", style="dim") for name, why in report.missing.items()]
    machine = ", ".join(f"{key} {value}" for key, value in report.machine.items())
    return Group(*tables, *notes, Text(machine, style="dim"))


def _times(rows: Sequence[Row], network: str, batch: int) -> Table:
    steps = list(dict.fromkeys(row.timesteps for row in rows))
    weighed = [t for t in steps if any(row.timesteps == t and row.peak_mib is not None for row in rows)]
    body = []
    for name in dict.fromkeys(row.implementation for row in rows):
        mine = {row.timesteps: row for row in rows if row.implementation == name}
        times = [_time(mine[t]) if t in mine else "–" for t in steps]
        body.append((name, *times, *(_number(mine[t].peak_mib if t in mine else None) for t in weighed)))
    title = f"{network}, batch {batch}: ms per image for forward + backward (× the bare bf16 layers)"
    return _table(title, ("implementation", *(f"T={t}" for t in steps), *(f"MiB, T={t}" for t in weighed)), body)


def _time(row: Row) -> str:
    if row.ms_per_image is None:
        return "–" if row.what == "step" else row.status
    ratio = "" if row.ratio_to_bf16_matmuls is None else f" {row.ratio_to_bf16_matmuls:.2f}×"
    return f"{row.ms_per_image:.3g}{ratio}"


def _goal(target: Target) -> tuple[object, ...]:
    limit = f"{'≤' if target.at_most else '≥'} {target.limit:g}"
    return target.statement, limit, _number(target.measured), _number(target.bare), Text(*WORDS[target.met])


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"


def _table(title: str, headings: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    """The first column and names stand left, numbers right; a narrow terminal puts a factor on a line of its own."""
    built = Table(title=title, box=box.SIMPLE, padding=(0, 1, 0, 0), title_justify="left", title_style="")
    for index, heading in enumerate(headings):
        left = index == 0 or heading == "implementation"
        built.add_column(heading, justify="left" if left else "right", no_wrap=left and len(headings) > 2)
    for row in rows:
        built.add_row(*(cell if isinstance(cell, Text) else str(cell) for cell in row))
    return built


def picture(report: Report) -> tuple[bytes, bytes]:
    """SVG and PNG; a panel for each network and batch size that was measured at several timesteps."""
    panels: dict[tuple[str, int], list[Row]] = {}
    for row in report.of("step"):
        if row.ms_per_image is not None and row.kind != "bound":
            panels.setdefault((row.network, row.batch), []).append(row)
    panels = {size: rows for size, rows in panels.items() if len({row.timesteps for row in rows}) > 1}
    drawn = [row for rows in panels.values() for row in rows]
    names = list(dict.fromkeys(row.implementation for row in drawn))
    with styled():
        figure, axes = new_figure(PANEL * max(1, len(panels)), rows=max(1, len(panels)))
        for panel, ((network, batch), rows) in zip(axes, panels.items(), strict=False):
            for index, (name, colour) in enumerate(zip(names, colours(len(names)), strict=True)):
                points = sorted((row.timesteps, row.ms_per_image or 0.0) for row in rows if row.implementation == name)
                # Ours and the bare layers are solid, the peers dashed, so that colour is not the only difference.
                solid = name.startswith(("ours", "matmuls"))
                panel.plot(
                    [x for x, _ in points],
                    [y for _, y in points],
                    color=colour,
                    marker=MARKERS[index % len(MARKERS)],
                    markersize=4,
                    linewidth=1.8 if solid else 1.0,
                    linestyle="-" if solid else "--",
                    label=name,
                )
            title = f"{network}, batch {batch}"
            panel.set(title=title, xlabel="timesteps T", ylabel="ms per image", xscale="log", yscale="log")
            ticks = sorted({row.timesteps for row in rows})
            panel.set_xticks(ticks, [str(tick) for tick in ticks])
            panel.minorticks_off()
        if names:
            legend_below(figure, axes[0].get_lines())
        return both_renderings(figure, TITLE, msgspec.to_builtins(drawn))
