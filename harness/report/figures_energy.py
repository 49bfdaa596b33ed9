"""Accuracy against energy for all codes of a paper: one point an arm, panels by data set and by model of energy."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.analysis.energy_model import PICO_TO_MICRO, EnergyModel
from harness.analysis.operations import Operations
from harness.catalogue import Arm, Experiment
from harness.config import EncoderSpec
from harness.report.drawing import (
    INK,
    MUTED,
    Picture,
    both_renderings,
    legend_below,
    new_figure,
)
from harness.report.intervals import Estimate
from harness.report.palette import Look, looks_of
from harness.report.scene import drawn_points, error_bars
from harness.report.sources import Source

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Panel = tuple[str, str]  # data set, profile


@dataclass(frozen=True)
class Point:
    """One arm: its code, its accuracy at the last timestep, and what it spends."""

    arm: Arm
    accuracy: Estimate
    spent: Operations

    @property
    def code(self) -> str:
        """The code as its encoder is made."""
        return code_of(self.arm.encoder)


def code_of(encoder: EncoderSpec) -> str:
    """The name of an encoder, with the parameters that are not the default ones."""
    given = ", ".join(f"{name} = {value}" for name, value in sorted(encoder.parameters.items()))
    return f"{encoder.name} ({given})" if given else encoder.name


def energy(
    name: str, title: str, experiments: Sequence[Experiment], source: Source, model: EnergyModel
) -> Picture | None:
    """Final accuracy against energy, of the arms of every experiment that compares codes; None without any.

    Above, arithmetic alone; below it, the same with memory traffic. Dotted: the same network as an ANN.
    """
    panels = _panels(experiments, source)
    if not panels:
        return None
    styles = looks_of((p.arm.encoder.name, p.code) for points in panels.values() for p in points)
    models = {"arithmetic alone": model, "with memory traffic": model.with_memory()}
    figure, axes = new_figure(2.1 * len(panels) * len(models), len(panels) * len(models))
    places = [(panel, words) for panel in panels for words in models]
    drawn: list[Any] = [title]
    for ax, (panel, words) in zip(axes, places, strict=True):
        drawn += [[*panel, words], *_panel(ax, panels[panel], models[words], styles)]
        ax.set_title(f"{panel[0]}, {panel[1]} profile: {words}")
        ax.set_ylabel("accuracy (%)")
    axes[-1].set_xlabel("energy of one image (µJ, log scale)")
    height = legend_below(figure, _handles(styles))
    svg, png = both_renderings(figure, title, drawn)
    words = (
        f"{title}. Points are means at the last timestep with 95 % intervals, numbers are timesteps; the dotted line "
        "is the same network as an ANN. Above, arithmetic alone; below, with the traffic of weights, membranes and "
        "spikes."
    )
    return Picture(name, title, words, svg, png, (), height)


def _panels(experiments: Sequence[Experiment], source: Source) -> dict[Panel, list[Point]]:
    panels: dict[Panel, list[Point]] = {}
    for experiment in experiments:
        if len({arm.encoder.name for arm in experiment.planned}) < 2:
            continue
        for profile in source.profiles(experiment.name):
            if profile != "smoke":  # drawn, it would pass for a result
                panels.setdefault((experiment.dataset, profile), []).extend(_points(experiment, profile, source))
    return {panel: _once(points) for panel, points in panels.items() if points}


def _points(experiment: Experiment, profile: str, source: Source) -> Iterator[Point]:
    for arm in experiment.arms:
        key = (experiment.name, profile, arm.name)
        spent, curve = source.operations.get(key), source.estimates.get(key)
        if spent is not None and curve and spent.encoder_pj(EnergyModel()) is not None:
            yield Point(arm, curve[-1], spent)


def _once(points: Sequence[Point]) -> list[Point]:
    """Twins, arms of two experiments that are one computation, are one point."""
    found: dict[object, Point] = {}
    for point in points:
        found.setdefault((point.code, point.accuracy, point.spent), point)
    return list(found.values())


def _panel(ax: "Axes", points: Sequence[Point], model: EnergyModel, styles: Mapping[str, Look]) -> Iterator[Any]:
    for point in points:
        spent, last = (point.spent.snn_pj(model) or 0.0) * PICO_TO_MICRO, point.accuracy
        look, bars = styles[point.code], error_bars(last)
        ax.errorbar(spent, last.mean, yerr=bars, color=look.colour, marker=look.marker, markersize=6, linestyle="none")
        drawn_points(ax, last, [spent] * last.seeds, upright=True)
        steps: dict[str, Any] = {"xytext": (6, 3), "textcoords": "offset points"}
        ax.annotate(str(point.arm.timesteps), (spent, last.mean), fontsize=7, color=MUTED, **steps)
        yield [point.arm.name, point.code, spent, last.mean, last.low, last.high]
    for ann in sorted({float(f"{point.spent.ann_pj(model) * PICO_TO_MICRO:.6g}") for point in points}):
        ax.axvline(ann, color=INK, linestyle=":", linewidth=1.2)
        yield ["ann", ann]
    _axis(ax)


def _axis(ax: "Axes") -> None:
    """Plain numbers in place of powers of ten."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    ax.set_xscale("log")
    ax.margins(x=0.12, y=0.18)
    ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())


def _handles(styles: Mapping[str, Look]) -> list[Any]:
    from matplotlib.lines import Line2D

    codes = [
        Line2D([], [], color=look.colour, marker=look.marker, linestyle="none", label=code)
        for code, look in styles.items()
    ]
    return [*codes, Line2D([], [], color=INK, linestyle=":", linewidth=1.2, label="as an ANN")]
