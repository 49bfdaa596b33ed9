"""All figures: error against timestep, final accuracy, energy, claims, and differences along fine-tuning.

A figure is drawn from a `Scene` (one experiment at one profile) or from a whole source, and is saved with the digest of
the numbers that it shows. Nothing here decides a number.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from encoders.registry import BUILTIN
from harness.analysis.cells import values_of
from harness.analysis.differences import AlongTraining
from harness.analysis.energy import PICO_TO_MICRO, EnergyModel, Operations
from harness.analysis.judges import OWN_NETWORK, Judgement
from harness.analysis.statistics import Interval
from harness.analysis.verdicts import VERDICTS, Tone
from harness.catalogue import Arm, Claim, Experiment, Paper
from harness.config import EncoderSpec, ProfileName
from harness.machine.console import counted
from harness.report.drawing import (
    GRID,
    INK,
    LETTERS,
    MUTED,
    PAPER,
    TONES,
    Look,
    Picture,
    both_renderings,
    diamond,
    legend_below,
    looks_of,
    new_figure,
)
from harness.report.sources import Source
from harness.report.table import human

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# --- What the figures of one experiment share: arms, looks, panels

MANY = 8  # more arms than this are spread over panels


@dataclass(frozen=True)
class Scene:
    """One experiment at one profile, as its figures show it. `claims` are those about it."""

    experiment: Experiment
    profile: ProfileName
    sources: tuple[Source, ...]
    claims: tuple[Claim, ...]

    @property
    def stem(self) -> str:
        """How the files' names begin."""
        return f"{self.experiment.name}-{self.profile}"

    @property
    def title(self) -> str:
        """Experiment and profile in words."""
        return f"{self.experiment.title} ({self.profile} profile)"

    def curve(self, source: Source, arm: Arm) -> tuple[Interval, ...]:
        """The arm's accuracy at each timestep; empty where no cell has finished."""
        return source.estimates.get((self.experiment.name, self.profile, arm.name), ())

    def drawn_arms(self) -> list[Arm]:
        """The arms with a finished cell in any source."""
        return [arm for arm in self.experiment.arms if any(self.curve(source, arm) for source in self.sources)]


def figures_of(
    experiment: Experiment, profile: ProfileName, sources: Sequence[Source], claims: Sequence[Claim]
) -> list[Picture]:
    """The figures of one experiment at one profile; none of a smoke run, which would pass for a result."""
    own = tuple(claim for claim in claims if claim.experiment == experiment.name)
    at_hand = tuple(source for source in sources if source.at_hand)
    scene = Scene(experiment, profile, at_hand or tuple(sources), own)
    if profile == "smoke" or not scene.drawn_arms():
        return []
    printed = [claim for claim in claims if claim.kind == "value" and _of_same_network(claim, experiment, scene)]
    trained = list(trained_figure(scene, printed if profile == "paper" else ()))
    return [error_figure(scene), *(trained or final_figure(scene)), *training_figure(scene)]


def _of_same_network(claim: Claim, experiment: Experiment, scene: Scene) -> bool:
    """Whether a claim is about the network and the data of an experiment, whichever experiment it belongs to."""
    other, name = scene.sources[0].catalogue.experiment(claim.experiment), "network.name"
    return other.dataset == experiment.dataset and other.published.get(name) == experiment.published.get(name)


def _key(label: str, **looks: Any) -> Any:
    """One entry of a legend."""
    from matplotlib.lines import Line2D

    return Line2D([], [], label=label, **looks)


def panels_of(arms: Sequence[Arm]) -> dict[str, list[Arm]]:
    """Arms by panel: one panel for few; for many, by the part of their names that makes fewer panels, or by their code
    where that makes still fewer and none is crowded.

    An arm added by `--encoder` is in no family: it joins the panel whose arms have as many timesteps.
    """
    panels = _families([arm for arm in arms if not arm.added])
    for arm in arms:
        if arm.added:
            alike = [panel for panel, members in panels.items() if members[0].timesteps == arm.timesteps]
            panels.setdefault((alike or list(panels) or [""])[0], []).append(arm)
    return panels


def _families(arms: Sequence[Arm]) -> dict[str, list[Arm]]:
    if len(arms) <= MANY:
        return {"": list(arms)} if arms else {}
    by_stem = _grouped(arms, lambda arm: arm.name.rpartition("-")[0])
    by_end = _grouped(arms, lambda arm: arm.name.rpartition("-")[2])
    by_name = min(by_stem, by_end, key=len)
    by_code = _grouped(arms, lambda arm: arm.encoder.name)
    crowded = any(len(members) > MANY for members in by_code.values())
    return by_name if crowded or len(by_name) <= len(by_code) else by_code


def _grouped(arms: Sequence[Arm], name_of: Callable[[Arm], str]) -> dict[str, list[Arm]]:
    panels: dict[str, list[Arm]] = {}
    for arm in arms:
        panels.setdefault(name_of(arm), []).append(arm)
    return panels


def common_timesteps(arms: Sequence[Arm]) -> str:
    """ "T = 16" where all arms have 16 timesteps; empty where they differ."""
    steps = {arm.timesteps for arm in arms}
    return f"T = {steps.pop()}" if len(steps) == 1 else ""


