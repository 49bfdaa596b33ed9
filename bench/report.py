"""The results of a bench run: times, memory, start-up, which targets are met; as JSON, tables and a plot."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import msgspec
from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from bench.implementations import BASELINE, OURS
from bench.workload import MNIST, VGG5_LITE, VGG9
from harness.machine.files import write_atomically

What = Literal["step", "encoding", "evaluation", "forward"]
# Peers document fp32 on a CPU. Torch's autocast makes some of them faster: the better of both is compared.
PEER = "peer as documented or under autocast"
LONG = 16  # timesteps from which the time of a step is that of its arithmetic, not of its calls
TIME, MEMORY = "ms_per_image", "peak_mib"
PANEL = 2.3  # inches
TITLE = "Milliseconds per image, one training step"
WORDS = {True: ("met", "green"), False: ("missed", "red"), None: ("not measured", "dim")}


@dataclass(frozen=True)
class Row:
    """One implementation at one point. Times are milliseconds per image of what `what` says; None: not measured.

    `what`: "step", forward and backward; DCT "encoding" of a batch; "evaluation" with its counts, and "forward" without
    them, at the same batch.
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
    ms_per_image_min: float | None = None
    peak_mib: float | None = None
    ratio_to_bf16_matmuls: float | None = None
    steps: int = 0
    status: str = "measured"
    what: What = "step"


@dataclass(frozen=True)
class Footprint:
    """Peak memory of ours alone: of a training "step", or of "evaluate" (batch 0), measured in a new process."""

    what: str
    network: str
    batch: int
    timesteps: int
    peak_mib: float | None


@dataclass(frozen=True)
class StartUp:
    """Seconds from starting a process to its result, with the caches of Python and of the kernels filled."""

    network: str
    batch: int
    timesteps: int
    help_seconds: float
    first_step_seconds: float


@dataclass(frozen=True)
class Report:
    """Everything that one run measured on one machine."""

    machine: dict[str, str]
    rows: tuple[Row, ...]
    footprints: tuple[Footprint, ...] = ()
    startup: StartUp | None = None
    missing: dict[str, str] = field(default_factory=dict)  # implementation → why it did not run

    def of(self, what: What) -> tuple[Row, ...]:
        """The rows of one kind."""
        return tuple(row for row in self.rows if row.what == what)

    def document(self) -> dict[str, Any]:
        """As plain JSON values, targets included."""
        goals = [{**msgspec.to_builtins(target), "met": target.met} for target in targets(self)]
        return {**msgspec.to_builtins(self), "targets": goals}

    def save(self, folder: Path) -> Sequence[Path]:
        """Write bench.json, bench.svg and bench.png into `folder`; returns their paths."""
        svg, png = picture(self)
        content = msgspec.json.format(msgspec.json.encode(self.document()), indent=2) + b"\n"
        files = {"bench.json": content, "bench.svg": svg, "bench.png": png}
        for name, data in files.items():
            write_atomically(folder / name, data)
        return [folder / name for name in files]


