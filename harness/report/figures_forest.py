"""All claims in one figure: published against ours, one row a claim, an empty one where nothing was run."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.analysis.judges import Judgement
from harness.analysis.verdicts import VERDICTS
from harness.report.drawing import INK, MUTED, Picture, both_renderings, diamond, legend_below, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TONES = {"good": "#1a7f37", "fair": "#0969da", "bad": "#cf222e", "open": MUTED, "none": MUTED}
ROW, FRAME = 0.19, 0.75  # inches: of a row, and of a panel's axis and title


@dataclass(frozen=True)
class Line:
    """One claim: its words, and the judgement of it."""

    words: str
    judged: Judgement


def forest(name: str, title: str, lines: Sequence[Line]) -> Picture | None:
    """A panel of accuracies and one of differences; None where there is neither."""
    groups = {
        "accuracy (%)": [line for line in lines if line.judged.kind == "value"],
        "difference (points)": [line for line in lines if line.judged.kind == "ordering"],
    }
    panels = {unit: members for unit, members in groups.items() if members}
    if not panels:
        return None
    heights = tuple(ROW * len(members) + FRAME for members in panels.values())
    figure, axes = new_figure(sum(heights), len(panels), heights)
    drawn: list[Any] = [title]
    for ax, (unit, members) in zip(axes, panels.items(), strict=True):
        drawn += [_row(ax, row, line) for row, line in enumerate(members)]
        _frame(ax, unit, members)
    legend_below(figure, _handles())
    svg, png = both_renderings(figure, title, drawn)
    words = f"{title}. Hollow diamonds are published; dots are our means with 95 % intervals, thin lines one more run."
    return Picture(name, title, words, svg, png)


def _row(ax: "Axes", row: int, line: Line) -> list[Any]:
    judged = line.judged
    colour = TONES[VERDICTS[judged.verdict].tone]
    # Against another paper's number the difference is drawn, and the number itself has no place on this axis.
    published = None if judged.kind == "ordering" and judged.versus is None else judged.published
    if published is not None:
        ax.plot([published], [row], **{**diamond(INK), "markersize": 6, "markeredgewidth": 1.2}, zorder=5)
    if judged.mean is not None:
        for low, high, width in (
            (judged.prediction_low, judged.prediction_high, 0.7),
            (judged.low, judged.high, 2.2),
        ):
            if low is not None and high is not None:
                ax.plot([low, high], [row, row], color=colour, linewidth=width, solid_capstyle="butt")
        marks = [judged.mean] if judged.low is not None else list(judged.runs)
        ax.plot(marks, [row] * len(marks), color=colour, marker="o", markersize=3.5, linestyle="none")
    return [judged.id, judged.profile, judged.verdict, published, judged.mean, judged.low, judged.high]


def _frame(ax: "Axes", unit: str, lines: Sequence[Line]) -> None:
    labels = [f"{VERDICTS[line.judged.verdict].sign} {line.words}" for line in lines]
    ax.set_yticks(range(len(lines)), labels, fontsize=6.5)
    ax.set_ylim(len(lines) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel(unit)
    ax.margins(x=0.05)
    if unit.startswith("difference"):
        ax.axvline(0, color=INK, linewidth=0.8)


def _handles() -> list[Any]:
    from matplotlib.lines import Line2D

    return [
        Line2D([], [], label="published", **diamond(INK)),
        Line2D([], [], color=INK, marker="o", markersize=3.5, linewidth=2.2, label="ours, 95 % interval"),
    ]