def panel_title(panel: str, arms: Sequence[Arm]) -> str:
    """What a panel shows: its number of timesteps, what its arms have in common, or both; empty for the only panel."""
    common = common_timesteps(arms)
    return ", ".join(filter(None, ("" if common == f"T = {panel}" else panel, common))) if panel else ""


def styles_of(arms: Sequence[Arm]) -> Mapping[str, Look]:
    """The look of every arm; where arms are spread over panels, one for each family of one code across them.

    A look is named as the arm, or by the part of its name that the family shares. Added arms come last, so that they
    move no look of a planned one.
    """
    placed = [(panel, arm) for panel, members in panels_of(arms).items() for arm in members]
    placed.sort(key=lambda found: found[1].added)
    families = {arm.name: _family(arm, panel) for panel, arm in placed}
    # a name that families of two codes have says too little: their arms are called by their own names
    codes = {(arm.encoder.name, families[arm.name]) for _, arm in placed}
    shared = Counter(family for _, family in codes)
    keys = {name: family if shared[family] == 1 else name for name, family in families.items()}
    looks = looks_of((arm.encoder.name, keys[arm.name]) for _, arm in placed)
    return {name: looks[key] for name, key in keys.items()}


def _family(arm: Arm, panel: str) -> str:
    """The part of an arm's name that other panels have too; its name where its panel is all of a code."""
    return arm.name if panel in ("", arm.encoder.name) else arm.name.removeprefix(f"{panel}-").removesuffix(f"-{panel}")


# --- Logarithmic axes

HALF_AN_IMAGE = 0.005  # percent, of 10,000: the foot of a panel that has no error at all
STEPS = tuple(2**power for power in range(13))


@dataclass(frozen=True)
class Foot:
    """The lowest place of a panel, in percent of error: no logarithm reaches zero. `zero`: whether a zero stands there.

    Ends of intervals below it are cut there.
    """

    place: float
    zero: bool

    def of(self, errors: Iterable[float]) -> list[float]:
        """Where errors in percent are drawn."""
        return [max(error, self.place) for error in errors]


def error_of(accuracy: float) -> float:
    """The error rate in percent, without the rounding of binary numbers."""
    return round(100.0 - accuracy, 9)


def foot_of(errors: Sequence[float]) -> Foot:
    """The foot of a panel that shows these errors: half of the smallest one above zero."""
    above = [error for error in errors if error > 0]
    return Foot(min(above) / 2 if above else HALF_AN_IMAGE, len(above) < len(errors))


def logarithmic(ax: "Axes", foot: Foot) -> None:
    """Both axes logarithmic: powers of two along timesteps, 1, 2 and 5 times powers of ten along errors."""
    from matplotlib.ticker import FixedLocator, NullLocator, ScalarFormatter

    ax.set_xscale("log", base=2)
    ax.margins(x=0.07, y=0.08)
    top = ax.get_xlim()[1]
    ax.xaxis.set_major_locator(FixedLocator([t for t in STEPS if t <= top]))
    ax.xaxis.set_major_formatter(ScalarFormatter())
    ax.xaxis.set_minor_locator(NullLocator())
    logarithmic_errors(ax, foot)


def logarithmic_errors(ax: "Axes", foot: Foot) -> None:
    """The axis of errors logarithmic: 1, 2 and 5 times powers of ten, or all digits where it would have one number."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

    ax.set_yscale("log")
    low, high = ax.get_ylim()
    wide = high / low > 2000  # over three decades: 1 and 3 in each, so that no number touches its neighbour
    ticks: list[float] = []
    for subs in ((1.0, 3.0) if wide else (1.0, 2.0, 5.0), range(1, 10)):
        if len(ticks) < 2:
            found = LogLocator(subs=subs, numticks=40).tick_values(low, high)
            ticks = [float(tick) for tick in found if low <= tick <= high]
    if foot.zero:
        ticks = [foot.place, *(tick for tick in ticks if tick > 1.4 * foot.place)]
    ax.yaxis.set_major_locator(FixedLocator(ticks))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: "0" if foot.zero and v <= foot.place else f"{v:g}"))
    ax.yaxis.set_minor_locator(NullLocator())


# --- Names right of a panel

Place = tuple[float, float]  # a number of steps or an energy in µJ, and error in percent
GAP = 9.0  # points, between a panel and the names


@dataclass(frozen=True)
class Name:
    """What is written in the margin right of a panel, and the place that it belongs to; `bold`: the paper's own."""

    text: str
    colour: str
    place: Place
    bold: bool = False