@dataclass(frozen=True)
class Target:
    """A limit of a ratio or of seconds, and what was measured (None: not measured in this run).

    `bare`: the same ratio for the network's bare layers as torch runs them, where it exists.
    """

    statement: str
    limit: float
    measured: float | None
    at_most: bool = True
    bare: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the limit is kept; None where nothing was measured."""
        if self.measured is None:
            return None
        return self.measured <= self.limit if self.at_most else self.measured >= self.limit


Place = Sequence[Row]
"""The rows of a training step at one point."""


def targets(report: Report) -> list[Target]:
    """Every target, with its measured value where the report has the rows for it. The worst point counts."""
    everywhere: dict[tuple[str, int, int], list[Row]] = {}
    for row in report.of("step"):
        everywhere.setdefault((row.network, row.batch, row.timesteps), []).append(row)
    places = list(everywhere.values())
    vgg48 = [rows for (network, _, t), rows in everywhere.items() if (network, t) == (VGG5_LITE.name, 48)]
    mnist = [rows for (network, _, t), rows in everywhere.items() if network == MNIST.name and t >= LONG]
    vgg9 = [rows for (network, _, _), rows in everywhere.items() if network == VGG9.name]
    started = report.startup
    return [
        Target(f"{VGG5_LITE.name}, T = 48: step against the bare bf16 layers", 1.3, _most(map(_to_bare, vgg48))),
        _lead(f"{VGG5_LITE.name}, T = 48", 2.0, vgg48),
        _lead(f"{MNIST.name}, T ≥ {LONG}", 3.0, mnist),
        _lead("everywhere", 1.0, places),
        _memory(places),
        *(
            Target(f"{network}, T ≥ {LONG}: DCT encoding as a share of the step", limit, _encoding(report, network))
            for network, limit in {MNIST.name: 0.15, VGG5_LITE.name: 0.05}.items()
        ),
        *(
            Target(
                f"{r.network}, T = {r.timesteps}: evaluation of an image against its forward pass",
                1.25,
                _ratio(r.ms_per_image, _least(report.of("forward"), TIME, network=r.network, timesteps=r.timesteps)),
            )
            for r in report.of("evaluation")
        ),
        Target(f"{VGG9.name}: step against the bare bf16 layers", 1.15, _most(map(_to_bare, vgg9))),
        Target("evaluation memory: T = 100 against T = 16", 1.1, _evaluation_memory(report)),
        Target("seconds to `harness --help`", 0.5, started.help_seconds if started else None),
        Target("seconds of a fresh process to its first step", 5, started.first_step_seconds if started else None),
    ]


def _lead(where: str, limit: float, places: Sequence[Place]) -> Target:
    """Of all places the smallest factor by which the fastest peer takes longer."""

    def worst(name: str) -> float | None:
        leads = (_ratio(_least(rows, TIME, kind="peer"), _least(rows, TIME, kind=name)) for rows in places)
        return min((lead for lead in leads if lead is not None), default=None)

    return Target(f"{where}: fastest {PEER} against ours", limit, worst("ours"), False, worst("matmuls"))


def _memory(places: Sequence[Place]) -> Target:
    def worst(name: str) -> float | None:
        return _most(
            _ratio(_least(rows, MEMORY, implementation=name), _least(rows, MEMORY, kind="peer")) for rows in places
        )

    return Target(f"peak memory against the leanest {PEER}", 0.4, worst(OURS), bare=worst(BASELINE))


def _to_bare(rows: Place) -> float | None:
    return _least(rows, "ratio_to_bf16_matmuls", implementation=OURS)


def _encoding(report: Report, network: str) -> float | None:
    steps = {(r.network, r.batch, r.timesteps): r for r in report.of("step") if r.implementation == OURS}
    shares = (
        _ratio(r.ms_per_image_min, step.ms_per_image_min)
        for r in report.of("encoding")
        if r.network == network and r.timesteps >= LONG and (step := steps.get((r.network, r.batch, r.timesteps)))
    )
    return _most(shares)


def _evaluation_memory(report: Report) -> float | None:
    peaks = {(f.network, f.timesteps): f.peak_mib for f in report.footprints if f.what == "evaluate"}
    return _most(_ratio(peaks.get((network, 100)), peak) for (network, t), peak in peaks.items() if t == 16)


def _least(rows: Iterable[Row], figure: str, **having: object) -> float | None:
    """The smallest `figure` of the rows with these properties; None where none was measured."""
    those = (row for row in rows if all(getattr(row, name) == value for name, value in having.items()))
    return min((value for row in those if (value := getattr(row, figure)) is not None), default=None)


def _most(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)


def _ratio(above: float | None, below: float | None) -> float | None:
    return above / below if above is not None and below else None


# ---- tables for a terminal, and the plot of the time of one image against T


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
    from harness.report.drawing import MARKERS, both_renderings, colours, legend_below, new_figure, styled

    panels: dict[tuple[str, int], list[Row]] = {}
    for row in report.of("step"):
        if row.ms_per_image is not None:
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
