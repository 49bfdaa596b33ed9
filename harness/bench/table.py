"""A bench report on a terminal: one table for each network and batch size, then the targets."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness.bench.report import Footprint, Report, Row, Target
from harness.bench.targets import targets

if TYPE_CHECKING:
    from rich.console import Group
    from rich.table import Table


def table(report: Report) -> "Group":
    """Milliseconds an image (median, and the factor to the bare bf16 layers) at each T, and peak memory."""
    from rich.console import Group
    from rich.text import Text

    steps = report.of("step")
    sizes = dict.fromkeys((row.network, row.batch) for row in steps)
    tables = [_times([r for r in steps if (r.network, r.batch) == size], *size) for size in sizes]
    others = [row for row in report.rows if row.what != "step"]
    tables += [_others(others)] if others else []
    notes = [Text(f"{name}: {why}", style="dim") for name, why in report.missing.items()]
    machine = ", ".join(f"{key} {value}" for key, value in report.machine.items())
    tables += [_footprints(report.footprints)] if report.footprints else []
    return Group(*tables, *notes, _verdicts(targets(report)), Text(machine, style="dim"))


def _times(rows: list[Row], network: str, batch: int) -> "Table":
    steps = list(dict.fromkeys(row.timesteps for row in rows))
    built = _empty(f"{network}, batch {batch}: ms an image for forward + backward (× the bare bf16 layers)")
    built.add_column("implementation", no_wrap=True)
    with_memory = [t for t in steps if any(row.timesteps == t and row.peak_mib is not None for row in rows)]
    for heading in (*(f"T={t}" for t in steps), *(f"MiB, T={t}" for t in with_memory)):
        built.add_column(heading, justify="right")  # a narrow terminal puts the factor on a line of its own
    for name in dict.fromkeys(row.implementation for row in rows):
        mine = {row.timesteps: row for row in rows if row.implementation == name}
        built.add_row(name, *(_cell(mine.get(t)) for t in steps), *(_peak(mine.get(t)) for t in with_memory))
    return built


def _others(rows: Sequence[Row]) -> "Table":
    built = _empty("more than a step: ms an image")
    built.add_column("what", no_wrap=True)
    built.add_column("implementation", no_wrap=True)
    for heading in ("batch", "T", "ms an image"):
        built.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        figure = _number(row.ms_per_image) if row.status == "measured" else row.status
        built.add_row(f"{row.what}, {row.network}", row.implementation, str(row.batch), str(row.timesteps), figure)
    return built


def _cell(row: Row | None) -> str:
    if row is None or row.ms_per_image is None:
        return "–"
    ratio = "" if row.ratio_to_bf16_matmuls is None else f" {row.ratio_to_bf16_matmuls:.2f}×"
    return f"{row.ms_per_image:.3g}{ratio}"


def _peak(row: Row | None) -> str:
    return _number(None if row is None else row.peak_mib)


def _footprints(found: Sequence[Footprint]) -> "Table":
    built = _empty("peak memory of ours alone, bf16")
    built.add_column("what", no_wrap=True)
    for heading in ("batch", "T", "peak MiB"):
        built.add_column(heading, justify="right", no_wrap=True)
    for task in found:
        peak = "–" if task.peak_mib is None else f"{task.peak_mib:.0f}"
        built.add_row(f"{task.what}, {task.network}", str(task.batch or "–"), str(task.timesteps), peak)
    return built


def _verdicts(found: list[Target]) -> "Table":
    from rich.text import Text

    built = _empty("targets (the worst point counts)")
    built.add_column("what")
    for heading in ("limit", "measured", "bare layers", ""):
        built.add_column(heading, justify="right", no_wrap=True)
    words = {True: Text("met", "green"), False: Text("missed", "red"), None: Text("not measured", "dim")}
    for target in found:
        limit = f"{'≤' if target.at_most else '≥'} {target.limit:g}"
        built.add_row(target.statement, limit, _number(target.measured), _number(target.bare), words[target.met])
    return built


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"


def _empty(title: str) -> "Table":
    from rich import box
    from rich.table import Table

    return Table(title=title, box=box.SIMPLE, padding=(0, 1, 0, 0), title_justify="left", title_style="")
