"""Final accuracy of many arms as points: which of them comes nearest to what was published?"""

from collections.abc import Iterator, Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any

from harness.catalogue import Arm
from harness.catalogue.claims import Claim
from harness.report.drawing import INK, Picture, both_renderings, diamond, legend_below, new_figure
from harness.report.scene import MANY, Scene, panel_title, panels_of, styles_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def final(scene: Scene) -> Iterator[Picture]:
    """One row an arm, one panel a family; drawn only where curves alone would lie on top of each other."""
    arms = scene.drawn_arms()
    if len(scene.experiment.planned) <= MANY or not arms:
        return
    panels = panels_of(scene.experiment.arms)
    present = {panel: [arm for arm in members if arm in arms] for panel, members in panels.items()}
    present = {panel: members for panel, members in present.items() if members}
    heights = tuple(0.32 * len(members) + 0.55 for members in present.values())
    figure, axes = new_figure(sum(heights), len(present), heights)
    drawn: list[Any] = [scene.title]
    for ax, (panel, members) in zip(axes, present.items(), strict=True):
        drawn += _panel(ax, scene, members)
        ax.set_title(panel_title(panel, members))
    axes[-1].set_xlabel("accuracy at the last timestep (%)")
    shown = {item[0] for item in drawn[1:]}
    legend_below(figure, _handles([claim for claim in scene.claims if claim.id in shown]))
    title = f"Final accuracy of each arm: {scene.title}"
    svg, png = both_renderings(figure, title, drawn)
    words = (
        f"{title}. Points are means over seeds with 95 % intervals, and each seed where there are fewer than three; "
        "dashed lines and diamonds are published."
    )
    yield Picture(f"{scene.stem}-final", title, words, svg, png)


def _panel(ax: "Axes", scene: Scene, arms: Sequence[Arm]) -> list[Any]:
    styles, drawn = styles_of(scene.drawn_arms()), []
    for row, arm in enumerate(arms):
        curve = scene.curve(scene.sources[0], arm)
        if curve:
            style = styles[arm.name]
            last = curve[-1]
            bars = None if last.arms is None else [[last.arms[0]], [last.arms[1]]]
            point = ax.errorbar(last.mean, row, xerr=bars, color=style.colour, marker=style.marker, capsize=3)
            if last.low is None:
                ax.plot(last.runs, [row] * last.seeds, color=INK, marker=".", markersize=4, linestyle="none")
            for number, part in enumerate((point.lines[0], *point.lines[1], *point.lines[2])):
                part.set_gid(f"arm--{style.key}--final-{arm.name}-{number}")
            drawn.append([arm.name, last.mean, last.low, last.high])
    steps = {arm.timesteps for arm in arms}
    for claim in scene.claims:
        if claim.published is None:
            continue
        if claim.kind == "context" and not claim.prints and {claim.timestep} == steps:
            ax.axvline(claim.published, color=INK, linestyle="--", linewidth=1.2)
            drawn.append([claim.id, claim.published])
        for row, arm in enumerate(arms):
            if claim.prints and claim.arm == arm.name:
                ax.plot([claim.published], [row], **diamond(INK))
                drawn.append([claim.id, claim.published])
    ax.set_yticks(range(len(arms)), [fill(arm.name, 25) for arm in arms], fontsize=8.5)
    ax.set_ylim(len(arms) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)
    ax.margins(x=0.08)
    return drawn


def _handles(published: Sequence[Claim]) -> list[Any]:
    from matplotlib.lines import Line2D

    handles: list[Any] = [Line2D([], [], color=INK, marker="o", label="mean, 95 % interval")]
    if any(not claim.prints for claim in published):
        handles.append(Line2D([], [], color=INK, linestyle="--", linewidth=1.2, label="published"))
    if any(claim.prints for claim in published):
        handles.append(Line2D([], [], label="published", **diamond(INK)))
    return handles