def names_at_right(axes: "Sequence[Axes]", names: Sequence[Sequence[Name]]) -> None:
    """Write names in the margin right of each panel, joined to their places, and so far apart that none overlap."""
    figure = axes[0].figure
    engine = figure.get_layout_engine()
    widths = []
    for name in (name for of_panel in names for name in of_panel):
        text = figure.text(0, 0, name.text, fontsize=LETTERS, fontweight="bold" if name.bold else "normal")
        widths.append(text.get_window_extent().width)
        text.remove()
    margin = (max(widths) + 2.2 * GAP * figure.dpi / 72) / figure.bbox.width
    _, bottom, _, height = engine.get()["rect"]  # type: ignore[union-attr]
    engine.set(rect=(0, bottom, 1 - margin, height))  # type: ignore[union-attr, call-arg]
    engine.execute(figure)  # type: ignore[union-attr, arg-type]
    for ax, of_panel in zip(axes, names, strict=True):
        box = ax.get_window_extent()
        line = 1.3 * LETTERS * figure.dpi / 72 / box.height
        heights = [(ax.transData.transform(name.place)[1] - box.y0) / box.height for name in of_panel]
        for name, height in zip(of_panel, spread_out(heights, line), strict=True):
            written = ax.annotate(
                name.text,
                name.place,
                xytext=(1.0 + 1.6 * GAP * figure.dpi / 72 / box.width, height),
                textcoords="axes fraction",
                fontsize=LETTERS,
                fontweight="bold" if name.bold else "normal",
                va="center",
                annotation_clip=False,
                arrowprops={
                    "arrowstyle": "-",
                    "color": name.colour,
                    "linewidth": 0.8,
                    "linestyle": (0, (2, 1.5)),
                    "relpos": (0, 0.5),
                    "shrinkA": 1,
                    "shrinkB": 3,
                },
            )
            written.set_in_layout(False)  # the margin is kept free for them


def spread_out(places: Sequence[float], apart: float) -> list[float]:
    """Places within 0 and 1, each as near to its own as a least distance between neighbours allows.

    >>> spread_out([0.5, 0.5, 0.9], 0.2)
    [0.4, 0.6, 0.9]
    """
    from scipy.optimize import isotonic_regression

    order = np.argsort(places, kind="stable")
    steps = apart * np.arange(len(places))
    # Without the steps between them the places need only not fall, which is isotonic regression.
    level = isotonic_regression(np.asarray(places)[order] - steps).x
    level = np.clip(level, 0.0, max(0.0, 1.0 - steps[-1])) + steps
    found = np.empty(len(places))
    found[order] = level
    return [round(float(place), 6) for place in found]


# --- Error against timestep

Curve = tuple[Arm, str, tuple[Interval, ...]]  # an arm, whose it is, and its accuracy at each timestep
FILLED = {"evidence": "full", "yours": "none"}


@dataclass(frozen=True)
class ErrorPanel:
    """What one panel shows: curves, and published numbers of the arms, of the paper, and of other papers."""

    curves: tuple[Curve, ...]
    printed: tuple[Claim, ...]
    own: tuple[Claim, ...]
    others: tuple[Claim, ...]
    foot: Foot


def error_figure(scene: Scene) -> Picture:
    """Error rate against timestep, a band of 95 % over seeds, published numbers as diamonds."""
    groups = panels_of(scene.drawn_arms())
    panels = [_error_panel(scene, arms) for arms in groups.values()]
    styles = styles_of(scene.drawn_arms())
    figure, axes = new_figure(3.4 if len(panels) == 1 else 2.6 * len(panels), len(panels))
    drawn: list[Any] = [scene.title]
    names = []
    for ax, panel, (name, arms) in zip(axes, panels, groups.items(), strict=True):
        drawn += _draw_error_panel(ax, panel, styles)
        names.append(_error_names(ax, panel, styles))
        ax.set_title(panel_title(name, arms))
        ax.set_ylabel("error (%)")
    axes[-1].set_xlabel("timestep (both axes logarithmic)")
    legend_below(figure, _extra_handles(panels))
    names_at_right(axes, names)
    title = f"Error rate against timestep: {scene.title}"
    svg, png = both_renderings(figure, title, drawn)
    words = (
        "Lines are means over seeds, bands 95 % intervals; with fewer than three seeds, each is a thin line. Diamonds "
        "are published; grey names are other papers' numbers, with their steps. An error of zero stands at the foot, "
        "marked 0."
    )
    return Picture(f"{scene.stem}-error", title, words, svg, png)


def _error_panel(scene: Scene, arms: Sequence[Arm]) -> ErrorPanel:
    names, last = {arm.name for arm in arms}, max(arm.timesteps for arm in arms)
    curves = tuple(
        (arm, source.name, curve) for arm in arms for source in scene.sources if (curve := scene.curve(source, arm))
    )
    context = [c for c in scene.claims if c.kind == "context" and not c.prints and c.timestep is not None]
    own = [c for c in context if _is_own(c) and (c.timestep == last or len(scene.drawn_arms()) <= MANY)]
    others = sorted((c for c in context if not _is_own(c)), key=lambda c: (c.timestep or 0, c.id))
    printed = [c for c in scene.claims if c.prints and c.arm in names]
    shown = [_error_of_claim(claim) for claim in (*printed, *own, *others)]
    shown += [error_of(value) for _, _, curve in curves for e in curve for value in e.shown]
    return ErrorPanel(curves, tuple(printed), tuple(own), tuple(others), foot_of(shown))


def _error_of_claim(claim: Claim) -> float:
    return error_of(claim.published or 0.0)


def _draw_error_panel(ax: "Axes", panel: ErrorPanel, styles: Mapping[str, Look]) -> list[Any]:
    drawn: list[Any] = []
    for arm, whose, curve in panel.curves:
        _error_line(ax, curve, styles[arm.name], whose, panel.foot)
        drawn.append([arm.name, whose, [[e.mean, e.low, e.high, *e.shown] for e in curve]])
    drawn += [_published(ax, claim, panel.foot, styles[str(claim.arm)]) for claim in panel.printed]
    drawn += [_published(ax, claim, panel.foot, None) for claim in panel.own]
    last = max(len(curve) for _, _, curve in panel.curves)
    for claim in panel.others:  # beyond our steps they stand in the margin: an axis up to theirs would be half empty
        step, error = _place_of(claim, panel.foot)
        ax.plot(min(step, last), error, marker="x" if step <= last else "", color=MUTED)
        drawn.append([claim.id, claim.timestep, claim.published])
    logarithmic(ax, panel.foot)
    return drawn


