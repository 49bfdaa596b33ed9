"""Arms set against each other: bars of their final accuracy, and paired differences of the claimed orderings."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from harness.analysis.verdicts import Judgement
from harness.catalogue import Arm
from harness.report.drawing import (
    INK,
    LABEL_INK,
    LABEL_PAPER,
    Picture,
    both_renderings,
    diamond,
    legend_below,
    new_figure,
)
from harness.report.scene import Scene, drawn_points, error_bars, styles_of
from harness.report.sources import Source

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def differences(scene: Scene) -> Iterator[Picture]:
    """Bars of the arms that orderings are about, and below them the paired differences with their intervals."""
    for source in scene.sources[:1]:
        judgements = [
            j
            for j in source.judgements
            if (j.experiment, j.profile, j.kind) == (scene.experiment.name, scene.profile, "ordering")
            and j.mean is not None
            and j.versus is not None
        ]
        if judgements:
            yield _differences(scene, source, judgements)


def _differences(scene: Scene, source: Source, judgements: Sequence[Judgement]) -> Picture:
    named = {name for j in judgements for name in (j.arm, j.versus)}
    arms = [arm for arm in scene.experiment.arms if arm.name in named]
    heights = (0.36 * len(arms) + 0.5, 0.46 * len(judgements) + 0.5)
    figure, (bars, points) = new_figure(sum(heights) + 0.4, 2, heights)
    drawn = [scene.title, _bars(bars, scene, source, arms), _points(points, judgements)]
    height = legend_below(figure, _handles(scene, judgements))
    title = f"Paired differences: {scene.title}"
    svg, png = both_renderings(figure, title, drawn)
    words = (
        f"{title}. Above, final accuracy of each arm; below, differences paired by seed with 95 % intervals; "
        "fewer than three seeds are points."
    )
    return Picture(f"{scene.stem}-differences", title, words, svg, png, (), height)


def _bars(ax: "Axes", scene: Scene, source: Source, arms: Sequence[Arm]) -> list[Any]:
    styles, drawn = styles_of(scene.experiment), []
    published = {c.arm: c.published for c in scene.claims if c.prints}
    for row, arm in enumerate(arms):
        curve = scene.curve(source, arm)
        if not curve:
            continue
        last, printed = curve[-1], published.get(arm.name)
        ax.barh(row, last.mean, height=0.62, color=styles[arm.name].colour, xerr=error_bars(last), ecolor=INK)
        drawn_points(ax, last, [row] * last.seeds, upright=False)
        ax.annotate(
            f"{last.mean:.1f}",
            (0, row),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            color=LABEL_INK,
            fontsize=9,
            bbox={"boxstyle": "round,pad=0.2", "facecolor": LABEL_PAPER, "edgecolor": "none"},
        )
        if printed is not None:
            ax.plot([printed], [row], **diamond(INK), zorder=5)
        drawn.append([arm.name, last.mean, last.low, last.high, printed])
    _rows(ax, [arm.title for arm in arms])
    ax.set(xlim=(0, 100), xlabel="accuracy at the last timestep (%)")
    return drawn


def _points(ax: "Axes", judgements: Sequence[Judgement]) -> list[Any]:
    drawn: list[Any] = []
    ax.axvline(0, color=INK, linewidth=1)
    for row, j in enumerate(judgements):
        difference, low, high = j.mean or 0.0, j.low, j.high
        if low is not None and high is not None:
            ax.plot([low, high], [row, row], color=INK, linewidth=1.8, solid_capstyle="butt")
        else:
            ax.plot(j.runs, [row] * len(j.runs), color=INK, marker=".", markersize=4, linestyle="none")
        ax.plot([difference], [row], marker="o", color=INK, markersize=6, linestyle="none")
        if j.published is not None:
            ax.plot([j.published], [row], **diamond(INK), zorder=5)
        drawn.append([j.id, difference, low, high, j.published])
    _rows(ax, [f"{j.arm}\n− {j.versus}" for j in judgements])
    ax.set_xlabel("difference, paired by seed (points)")
    return drawn


def _rows(ax: "Axes", labels: Sequence[str]) -> None:
    ax.set_yticks(range(len(labels)), labels, fontsize=9)
    ax.set_ylim(len(labels) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)
    ax.grid(False, axis="y")


def _handles(scene: Scene, judgements: Sequence[Judgement]) -> list[Any]:
    from matplotlib.lines import Line2D

    handles: list[Any] = [Line2D([], [], color=INK, marker="o", label="mean difference, 95 % interval")]
    if any(c.prints for c in scene.claims) or any(j.published is not None for j in judgements):
        handles.append(Line2D([], [], label="published", **diamond(INK)))
    return handles
