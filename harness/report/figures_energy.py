"""Error rate against energy for all codes of a paper: one point an arm, panels by data set and by model of energy."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.analysis.energy import PICO_TO_MICRO, EnergyModel, Operations
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
from harness.report.log_axes import Foot, error_of, foot_of, logarithmic_errors
from harness.report.palette import Look, looks_of
from harness.report.scene import common_timesteps
from harness.report.sources import Source

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Panel = tuple[str, str]  # data set, profile
Place = tuple[float, float]  # energy in µJ, error in percent


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
    """Final error rate against energy, both logarithmic, of every experiment that compares codes; None without any.

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
        ax.set_title(_title(panel, panels[panel], words))
        ax.set_ylabel("error (%)")
    axes[-1].set_xlabel("energy of one image (µJ, both axes logarithmic)")
    legend_below(figure, _handles(styles))
    svg, png = both_renderings(figure, title, drawn)
    words = (
        f"{title}. Points are means at the last timestep with 95 % intervals; a line joins those of one code, with "
        "the number of timesteps at its ends. Dotted: the same network as an ANN. Above, arithmetic alone; below, with "
        "the traffic of weights, membranes and spikes."
    )
    return Picture(name, title, words, svg, png)


def _title(panel: Panel, points: Sequence[Point], words: str) -> str:
    dataset, profile = panel
    where = ", ".join(filter(None, (dataset, common_timesteps([point.arm for point in points]), f"{profile} profile")))
    return f"{where}: {words}"


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
    foot = foot_of([error_of(value) for point in points for value in point.accuracy.shown])
    labelled = not common_timesteps([point.arm for point in points])
    for code in dict.fromkeys(point.code for point in points):
        of_code = sorted((p for p in points if p.code == code), key=lambda point: point.arm.timesteps)
        spent = [(point.spent.snn_pj(model) or 0.0) * PICO_TO_MICRO for point in of_code]
        places = list(zip(spent, foot.of(error_of(point.accuracy.mean) for point in of_code), strict=True))
        ax.plot(*zip(*places, strict=True), color=styles[code].colour, linewidth=0.8)
        for point, place in zip(of_code, places, strict=True):
            found = point.accuracy
            _mean(ax, found, place, styles[code])
            yield [point.arm.name, point.code, place[0], found.mean, found.low, found.high]
        for end in dict.fromkeys((0, -1)) if labelled else ():
            _steps(ax, of_code[end], places[end])
    for ann in sorted({float(f"{point.spent.ann_pj(model) * PICO_TO_MICRO:.6g}") for point in points}):
        ax.axvline(ann, color=INK, linestyle=":", linewidth=1.2)
        yield ["ann", ann]
    _axes(ax, foot)


def _mean(ax: "Axes", found: Estimate, place: Place, look: Look) -> None:
    """The mean with its interval; with fewer than three seeds there is none, and each seed is a point."""
    # A low accuracy is a high error.
    bars = None if found.arms is None else [[found.arms[1]], [found.arms[0]]]
    ax.errorbar(*place, yerr=bars, color=look.colour, marker=look.marker, markersize=5, linestyle="none")
    if found.low is None:
        runs = [error_of(run) for run in found.runs]
        ax.plot([place[0]] * found.seeds, runs, color=INK, marker=".", markersize=4, linestyle="none")


def _steps(ax: "Axes", point: Point, place: Place) -> None:
    offset: dict[str, Any] = {"xytext": (5, 3), "textcoords": "offset points"}
    ax.annotate(str(point.arm.timesteps), place, fontsize=7, color=MUTED, **offset)


def _axes(ax: "Axes", foot: Foot) -> None:
    """Plain numbers in place of powers of ten."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    ax.set_xscale("log")
    ax.margins(x=0.12, y=0.12)
    ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())
    logarithmic_errors(ax, foot)


def _handles(styles: Mapping[str, Look]) -> list[Any]:
    from matplotlib.lines import Line2D

    codes = [
        Line2D([], [], color=look.colour, marker=look.marker, linestyle="none", label=code)
        for code, look in styles.items()
    ]
    return [*codes, Line2D([], [], color=INK, linestyle=":", linewidth=1.2, label="as an ANN")]
