"""Error rate against timestep, both logarithmic: the paper's Fig. 2, with a band over seeds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.catalogue import Arm
from harness.catalogue.claims import Claim
from harness.report.drawing import INK, MUTED, PAPER, Picture, both_renderings, diamond, legend_below, new_figure
from harness.report.intervals import Estimate
from harness.report.line_labels import End, label_ends
from harness.report.log_axes import Foot, error_of, foot_of, logarithmic
from harness.report.scene import MANY, Scene, Style, panel_title, panels_of, styles_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Curve = tuple[Arm, str, tuple[Estimate, ...]]  # an arm, whose it is, and its accuracy at each timestep
FILLED = {"evidence": "full", "yours": "none"}


@dataclass(frozen=True)
class Panel:
    """What one panel shows: curves, and published numbers of the arms, of the paper, and of other papers."""

    curves: tuple[Curve, ...]
    printed: tuple[Claim, ...]
    own: tuple[Claim, ...]
    others: tuple[Claim, ...]
    foot: Foot

    @property
    def published(self) -> tuple[Claim, ...]:
        """All published numbers."""
        return (*self.printed, *self.own, *self.others)


def error_rate(scene: Scene) -> Picture:
    """Error rate against timestep, a band of 95 % over seeds, published numbers as diamonds."""
    groups = panels_of(scene.drawn_arms())
    panels = [_panel(scene, arms) for arms in groups.values()]
    styles = styles_of(scene.drawn_arms())
    used = list(dict.fromkeys(styles[arm.name] for arms in groups.values() for arm in arms))
    figure, axes = new_figure(3.4 if len(panels) == 1 else 2.6 * len(panels), len(panels))
    drawn: list[Any] = [scene.title]
    for ax, panel, (name, arms) in zip(axes, panels, groups.items(), strict=True):
        drawn += _draw(ax, panel, styles)
        ax.set_title(panel_title(name, arms))
        ax.set_ylabel("error (%)")
    axes[-1].set_xlabel("timestep (both axes logarithmic)")
    figure.get_layout_engine().execute(figure)  # type: ignore[union-attr]
    unnamed = [style for ax, panel in zip(axes, panels, strict=True) for style in _name_lines(ax, panel, styles)]
    handles = [_handle(style) for style in used if style in unnamed]
    height = legend_below(figure, [*handles, *_extra_handles(panels)])
    title = f"Error rate against timestep: {scene.title}"
    svg, png = both_renderings(figure, title, drawn)
    words = (
        f"{title}. Lines are means over seeds, bands 95 % intervals; with fewer than three seeds, each is a thin line. "
        "Diamonds are published. An error of zero stands at the foot, marked 0."
    )
    legend = tuple((style.key, style.label, style.colour) for style in used)
    return Picture(f"{scene.stem}-error", title, words, svg, png, legend, height)


def _panel(scene: Scene, arms: Sequence[Arm]) -> Panel:
    names, last = {arm.name for arm in arms}, max(arm.timesteps for arm in arms)
    curves = tuple(
        (arm, source.name, curve) for arm in arms for source in scene.sources if (curve := scene.curve(source, arm))
    )
    context = [c for c in scene.claims if c.kind == "context" and not c.prints and c.timestep is not None]
    own = [c for c in context if _is_own(c) and (c.timestep == last or len(scene.drawn_arms()) <= MANY)]
    others = sorted((c for c in context if not _is_own(c)), key=lambda c: (c.timestep or 0, c.id))
    printed = [c for c in scene.claims if c.prints and c.arm in names]
    shown = [_error(claim) for claim in (*printed, *own, *others)]
    shown += [error_of(value) for _, _, curve in curves for e in curve for value in e.shown]
    return Panel(curves, tuple(printed), tuple(own), tuple(others), foot_of(shown))


def _error(claim: Claim) -> float:
    return error_of(claim.published or 0.0)


def _draw(ax: "Axes", panel: Panel, styles: Mapping[str, Style]) -> list[Any]:
    drawn: list[Any] = []
    for arm, whose, curve in panel.curves:
        _line(ax, curve, styles[arm.name], whose, panel.foot)
        drawn.append([arm.name, whose, [[e.mean, e.low, e.high, *e.shown] for e in curve]])
    drawn += [_published(ax, claim, panel.foot, styles[str(claim.arm)]) for claim in panel.printed]
    drawn += [_whose(ax, claim, panel.foot, styles[str(claim.arm)]) for claim in _ambiguous(panel.printed)]
    drawn += [_published(ax, claim, panel.foot, None) for claim in panel.own]
    levels = _levels(panel.others)
    drawn += [_elsewhere(ax, claim, panel.foot, level) for claim, level in zip(panel.others, levels, strict=True)]
    logarithmic(ax, panel.foot)
    return drawn


def _line(ax: "Axes", curve: Sequence[Estimate], style: Style, whose: str, foot: Foot) -> None:
    """A line of means in its band; with fewer than three seeds there is no interval, and each seed is a thin line."""
    group, steps = f"{whose}-{len(curve)}", list(range(1, len(curve) + 1))
    looks: dict[str, Any] = {"color": style.colour, "marker": style.marker, "fillstyle": FILLED[whose]}
    looks |= {"linestyle": style.line, "markevery": max(1, len(curve) // 12)}
    if any(estimate.low is None for estimate in curve):
        for seed, runs in enumerate(zip(*(estimate.runs for estimate in curve), strict=True)):
            (line,) = ax.plot(steps, foot.of(map(error_of, runs)), linewidth=0.7, markersize=3, **looks)
            line.set_gid(f"arm--{style.key}--seed-{group}-{seed}")
        return
    low, high = (foot.of(error_of(getattr(e, end)) for e in curve) for end in ("high", "low"))
    band = ax.fill_between(steps, low, high, color=style.colour, alpha=0.2, linewidth=0)
    band.set_gid(f"arm--{style.key}--band-{group}")
    (line,) = ax.plot(steps, foot.of(error_of(e.mean) for e in curve), linewidth=1.6, markersize=4, **looks)
    line.set_gid(f"arm--{style.key}--line-{group}")


def _name_lines(ax: "Axes", panel: Panel, styles: Mapping[str, Style]) -> list[Style]:
    """Name the lines at their ends; returns their styles where there was no room."""
    ends: dict[str, End] = {}
    for arm, _, curve in panel.curves:
        style, steps = styles[arm.name], list(range(1, len(curve) + 1))
        errors = panel.foot.of(error_of(e.mean) for e in curve)
        end = End(style.label, style.colour, steps, errors, f"arm--{style.key}--name-{len(curve)}-{arm.name}")
        ends.setdefault(arm.name, end)
    points = [(float(c.timestep or 0), panel.foot.of([_error(c)])[0]) for c in panel.published]
    return [] if label_ends(ax, list(ends.values()), points) else [styles[arm] for arm in ends]


def _is_own(claim: Claim) -> bool:
    """A number of the paper itself, shown here and judged in another experiment."""
    return claim.judged_as is not None


def _published(ax: "Axes", claim: Claim, foot: Foot, style: Style | None) -> list[Any]:
    place: Any = ([claim.timestep], foot.of([_error(claim)]))
    (point,) = ax.plot(*place, **diamond(style.colour if style else INK), zorder=5)
    if style:
        point.set_gid(f"arm--{style.key}--published-{claim.id}")
    return [claim.id, claim.timestep, claim.published]


def _ambiguous(printed: Sequence[Claim]) -> list[Claim]:
    """Published numbers of a timestep that has several, which one colour cannot tell apart."""
    at_step: dict[int | None, set[float | None]] = {}
    for claim in printed:
        at_step.setdefault(claim.timestep, set()).add(claim.published)
    return [claim for claim in printed if len(at_step[claim.timestep]) > 1]


def _whose(ax: "Axes", claim: Claim, foot: Foot, style: Style) -> list[Any]:
    from matplotlib.patheffects import withStroke

    looks: dict[str, Any] = {"xytext": (-8, 0), "textcoords": "offset points", "ha": "right", "va": "center"}
    looks |= {"fontsize": 7.5, "color": style.colour, "path_effects": [withStroke(linewidth=2.5, foreground=PAPER)]}
    place = (float(claim.timestep or 0), foot.of([_error(claim)])[0])
    name = ax.annotate(style.label, place, zorder=6, **looks)
    name.set_gid(f"arm--{style.key}--whose-{claim.id}")
    return [claim.id, style.label]


def _levels(claims: Sequence[Claim]) -> list[int]:
    """How far down each name is written, so that the names of neighbours do not cover each other."""
    levels: list[int] = []
    for index, claim in enumerate(claims):
        before = claims[index - 1] if index else None
        near = before is not None and (claim.timestep or 0) < 2.5 * (before.timestep or 0)
        pair = sorted((_error(claim), _error(before))) if before is not None else [0.0, 1.0]
        levels.append(levels[-1] + 1 if near and pair[1] < 1.5 * pair[0] else 0)
    return levels


def _elsewhere(ax: "Axes", claim: Claim, foot: Foot, level: int) -> list[Any]:
    (error,) = foot.of([_error(claim)])
    place: Any = (claim.timestep, error)
    ax.plot(*place, marker="x", markersize=6, color=MUTED, linestyle="none")
    name = str(claim.label).split(" et al")[0].split(" (")[0]
    offset: dict[str, Any] = {"xytext": (0, -6 - 10 * level), "textcoords": "offset points"}
    ax.annotate(name, place, fontsize=7.5, color=MUTED, ha="center", va="top", **offset)
    return [claim.id, claim.timestep, claim.published, name]


def _handle(style: Style) -> Any:
    from matplotlib.lines import Line2D

    looks: dict[str, Any] = {"color": style.colour, "marker": style.marker, "linestyle": style.line}
    return Line2D([], [], markersize=4, label=style.label, **looks)


def _extra_handles(panels: Sequence[Panel]) -> list[Any]:
    from matplotlib.lines import Line2D

    handles = []
    if any(panel.printed or panel.own for panel in panels):
        handles.append(Line2D([], [], label="published", **diamond(INK)))
    if any(panel.others for panel in panels):
        handles.append(Line2D([], [], marker="x", color=MUTED, linestyle="none", label="published elsewhere"))
    if any(whose == "yours" for panel in panels for _, whose, _ in panel.curves):
        hollow: dict[str, Any] = {"marker": "o", "markersize": 4, "fillstyle": "none", "color": MUTED}
        handles.append(Line2D([], [], label="yours (evidence: filled)", **hollow))
    return handles