def _error_line(ax: "Axes", curve: Sequence[Interval], style: Look, whose: str, foot: Foot) -> None:
    """A line of means in its band; with fewer than three seeds there is no interval, and each seed is a thin line."""
    steps = list(range(1, len(curve) + 1))
    looks: dict[str, Any] = {"color": style.colour, "marker": style.marker, "fillstyle": FILLED[whose]}
    looks |= {"linestyle": style.line, "markevery": max(1, len(curve) // 12)}
    if any(estimate.low is None for estimate in curve):
        for runs in zip(*(estimate.runs for estimate in curve), strict=True):
            ax.plot(steps, foot.of(map(error_of, runs)), linewidth=0.7, markersize=3, **looks)
        return
    low, high = (foot.of(error_of(getattr(e, end)) for e in curve) for end in ("high", "low"))
    ax.fill_between(steps, low, high, color=style.colour, alpha=0.2, linewidth=0)
    ax.plot(steps, foot.of(error_of(e.mean) for e in curve), linewidth=1.6, markersize=4, **looks)


def _error_names(ax: "Axes", panel: ErrorPanel, styles: Mapping[str, Look]) -> list[Name]:
    """What stands right of a panel: lines, published points that share a step, and other papers with their steps."""
    names: dict[str, Name] = {}
    for arm, _, curve in panel.curves:
        style, end = styles[arm.name], panel.foot.of([error_of(curve[-1].mean)])[0]
        names.setdefault(arm.name, Name(style.name, style.colour, (len(curve), end)))
    for claim in _ambiguous(panel.printed):
        style = styles[str(claim.arm)]
        names[claim.id] = Name(f"published {style.name}", style.colour, _place_of(claim, panel.foot))
    edge = ax.get_xlim()[1]
    for claim in panel.others:
        step, error = _place_of(claim, panel.foot)
        whose = str(claim.label).split(" et al")[0].split(" (")[0]
        names[claim.id] = Name(f"{whose}, T = {step:g}", MUTED, (min(step, edge), error))
    return list(names.values())


def _place_of(claim: Claim, foot: Foot) -> Place:
    return float(claim.timestep or 0), foot.of([_error_of_claim(claim)])[0]


def _is_own(claim: Claim) -> bool:
    """A number of the paper itself, shown here and judged in another experiment."""
    return claim.judged_as is not None


def _published(ax: "Axes", claim: Claim, foot: Foot, style: Look | None) -> list[Any]:
    ax.plot(*_place_of(claim, foot), **diamond(style.colour if style else INK), zorder=5)
    return [claim.id, claim.timestep, claim.published]


def _ambiguous(printed: Sequence[Claim]) -> list[Claim]:
    """Published numbers of a timestep that has several, which one colour cannot tell apart."""
    at_step: dict[int | None, set[float | None]] = {}
    for claim in printed:
        at_step.setdefault(claim.timestep, set()).add(claim.published)
    return [claim for claim in printed if len(at_step[claim.timestep]) > 1]


def _extra_handles(panels: Sequence[ErrorPanel]) -> list[Any]:
    handles = []
    if any(panel.printed or panel.own for panel in panels):
        handles.append(_key("published", **diamond(INK)))
    if any(whose == "yours" for panel in panels for _, whose, _ in panel.curves):
        handles.append(_key("yours (evidence: filled)", marker="o", markersize=4, fillstyle="none", color=MUTED))
    return handles


# --- Final accuracy


def final_figure(scene: Scene) -> Iterator[Picture]:
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
        drawn += _final_panel(ax, scene, members)
        ax.set_title(panel_title(panel, members))
    axes[-1].set_xlabel("accuracy at the last timestep (%)")
    shown = {item[0] for item in drawn[1:]}
    legend_below(figure, _final_handles([claim for claim in scene.claims if claim.id in shown]))
    title = f"Final accuracy of each arm: {scene.title}"
    svg, png = both_renderings(figure, title, drawn)
    words = (
        "Points are means over seeds with 95 % intervals, and each seed where there are fewer than three; "
        "dashed lines and diamonds are published."
    )
    yield Picture(f"{scene.stem}-final", title, words, svg, png)


def _final_panel(ax: "Axes", scene: Scene, arms: Sequence[Arm]) -> list[Any]:
    styles, drawn = styles_of(scene.drawn_arms()), []
    for row, arm in enumerate(arms):
        curve = scene.curve(scene.sources[0], arm)
        if curve:
            style = styles[arm.name]
            last = curve[-1]
            bars = None if last.arms is None else [[last.arms[0]], [last.arms[1]]]
            ax.errorbar(last.mean, row, xerr=bars, color=style.colour, marker=style.marker, capsize=3)
            if last.low is None:
                ax.plot(last.runs, [row] * last.seeds, color=INK, marker=".", markersize=4, linestyle="none")
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
    ax.set_yticks(range(len(arms)), [fill(arm.name, 25) for arm in arms], fontsize=LETTERS)
    ax.set_ylim(len(arms) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)
    ax.margins(x=0.08)
    return drawn


def _final_handles(published: Sequence[Claim]) -> list[Any]:
    handles = [_key("mean, 95 % interval", color=INK, marker="o")]
    if any(not claim.prints for claim in published):
        handles.append(_key("published", color=INK, linestyle="--", linewidth=1.2))
    if any(claim.prints for claim in published):
        handles.append(_key("published", **diamond(INK)))
    return handles


# --- Error against energy, and against the steps that a network is trained for

DataAtProfile = tuple[str, str]
DECADE = 10.0  # times the lowest error: what lies above is cut, so that one code that fails does not flatten the others
CHEAPER = "left of the dotted line: cheaper than the ordinary network"


@dataclass(frozen=True)
class EnergyPoint:
    """One arm: its code, its accuracy at the last timestep, what it spends, and the accuracy of its ANN in percent."""

    arm: Arm
    accuracy: Interval
    spent: Operations
    ann: float

    @property
    def code(self) -> str:
        """The code as its encoder is made."""
        return code_of(self.arm.encoder)


def code_of(encoder: EncoderSpec) -> str:
    """The name of an encoder, with the parameters that are not the default ones."""
    given = ", ".join(f"{name} = {value}" for name, value in sorted(encoder.parameters.items()))
    return f"{encoder.name} ({given})" if given else encoder.name


def energy_figure(
    paper: Paper, experiments: Sequence[Experiment], source: Source, model: EnergyModel
) -> Picture | None:
    """Final error rate against energy, both logarithmic, of every experiment that compares codes; None without any.

    Of each data set, above, arithmetic alone; below it, the same with memory traffic. Dotted: the network as an ANN.
    """
    panels, title = _energy_panels(experiments, source), f"Error rate against energy: {paper.title}"
    if not panels:
        return None
    models = {"arithmetic alone": model, "with memory traffic": model.with_memory()}
    figure, axes = new_figure(2.9 * len(panels) * len(models), len(panels) * len(models))
    places = [(panel, words) for panel in panels for words in models]
    drawn: list[Any] = [title]
    names: list[list[Name]] = []
    for ax, (panel, words) in zip(axes, places, strict=True):
        items, of_panel = _energy_panel(ax, panels[panel], models[words])
        drawn += [[*panel, words], *items]
        names.append(of_panel)
        dataset, profile = panel
        ax.set_title(f"{dataset.upper()}, {profile} profile: {words}", pad=18)
        ax.set_ylabel("error (%)")
        ax.set_xlabel("energy of one image (µJ)")
        under = ax.annotate(CHEAPER, (0, 1), (0, 5), "axes fraction", textcoords="offset points", fontsize=LETTERS)
        under.set_in_layout(False)
    names_at_right(axes, names)
    svg, png = both_renderings(figure, title, drawn)
    words = (
        "Points are means at the last timestep with 95 % intervals; a line joins the networks of one code, "
        "trained for few steps (above) and for many. Stars: the same network as an ANN, trained "
        f"on pixels x or on p = (x + 1)/2; {CHEAPER}. Above, arithmetic alone; below, with the traffic of weights, "
        "membranes and spikes. Both axes are logarithmic; far higher errors are cut off."
    )
    return Picture(f"{paper.name}-energy", title, words, svg, png)


def _energy_panels(experiments: Sequence[Experiment], source: Source) -> dict[DataAtProfile, list[EnergyPoint]]:
    panels: dict[DataAtProfile, list[EnergyPoint]] = {}
    for experiment in experiments:
        if len({arm.encoder.name for arm in experiment.planned}) < 2:
            continue
        for profile in source.profiles(experiment.name):
            if profile != "smoke":  # drawn, it would pass for a result
                panels.setdefault((experiment.dataset, profile), []).extend(_energy_points(experiment, profile, source))
    return {panel: _once(points) for panel, points in panels.items() if points}


def _energy_points(experiment: Experiment, profile: ProfileName, source: Source) -> Iterator[EnergyPoint]:
    for arm in experiment.arms:
        key = (experiment.name, profile, arm.name)
        spent, curve = source.operations.get(key), source.estimates.get(key)
        if spent is not None and curve and spent.encoder_pj(EnergyModel()) is not None:
            anns = [cell.ann for cell in source.cells[key]]
            yield EnergyPoint(arm, curve[-1], spent, float(np.mean(anns)))


def _once(points: Sequence[EnergyPoint]) -> list[EnergyPoint]:
    """One arm for each code and number of steps: the first that the paper's experiments list."""
    found: dict[tuple[str, int], EnergyPoint] = {}
    for point in points:
        found.setdefault((point.code, point.arm.timesteps), point)
    return list(found.values())


def _energy_panel(ax: "Axes", points: Sequence[EnergyPoint], model: EnergyModel) -> tuple[list[Any], list[Name]]:
    """Draw a panel; what it shows, and the names of its lines and of the ANNs."""
    drawn: list[Any] = []
    names: list[Name] = []
    foot = foot_of([error_of(value) for point in points for value in point.accuracy.shown])
    looks = looks_of((point.arm.encoder.name, point.code) for point in points)
    for code in dict.fromkeys(point.code for point in points):
        of_code = sorted((p for p in points if p.code == code), key=lambda point: point.arm.timesteps)
        spent = [(point.spent.snn_pj(model) or 0.0) * PICO_TO_MICRO for point in of_code]
        places = list(zip(spent, foot.of(error_of(point.accuracy.mean) for point in of_code), strict=True))
        own = of_code[0].arm.in_paper
        ax.plot(*zip(*places, strict=True), color=looks[code].colour, linewidth=2.0 if own else 1.0)
        for point, place in zip(of_code, places, strict=True):
            found = point.accuracy
            _mean_with_interval(ax, found, place, looks[code])
            drawn.append([point.arm.name, point.code, place[0], found.mean, found.low, found.high])
        names.append(Name(_in_words(of_code[-1].arm), looks[code].colour, places[-1], own))
    for values, (pj, accuracy) in _anns(points, model).items():
        ax.axvline(pj, color=INK, linestyle=":", linewidth=1.2)
        drawn.append(["ann", pj, accuracy])
        if not np.isnan(accuracy):
            place = pj, foot.of([error_of(accuracy)])[0]
            ax.plot(*place, color=INK, marker="*", markersize=8, linestyle="none", zorder=4)
            names.append(Name(f"ANN on {values}", INK, place))
    _energy_axes(ax, foot)
    return drawn, names


def _anns(points: Sequence[EnergyPoint], model: EnergyModel) -> dict[str, Place]:
    """Energy in µJ and accuracy of the network as an ANN, by the values that it is trained on."""
    found: dict[str, Place] = {}
    for point in points:
        pj = float(f"{point.spent.ann_pj(model) * PICO_TO_MICRO:.6g}")
        found.setdefault(values_of(point.arm.encoder), (pj, point.ann))
    return found


def _in_words(arm: Arm) -> str:
    """A code as a figure names it: its title as far as a comma or a bracket."""
    name = arm.encoder.name
    title = BUILTIN[name].title if name in BUILTIN and not arm.encoder.parameters else arm.title
    return title.partition(",")[0].partition(" (")[0]


def _mean_with_interval(ax: "Axes", found: Interval, place: Place, look: Look) -> None:
    """The mean with its interval; with fewer than three seeds there is none, and each seed is a point."""
    # A low accuracy is a high error.
    bars = None if found.arms is None else [[found.arms[1]], [found.arms[0]]]
    ax.errorbar(*place, yerr=bars, color=look.colour, marker=look.marker, markersize=5, linestyle="none")
    if found.low is None:
        runs = [error_of(run) for run in found.runs]
        ax.plot([place[0]] * found.seeds, runs, color=INK, marker=".", markersize=4, linestyle="none")


def _energy_axes(ax: "Axes", foot: Foot) -> None:
    """Plain numbers in place of powers of ten."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    ax.set_xscale("log")
    ax.margins(x=0.06, y=0.08)
    ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 3.0)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())
    _cut_above(ax, foot)


def _cut_above(ax: "Axes", foot: Foot) -> None:
    """A logarithmic axis of errors that ends at some times the lowest one."""
    logarithmic_errors(ax, foot)
    low, high = ax.get_ylim()
    ax.set_ylim(low, min(high, DECADE * 2 * foot.place))
    logarithmic_errors(ax, foot)


def trained_figure(scene: Scene, claims: Sequence[Claim]) -> Iterator[Picture]:
    """Final error rate against the steps that a network is trained for, a named line for each code.

    Only of an experiment that trains several codes at the same numbers of steps, two or more. `claims` of the same
    network and data are diamonds.
    """
    lines: dict[str, list[Arm]] = {}
    last: dict[str, Interval] = {}
    for arm in sorted(scene.experiment.arms, key=lambda arm: arm.timesteps):
        if curve := scene.curve(scene.sources[0], arm):
            lines.setdefault(code_of(arm.encoder), []).append(arm)
            last[arm.name] = curve[-1]
    trained = _grouped(scene.experiment.planned, lambda arm: arm.encoder.name)
    grids = {tuple(sorted(arm.timesteps for arm in arms)) for arms in trained.values()}
    if not last or len(trained) < 2 or len(grids) > 1 or len(*grids) < 2:
        return
    foot = foot_of([error_of(value) for found in last.values() for value in found.shown])
    looks = looks_of((arms[0].encoder.name, code) for code, arms in lines.items())
    figure, (ax,) = new_figure(3.6)
    drawn: list[Any] = [scene.title]
    names = []
    for code, arms in lines.items():
        own = arms[0].in_paper
        places = [(float(arm.timesteps), foot.of([error_of(last[arm.name].mean)])[0]) for arm in arms]
        ax.plot(*zip(*places, strict=True), color=looks[code].colour, linewidth=2.6 if own else 1.3)
        for arm, place in zip(arms, places, strict=True):
            found = last[arm.name]
            _mean_with_interval(ax, found, place, looks[code])
            drawn.append([arm.name, code, arm.timesteps, found.mean, found.low, found.high])
        names.append(Name(f"{_in_words(arms[0])} {places[-1][1]:.2f} %", looks[code].colour, places[-1], own))
    steps = sorted({arm.timesteps for arms in lines.values() for arm in arms})
    printed = {claim.timestep: claim.published for claim in claims if claim.timestep in steps and claim.published}
    for step, accuracy in sorted(printed.items()):
        place = float(step or 0), foot.of([error_of(accuracy)])[0]
        ax.plot(*place, **diamond(INK), zorder=5)
        if step == steps[-1]:
            names.append(Name(f"published {error_of(accuracy):.2f} %", INK, place))
        drawn.append(["published", step, accuracy])
    logarithmic(ax, foot)
    _cut_above(ax, foot)
    ax.set_xticks(steps, [str(step) for step in steps])
    ax.set_title(f"{scene.experiment.dataset.upper()}: which code at T steps?")
    ax.set_xlabel("steps that the network is trained for")
    ax.set_ylabel("error (%)")
    names_at_right([ax], [names])
    title = f"Error rate by the number of steps trained for: {scene.title}"
    svg, png = both_renderings(figure, title, drawn)
    best: dict[str, list[str]] = {}
    for step in steps:
        at_step = [arm for arms in lines.values() for arm in arms if arm.timesteps == step]
        best.setdefault(_in_words(max(at_step, key=lambda arm: last[arm.name].mean)), []).append(str(step))
    said = "; ".join(f"{name} at T = {', '.join(of_name)}" for name, of_name in best.items())
    words = (
        f"Each point is a network trained for that many steps, the mean over seeds with its 95 % interval. "
        f"The lowest error has {said}. Diamonds are published. Both axes are logarithmic; high errors are cut off."
    )
    yield Picture(f"{scene.stem}-trained", title, words, svg, png)


# --- The claims that a paper is known for

REACH = 4.0  # points to either side of the published value; what lies further off is an arrow with its number


@dataclass(frozen=True)
class Headline:
    """A row of the figure: a claim in the paper's words, what was published, and ours as the judge sees it.

    `off`: ours minus the published value in points, `half` of its 95 % interval; None where there is no such number.
    """

    claim: Claim
    published: str
    ours: str
    word: str
    tone: Tone
    off: float | None
    half: float | None

    @property
    def where(self) -> str:
        """The table or section that prints it, the first where there are several."""
        return self.claim.source.partition(",")[0]


@dataclass(frozen=True)
class Form:
    """Where things stand in a row, in points, which are pixels at the size that the figure is made for.

    `drop`: how far below the claim ours, axis and verdict stand; a telephone has room for them on a second line.
    `columns`: titles of further columns, with the places of their right ends.
    """

    name: str
    width: float
    height: float
    size: float
    axis: tuple[float, float]
    ours: float
    verdict: float
    drop: float = 0.0
    columns: Mapping[str, float] = field(default_factory=dict)


FORMS = (
    Form("", 900, 25, 12.5, (580, 760), 557, 772, columns={"where": 368, "published": 452}),
    Form("-narrow", 340, 44, 11.5, (108, 236), 100, 246, drop=17),
)


def claims_figures(paper: Paper, experiments: Set[str], evidence: Source, title: str) -> tuple[Picture, ...]:
    """A row for each headline claim about these experiments, as published and as we find it: a wide figure and one for
    a telephone. `title` states what came out. None without headlines.
    """
    claims = [claim for claim in paper.claims if claim.headline and claim.experiment in experiments]
    rows = [_headline(claim, [one for one in evidence.judgements if one.id == claim.id]) for claim in claims]
    if not rows:
        return ()
    said = [f"{row.claim.headline} ({row.where}): {row.ours}{', ' if row.ours else ''}{row.word}" for row in rows]
    words = f"Ours, with 95 % intervals, against the published value: {'; '.join(said)}."
    drawn = [title, *([r.claim.id, r.published, r.ours, r.word, r.off, r.half] for r in rows)]
    return tuple(
        Picture(
            f"{paper.name}-claims{form.name}", title, words, *both_renderings(_claims(form, title, rows), title, drawn)
        )
        for form in FORMS
    )


def _headline(claim: Claim, judgements: Sequence[Judgement]) -> Headline:
    """The row that leads, or the one of the paper's own network where that has a number: what a small network says of
    a claim about a large one is not for a first screen.
    """
    own = [one for one in judgements if one.profile in OWN_NETWORK and one.mean is not None]
    one = next((j for j in own if j.leads), own[-1] if own else next(j for j in judgements if j.leads))
    bound = claim.published is None
    size = claim.value or f"{claim.published:+g}" if not bound else "≥ 0"
    published = human(f"{size} %" if claim.kind == "value" else size)
    if one.mean is None or (one.scope and VERDICTS[one.verdict].answers):
        word = "not run" if one.mean is None else "not run at its size"
        return Headline(claim, published, "", word, "none", None, None)
    ours = f"{one.mean:.2f}" if claim.kind == "value" else f"{one.mean:+.2f}"
    spread = f" ± {one.half_width:.2f}" if one.half_width is not None else f" ({counted(one.seeds_done, 'seed')})"
    off = one.mean - (claim.published or 0.0)
    tone = VERDICTS[one.verdict].tone
    return Headline(claim, published, human(ours + spread), one.verdict, tone, off, one.half_width)


def _claims(form: Form, title: str, rows: Sequence[Headline]) -> "Figure":
    """One row below the other, on one axis whose unit is a point of the page."""
    from matplotlib.figure import Figure

    lines = fill(title, int(form.width / (0.66 * (form.size + 1))))
    top = 34 + 1.4 * form.size * (lines.count("\n") + 1)
    height = top + form.height * len(rows) + 44
    figure = Figure(figsize=(form.width / 72, height / 72))
    ax = figure.add_axes((0, 0, 1, 1), xlim=(0, form.width), ylim=(height, 0))
    ax.set_axis_off()

    def write(x: float, y: float, text: str, align: str = "left", **looks: Any) -> None:
        ax.text(x, y, text, ha=align, va="center", **{"fontsize": form.size, **looks})

    left, right = form.axis
    middle, unit = (left + right) / 2, (right - left) / 2 / REACH
    ax.text(0, 2, lines, va="top", fontsize=form.size + 1, weight="bold", linespacing=1.25)
    headings = {form.ours: "ours", **{place: heading for heading, place in form.columns.items()}}
    for place, heading in headings.items():
        write(place, top - 14, heading, "right", color=MUTED)
    write(middle, top - 14, "published", "center", color=MUTED)
    write(form.verdict, top - 14, "verdict", color=MUTED)
    foot = top + form.height * len(rows)
    for place, row in enumerate(rows):
        y = top + form.height * place + 11
        write(0, y, row.claim.headline)
        for heading, x in form.columns.items():
            write(x, y, row.where if heading == "where" else row.published, "right", color=MUTED)
        _ours(ax, form, row, y + form.drop, middle, unit, write)
    ax.plot([left, right], [foot, foot], color=MUTED, linewidth=1)
    for tick in (-REACH, 0.0, REACH):
        ax.plot([middle + unit * tick] * 2, [foot, foot + 4], color=MUTED, linewidth=1)
        write(middle + unit * tick, foot + 13, human(f"{tick:+g}" if tick else "0"), "center", color=MUTED)
    write(middle, foot + 31, "ours − published (points)", "center", color=MUTED)
    return figure


def _ours(
    ax: "Axes", form: Form, row: Headline, y: float, middle: float, unit: float, write: Callable[..., None]
) -> None:
    """Our number, its place on the axis or an arrow towards it, and the verdict."""
    colour = TONES[row.tone]
    reach = 9 if form.drop else form.height / 2
    ax.plot([middle, middle], [y - reach, y + reach], color=INK, linewidth=1)
    write(form.ours, y, row.ours, "right")
    write(form.verdict, y, row.word, color=colour, weight="bold" if not form.drop else "normal")
    if row.off is None:
        return
    side = 1 if row.off > 0 else -1
    if abs(row.off) > REACH:
        tip = middle + side * unit * REACH
        ax.annotate("", (tip, y), (tip - side * 24, y), arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 1.6})
        write(tip - side * 26, y, human(f"{row.off:+.1f}"), "right" if side > 0 else "left", color=colour)
        return
    ax.plot(form.axis, [y, y], color=GRID, linewidth=1, zorder=0)
    if row.half is not None:
        ends = [max(-REACH, min(REACH, row.off + end)) for end in (-row.half, row.half)]
        ax.plot([middle + unit * end for end in ends], [y, y], color=colour, linewidth=3, solid_capstyle="butt")
    filled: dict[str, Any] = {} if row.half is not None else {"markerfacecolor": PAPER}
    ax.plot([middle + unit * row.off], [y], color=colour, marker="o", markersize=6, **filled)


# --- Along fine-tuning

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
        drawn.append(_training_line(ax, pair, looks[pair.name], whose, SHIFT * (place - (len(found) - 1) / 2)))
    ax.axhline(0.0, color=INK, linewidth=1.0, zorder=1)
    fractions = sorted({reading.fraction for _, pair in found for reading in pair.readings})
    ax.set_xticks(fractions, [f"{fraction:g}" for fraction in fractions])
    ax.set_xlabel("fraction of fine-tuning")
    ax.set_ylabel("difference (points)")
    legend_below(figure, _training_handles(found, looks))
    title = f"Difference along fine-tuning: {scene.title}"
    svg, png = both_renderings(figure, title, drawn)
    words = (
        "Points are means of differences paired by seed, at the last timestep, with 95 % intervals over "
        "seeds; with fewer than three seeds, a point for each. 0 is after threshold balancing, 1 the end. Pairs stand "
        "a little apart, so that intervals do not cover each other."
    )
    yield Picture(f"{scene.stem}-training", title, words, svg, png)


def _training_line(ax: "Axes", pair: AlongTraining, look: Look, whose: str, shift: float) -> list[Any]:
    style: dict[str, Any] = {"color": look.colour, "marker": look.marker, "fillstyle": FILLED[whose]}
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


def _training_handles(found: Sequence[tuple[str, AlongTraining]], looks: Mapping[str, Look]) -> list[Any]:
    handles = []
    for pair in {pair.name: pair for _, pair in found}.values():
        look = looks[pair.name]
        style: dict[str, Any] = {"color": look.colour, "marker": look.marker, "linestyle": look.line}
        handles.append(_key(f"{pair.name}, T = {pair.timesteps}", markersize=5, **style))
    if any(whose == "yours" for whose, _ in found):
        hollow: dict[str, Any] = {"marker": "o", "fillstyle": "none", "color": MUTED, "linestyle": "none"}
        handles.append(_key("yours (evidence: filled)", markersize=5, **hollow))
    return handles
