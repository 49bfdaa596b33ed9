"""Difference of two arms against the fraction of fine-tuning that is over: does training shrink or widen it?"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.analysis.differences import AlongTraining
from harness.report.drawing import INK, MUTED, Picture, both_renderings, legend_below, new_figure
from harness.report.palette import Look, looks_of
from harness.report.scene import Scene

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHIFT = 0.02  # between pairs, so that one interval does not cover another


def training_figure(scene: Scene) -> Iterator[Picture]:
    """Difference against fraction of fine-tuning, a line a pair; none where no records have readings on the way."""
    found = [
        (source.name, pair)
        for source in scene.sources
        for pair in source.along_training(scene.experiment, scene.profile)
    ]
    if not found:
        return
    codes = {arm.name: arm.encoder.name for arm in scene.experiment.arms}
    looks = looks_of((codes[pair.arm], pair.name) for _, pair in found)
    figure, (ax,) = new_figure(3.0)
    drawn: list[Any] = [scene.title]
    for place, (whose, pair) in enumerate(found):
        drawn.append(_line(ax, pair, looks[pair.name], whose, SHIFT * (place - (len(found) - 1) / 2)))
    ax.axhline(0.0, color=INK, linewidth=1.0, zorder=1)
    fractions = sorted({reading.fraction for _, pair in found for reading in pair.readings})
    ax.set_xticks(fractions, [f"{fraction:g}" for fraction in fractions])
    ax.set_xlabel("fraction of fine-tuning")
    ax.set_ylabel("difference (points)")
    legend_below(figure, _handles(found, looks))
    title = f"Difference along fine-tuning: {scene.title}"
    svg, png = both_renderings(figure, title, drawn)
    words = (
        f"{title}. Points are means of differences paired by seed, at the last timestep, with 95 % intervals over "
        "seeds; with fewer than three seeds, a point for each. 0 is after threshold balancing, 1 the end. Pairs stand "
        "a little apart, so that intervals do not cover each other."
    )
    # The page has no switches for pairs of arms: the figure keeps its legend.
    yield Picture(f"{scene.stem}-training", title, words, svg, png)


def _line(ax: "Axes", pair: AlongTraining, look: Look, whose: str, shift: float) -> list[Any]:
    style: dict[str, Any] = {"color": look.colour, "marker": look.marker, "fillstyle": _fill(whose)}
    places = [reading.fraction + shift for reading in pair.readings]
    if any(reading.low is None for reading in pair.readings):
        for seed in range(pair.seeds):
            runs = [reading.runs[seed] for reading in pair.readings]
            ax.plot(places, runs, linestyle="none", markersize=4, **style)
    else:
        means = [reading.mean for reading in pair.readings]
        below = [reading.mean - (reading.low or 0.0) for reading in pair.readings]
        above = [(reading.high or 0.0) - reading.mean for reading in pair.readings]
        ax.errorbar(places, means, yerr=[below, above], linestyle=look.line, markersize=5, capsize=3, **style)
    return [pair.name, whose, [[r.fraction, r.mean, r.low, r.high, *r.runs] for r in pair.readings]]


def _fill(whose: str) -> Any:
    return "full" if whose == "evidence" else "none"


def _handles(found: Sequence[tuple[str, AlongTraining]], looks: Mapping[str, Look]) -> list[Any]:
    from matplotlib.lines import Line2D

    handles: list[Any] = []
    for pair in {pair.name: pair for _, pair in found}.values():
        look = looks[pair.name]
        style: dict[str, Any] = {"color": look.colour, "marker": look.marker, "linestyle": look.line}
        handles.append(Line2D([], [], markersize=5, label=f"{pair.name}, T = {pair.timesteps}", **style))
    if any(whose == "yours" for whose, _ in found):
        hollow: dict[str, Any] = {"marker": "o", "fillstyle": "none", "color": MUTED, "linestyle": "none"}
        handles.append(Line2D([], [], markersize=5, label="yours (evidence: filled)", **hollow))
    return handles
