"""Accuracy against timestep: the picture that the paper's Fig. 2 shows, with a band over seeds."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.catalogue import Arm
from harness.catalogue.claim import Claim
from harness.report.drawing import INK, MUTED, Picture, both_renderings, diamond, legend_below, new_figure
from harness.report.intervals import Estimate
from harness.report.scene import MANY, Scene, Style, panels_of, styles_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DASHES: dict[str, Any] = {"evidence": "-", "yours": (0, (4, 2))}


def accuracy(scene: Scene) -> Picture:
    """Accuracy against timestep (log scale), a band of 95 % over seeds, published numbers as diamonds."""
    panels = panels_of(scene.drawn_arms())
    styles = styles_of(scene.experiment)
    used = list(dict.fromkeys(styles[arm.name] for arms in panels.values() for arm in arms))
    figure, axes = new_figure(3.0 if len(panels) == 1 else 2.2 * len(panels), len(panels))
    drawn: list[Any] = [scene.title]
    for ax, (panel, arms) in zip(axes, panels.items(), strict=True):
        drawn += _panel(ax, scene, arms, styles)
        ax.set_title(_panel_title(panel, arms))
        ax.set_ylabel("accuracy (%)")
    axes[-1].set_xlabel("timestep (log scale)")
    handles = [_handle(style) for style in used]
    height = legend_below(figure, [*handles, *_extra_handles(scene, drawn)])
    title = f"Accuracy against timestep: {scene.title}"
    svg, png = both_renderings(figure, title, drawn)
    words = (
        f"{title}. Lines are means over seeds, bands 95 % intervals (below three seeds, points); "
        "diamonds are published."
    )
    legend = tuple((style.key, style.label, style.colour) for style in used)
    return Picture(f"{scene.stem}-accuracy", title, words, svg, png, legend, height)


def _panel_title(panel: str, arms: Sequence[Arm]) -> str:
    steps = {arm.timesteps for arm in arms}
    if not panel:
        return ""
    return f"T = {steps.pop()}" if len(steps) == 1 else panel


def _panel(ax: "Axes", scene: Scene, arms: Sequence[Arm], styles: Mapping[str, Style]) -> list[Any]:
    drawn: list[Any] = []
    for arm in arms:
        for source in scene.sources:
            curve = scene.curve(source, arm)
            if curve:
                _line(ax, curve, styles[arm.name], source.name)
                drawn.append([arm.name, source.name, [[e.mean, e.low, e.high] for e in curve]])
    values = [c for c in scene.claims if c.prints and c.arm in {arm.name for arm in arms}]
    drawn += [_published(ax, claim, styles[str(claim.arm)]) for claim in values]
    last = max(arm.timesteps for arm in arms)
    context = [c for c in scene.claims if c.kind == "context" and not c.prints and c.timestep is not None]
    own = [c for c in context if _is_own(c) and (c.timestep == last or len(scene.drawn_arms()) <= MANY)]
    drawn += [_published(ax, claim, None) for claim in own]
    others = sorted((c for c in context if not _is_own(c)), key=lambda c: (c.timestep or 0, c.id))
    drawn += [_elsewhere(ax, claim, level) for claim, level in zip(others, _levels(others), strict=True)]
    _time_axis(ax)
    return drawn


def _line(ax: "Axes", curve: Sequence[Estimate], style: Style, whose: str) -> None:
    steps = list(range(1, len(curve) + 1))
    means = [estimate.mean for estimate in curve]
    every = max(1, len(curve) // 12)
    if any(estimate.low is None for estimate in curve):
        _points(ax, curve, style, whose)
    else:
        low, high = ([getattr(estimate, end) for estimate in curve] for end in ("low", "high"))
        band = ax.fill_between(steps, low, high, color=style.colour, alpha=0.2, linewidth=0)
        band.set_gid(f"arm--{style.key}--band-{whose}-{len(curve)}")
    (line,) = ax.plot(
        steps,
        means,
        color=style.colour,
        marker=style.marker,
        markersize=4,
        markevery=every,
        linestyle=DASHES[whose],
        linewidth=1.6,
    )
    line.set_gid(f"arm--{style.key}--line-{whose}-{len(curve)}")


def _points(ax: "Axes", curve: Sequence[Estimate], style: Style, whose: str) -> None:
    """Fewer than three seeds have no interval: the figure of each is a point beside the line of their mean."""
    steps = [step for step, estimate in enumerate(curve, start=1) for _ in estimate.runs]
    runs = [run for estimate in curve for run in estimate.runs]
    (points,) = ax.plot(steps, runs, color=style.colour, marker=".", markersize=3, alpha=0.6, linestyle="none")
    points.set_gid(f"arm--{style.key}--points-{whose}-{len(curve)}")


def _is_own(claim: Claim) -> bool:
    """A number of the paper itself, shown here and judged in another experiment."""
    return claim.judged_as is not None


def _published(ax: "Axes", claim: Claim, style: Style | None) -> list[Any]:
    place: Any = (claim.timestep, claim.published)
    (point,) = ax.plot(*place, **diamond(style.colour if style else INK), zorder=5)
    if style:
        point.set_gid(f"arm--{style.key}--published-{claim.id}")
    return [claim.id, *place]


def _levels(claims: Sequence[Claim]) -> list[int]:
    """How far down each name is written, so that the names of neighbours do not cover each other."""
    levels: list[int] = []
    for index, claim in enumerate(claims):
        before = claims[index - 1] if index else None
        near = before is not None and (claim.timestep or 0) < 2.5 * (before.timestep or 0)
        level_with = before is not None and abs((claim.published or 0) - (before.published or 0)) < 4
        levels.append(levels[-1] + 1 if near and level_with else 0)
    return levels


def _elsewhere(ax: "Axes", claim: Claim, level: int) -> list[Any]:
    place: Any = (claim.timestep, claim.published)
    ax.plot(*place, marker="x", markersize=6, color=MUTED, linestyle="none")
    name = str(claim.label).split(" et al")[0].split(" (")[0]
    offset: dict[str, Any] = {"xytext": (0, -6 - 10 * level), "textcoords": "offset points"}
    ax.annotate(name, place, fontsize=7.5, color=MUTED, ha="center", va="top", **offset)
    return [claim.id, *place, name]


def _time_axis(ax: "Axes") -> None:
    from matplotlib.ticker import FixedLocator, NullLocator, ScalarFormatter

    ax.margins(x=0.07)
    ax.set_xscale("log", base=2)
    top = ax.get_xlim()[1]
    ticks = [t for t in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048) if t <= top]
    ax.xaxis.set_major_locator(FixedLocator(ticks))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(ScalarFormatter())


def _handle(style: Style) -> Any:
    from matplotlib.lines import Line2D

    return Line2D([], [], color=style.colour, marker=style.marker, markersize=4, label=style.label)


def _extra_handles(scene: Scene, drawn: Sequence[Any]) -> list[Any]:
    from matplotlib.lines import Line2D

    ids = {item[0] for item in drawn if isinstance(item, list)}
    shown = [claim for claim in scene.claims if claim.id in ids]
    handles = []
    if any(claim.prints or _is_own(claim) for claim in shown):
        handles.append(Line2D([], [], label="published", **diamond(INK)))
    if any(claim.kind == "context" and not _is_own(claim) for claim in shown):
        handles.append(Line2D([], [], marker="x", color=MUTED, linestyle="none", label="published elsewhere"))
    if any(item[1] == "yours" for item in drawn if isinstance(item, list) and len(item) > 1):
        handles.append(Line2D([], [], color=MUTED, linestyle=DASHES["yours"], label="yours (evidence: solid)"))
    return handles
