"""All figures: error against timestep, energy and epoch, dots for arms that are alike, differences, and claims.

A figure is drawn from a `Scene` (one experiment at one profile) or from a whole source, and is saved with the digest of
its numbers. Nothing here decides a number.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from itertools import chain, cycle, product
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.analysis.cells import values_of
from harness.analysis.differences import along_training, differences
from harness.analysis.energy import FORTY_FIVE_NM, WITH_MEMORY, EnergyModel, Operations
from harness.analysis.judges import OWN_NETWORK, Judgement
from harness.analysis.statistics import Interval
from harness.analysis.verdicts import VERDICTS
from harness.catalogue import Arm, Claim, Experiment, Paper
from harness.catalogue.claims import Difference
from harness.catalogue.experiment import encoder_text
from harness.config import CellConfig, ProfileName
from harness.errors import HarnessError
from harness.machine.console import counted
from harness.report import drawing
from harness.report.drawing import INK, LETTERS, MUTED, Name, Names, Picture, Place, both_renderings, diamond
from harness.report.sources import Course, Source, with_added
from harness.report.table import human, spread
from harness.report.tables import beside_each_other, brief, grouped, title_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# --- Shared by the figures of one experiment: arms, names, looks, panels

MANY = 8  # more arms than this are spread over panels


@dataclass(frozen=True)
class Scene:
    """The data for the figures of one experiment at one profile. `claims` are those about it."""

    experiment: Experiment
    profile: ProfileName
    sources: tuple[Source, ...]
    claims: tuple[Claim, ...]

    def curve(self, source: Source, arm: Arm) -> tuple[Interval, ...]:
        """The arm's accuracy at each timestep; empty if no cell has finished."""
        return source.estimates.get((self.experiment.name, self.profile, arm.name), ())

    def first_curve(self, arm: Arm) -> tuple[Interval, ...]:
        """The arm's accuracy at each timestep in the first source that has it: evidence before yours."""
        return next(filter(None, (self.curve(source, arm) for source in self.sources)), ())

    def drawn_arms(self) -> list[Arm]:
        """The arms with a finished cell in any source."""
        return [arm for arm in self.experiment.arms if self.first_curve(arm)]

    def picture(
        self, figure: "Figure", name: str, title: str, words: str, drawn: Sequence[Any], names: Names = ()
    ) -> Picture:
        """A finished figure, whose title ends with experiment and profile."""
        of, stem = f"{self.experiment.title} ({self.profile} profile)", f"{self.experiment.name}-{self.profile}"
        return _picture(figure, f"{stem}-{name}", f"{title}: {of}", words, [of, *drawn], names)


def figures_of(experiment: Experiment, profile: ProfileName, sources: Sequence[Source]) -> list[Picture]:
    """The figures of one experiment at one profile; none for smoke, which could be mistaken for a result."""
    scene = Scene(experiment, profile, tuple(sources), sources[0].catalogue.claims_of(experiment.name))
    if profile == "smoke" or not scene.drawn_arms():
        return []
    if not (shown := list(difference_figure(scene))):
        shown = [error_figure(scene), *trained_figure(scene)]
    return [*shown, *training_figure(scene), *epochs_figure(scene)]


def _picture(figure: "Figure", name: str, title: str, words: str, drawn: list[Any], names: Names = ()) -> Picture:
    """A finished figure, marked with the digest of `drawn`."""
    return Picture(name, title, words, *both_renderings(figure, title, drawn, names))


def _key(label: str, **looks: Any) -> Any:
    """One entry of a legend."""
    from matplotlib.lines import Line2D

    return Line2D([], [], label=label, **looks)


def _yours(whose: Set[str]) -> list[Any]:
    """The legend's entry for points of yours, if there are any."""
    looks: dict[str, Any] = {"marker": "o", "markersize": 4, "fillstyle": "none", "color": MUTED, "linestyle": "none"}
    return [_key("yours (evidence: filled)", **looks)] if "yours" in whose else []


def panels_of(arms: Sequence[Arm]) -> dict[str, list[Arm]]:
    """Arms by panel: one panel for few; for many, by the part of their names that makes fewer panels, or by their code
    if that makes still fewer and no panel is crowded.

    An arm added by `--encoder` joins the panel whose arms have as many timesteps.
    """
    planned = [arm for arm in arms if not arm.added]
    panels = {"": planned} if planned else {}
    if len(planned) > MANY:
        by_stem = grouped(planned, lambda arm: arm.name.rpartition("-")[0])
        by_end = grouped(planned, lambda arm: arm.name.rpartition("-")[2])
        by_name = min(by_stem, by_end, key=len)
        by_code = grouped(planned, lambda arm: arm.encoder.name)
        crowded = any(len(members) > MANY for members in by_code.values())
        panels = by_name if crowded or len(by_name) <= len(by_code) else by_code
    for arm in arms:
        if arm.added:
            alike = [panel for panel, members in panels.items() if members[0].timesteps == arm.timesteps]
            panels.setdefault((alike or list(panels) or [""])[0], []).append(arm)
    return panels


def named(arms: Sequence[Arm]) -> tuple[str, dict[str, str]]:
    """The common part of the titles of a panel's arms, and the rest of each title; for one arm, "" and its title."""
    parts = {arm.name: arm.title.split(", ") for arm in arms if not arm.added}
    first = next(iter(parts.values()), [])
    common = [part for part in first if len(parts) > 1 and all(part in of_arm for of_arm in parts.values())]
    rest = {name: ", ".join(part for part in of_arm if part not in common) for name, of_arm in parts.items()}
    return ", ".join(common), {arm.name: rest.get(arm.name) or title_of(arm) for arm in arms}


def styles_of(arms: Sequence[Arm]) -> Mapping[str, drawing.Look]:
    """The look of every arm, with its name in a panel; arms of one code and one name look alike in all panels.

    Added arms do not change the look of a planned one.
    """
    of_panels = [(members, named(members)[1]) for members in panels_of(arms).values()]
    placed = [(a, labels[a.name], f"{a.encoder.name}: {labels[a.name]}") for arms, labels in of_panels for a in arms]
    placed.sort(key=lambda placing: placing[0].added)
    looks = {
        **drawing.looks_of((arm.encoder.name, key) for arm, _, key in placed),
        **drawing.looks_of((arm.encoder.name, key) for arm, _, key in placed if not arm.added),
    }
    return {arm.name: replace(looks[key], name=label) for arm, label, key in placed}


# --- Error against timestep


def error_figure(scene: Scene) -> Picture:
    """Error rate against timestep, a band of 95 % over seeds, published numbers as diamonds."""
    panels = list(panels_of(scene.drawn_arms()).values())
    styles = styles_of(scene.drawn_arms())
    papers = [str(claim.label) for claim in scene.claims if claim.kind == "context" and claim.timestep]
    least = 3.4 if len(panels) == 1 else 2.6
    heights = tuple(drawing.height_for([*(styles[arm.name].name for arm in arms), *papers], least) for arms in panels)
    figure, axes = drawing.new_figure(sum(heights), len(panels), heights)
    drawn, names = list[Any](), []
    for ax, arms in zip(axes, panels, strict=True):
        items, of_panel = _error_panel(ax, scene, arms, styles)
        drawn += items
        names.append(of_panel)
        ax.set(title=named(arms)[0], ylabel="error (%)")
    axes[-1].set_xlabel("timestep (both axes logarithmic)")
    ours = {claim.id for claim in scene.claims if claim.prints or claim.judged_as}
    prints = any(item[0] in ours for item in drawn)
    legend = [_key("published, joined to ours", **diamond(INK))] if prints else []
    drawing.legend_below(figure, [*legend, *_yours({item[1] for item in drawn})])
    others = any(name.colour == MUTED for of_panel in names for name in of_panel)
    words = (
        "Lines are means over seeds, bands 95 % intervals; with fewer than three seeds, each is a thin line. "
        f"{'Diamonds are published, each joined to our own point. ' if prints else ''}"
        f"{'Grey names are numbers of other papers, with their steps. ' if others else ''}"
        "An error of zero stands at the foot, marked 0."
    )
    return scene.picture(figure, "error", "Error rate against timestep", words, drawn, names)


def draw_errors(axes: "Axes", experiment: Experiment, profile: str, source: Source, chosen: Sequence[str] = ()) -> None:
    """Draw the error figure of an experiment, or of the arms `chosen`, into the caller's axes, with a legend.

    Raises HarnessError for an unknown name, or if nothing has finished.
    """
    whole = with_added(experiment, [source])
    prints = tuple(claim for claim in source.catalogue.claims_of(experiment.name) if claim.prints)
    scene = Scene(whole, whole.profile(profile).name, (source,), prints)
    done = {arm.name: arm for arm in scene.drawn_arms()}
    arms = [whole.arm(name) for name in chosen] or list(done.values())
    missing = [arm.name for arm in arms if arm.name not in done] or ([] if arms else ["no arm of " + experiment.name])
    if missing:
        command = source.catalogue.command(whole.name)
        raise HarnessError(f"nothing to draw: {', '.join(missing)} has no finished cell", command)
    _, names = _error_panel(axes, scene, arms, styles_of(arms))
    axes.set(xlabel="timestep", ylabel="error (%)")
    axes.legend(handles=[_key(name.text, color=name.colour) for name in names], title=named(arms)[0] or None)


def _error_panel(
    ax: "Axes", scene: Scene, arms: Sequence[Arm], styles: Mapping[str, drawing.Look]
) -> tuple[list[Any], list[Name]]:
    """Draw a panel. Returns the drawn numbers, and the names of its lines and of other papers."""
    curves = [(arm, source, curve) for arm in arms for source in scene.sources if (curve := scene.curve(source, arm))]
    ends = {arm.name: len(curve) for arm, _, curve in curves}
    last = max(ends.values())
    # Numbers of this paper that are judged elsewhere belong to the paper's first arm with enough timesteps.
    owners = {claim.id: claim.arm for claim in scene.claims if claim.prints and claim.arm in {a.name for a in arms}}
    context = [claim for claim in scene.claims if claim.of_no_arm and claim.timestep is not None]
    for claim in context:
        reach = [arm.name for arm in arms if arm.in_paper and arm.timesteps >= (claim.timestep or 0)]
        if claim.judged_as is not None and (claim.timestep == last or len(scene.drawn_arms()) <= MANY) and reach:
            owners[claim.id] = reach[0]
    printed = [claim for claim in scene.claims if claim.id in owners]
    others = sorted((c for c in context if c.judged_as is None), key=lambda c: (c.timestep or 0, c.id))
    shown = [drawing.error_of(value) for *_, curve in curves for interval in curve for value in interval.shown]
    published = {claim.id: drawing.error_of(claim.published or 0.0) for claim in (*printed, *others)}
    foot = drawing.foot_of([*published.values(), *shown])
    place_of = {c.id: (float(c.timestep or 0), foot.of([published[c.id]])[0]) for c in (*printed, *others)}
    drawn: list[Any] = []
    names: dict[str, Name] = {}
    ours: dict[tuple[str, float], Place] = {}
    for arm, source, curve in curves:
        style, errors = styles[arm.name], [foot.error(interval) for interval in curve]
        _error_line(ax, errors, style, source.name)
        drawn.append([arm.name, source.name, [[e.mean, e.low, e.high, *e.shown] for e in curve]])
        names.setdefault(arm.name, Name(style.name, style.colour, (len(curve), errors[-1].mean)))
        for number, interval in enumerate(errors, start=1):
            ours.setdefault((arm.name, float(number)), (float(number), interval.mean))
    # Networks trained for that step come before those that are read early: at one place the first gets the diamond.
    at_end = {claim.id: ends[str(owners[claim.id])] == claim.timestep for claim in printed}
    seen = set[Place]()
    for claim in sorted(printed, key=lambda claim: not at_end[claim.id]):
        owner, place = str(owners[claim.id]), place_of[claim.id]
        joined = ours.get((owner, place[0])) if at_end[claim.id] or place not in seen else None
        drawing.published(ax, place, styles[owner].colour, place in seen, joined, 0.3 if len(seen) % 2 else -0.3)
        seen.add(place)
        drawn.append([claim.id, claim.timestep, claim.published])
    for claim in others:  # beyond our last step, only the name is shown: a longer axis would be half empty
        step, error = place_of[claim.id]
        ax.plot(min(step, last), error, marker="x" if step <= last else "", color=MUTED)
        drawn.append([claim.id, claim.timestep, claim.published])
    drawing.logarithmic(ax, foot)
    edge = ax.get_xlim()[1]
    for claim in others:
        step, error = place_of[claim.id]
        author = str(claim.label).split(" et al")[0].split(" (")[0]
        names[claim.id] = Name(f"{author}, T = {step:g}", MUTED, (min(step, edge), error))
    return drawn, list(names.values())


def _error_line(ax: "Axes", errors: Sequence[Interval], style: drawing.Look, whose: str) -> None:
    """A line of means in a band of intervals; with fewer than three seeds, a thin line for each instead."""
    steps = list(range(1, len(errors) + 1))
    looks: dict[str, Any] = {"color": style.colour, "marker": style.marker, "fillstyle": drawing.FILLED[whose]}
    looks |= {"linestyle": style.line, "markevery": max(1, len(errors) // 12)}
    if any(error.low is None for error in errors):
        for runs in zip(*(error.runs for error in errors), strict=True):
            ax.plot(steps, runs, linewidth=0.7, markersize=3, **looks)
        return
    ax.fill_between(
        steps, [e.low or 0.0 for e in errors], [e.high or 0.0 for e in errors],
        color=style.colour, alpha=0.2, linewidth=0,
    )  # fmt: skip
    ax.plot(steps, [error.mean for error in errors], linewidth=1.6, markersize=4, **looks)


# --- Dots: one row per arm, at the last timestep

REACHES = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)  # points to either side of the reference


@dataclass(frozen=True)
class Dot:
    """A row of a panel of dots: our number and its look, or the published number."""

    label: str
    look: drawing.Look | None
    ours: Interval | None = None
    published: float | None = None

    @property
    def numbers(self) -> list[float]:
        """All numbers that are drawn."""
        ours = (self.ours.mean, self.ours.low, self.ours.high, *self.ours.runs) if self.ours else ()
        return [number for number in (*ours, self.published) if number is not None]


def _dots_figure(scene: Scene, panels: Sequence[tuple[str, list[Dot]]]) -> Picture:
    """A panel for each heading. All share one axis; a number beyond its end is an arrow."""
    heights = tuple(0.34 * len(rows) + 0.55 for _, rows in panels)
    figure, axes = drawing.new_figure(sum(heights), len(panels), heights)
    numbers = np.abs([number for _, rows in panels for row in rows for number in row.numbers])
    reach = next((limit for limit in REACHES if np.mean(numbers <= limit) >= 0.8), REACHES[-1])
    drawn = []
    for ax, (heading, rows) in zip(axes, panels, strict=True):
        ax.axvline(0.0, color=INK, linewidth=1.0, zorder=1)
        ax.set_xlim(-1.12 * reach, 1.12 * reach)
        for place, row in enumerate(rows):
            drawn.append(_draw_dot(ax, place, row, reach))
        ax.set_title(drawing.in_lines(heading, 40))
        ax.set_yticks(range(len(rows)), [drawing.in_lines(row.label) for row in rows], fontsize=LETTERS)
        ax.set_ylim(len(rows) - 0.5, -0.5)
        ax.tick_params(axis="y", length=0)
    axes[-1].set_xlabel("difference of accuracy (points)")
    handles = [_key("mean, 95 % interval", color=INK, marker="o")]
    if any(row.published is not None for _, rows in panels for row in rows):
        handles.append(_key("published", **diamond(INK)))
    drawing.legend_below(figure, handles)
    words = (
        "Points are differences of accuracy at the last timestep, paired by seed, with 95 % intervals; with fewer than "
        "three seeds, a dot for each. All panels share one axis; an arrow with a number is a value beyond its end."
    )
    return scene.picture(figure, "differences", "Difference to the reference", words, drawn)


def _draw_dot(ax: "Axes", place: int, row: Dot, reach: float) -> list[Any]:
    """Draw a row, and return its numbers. A number beyond `reach` is an arrow."""
    ours, look = row.ours, row.look
    value = row.published if ours is None else ours.mean
    if value is not None and abs(value) > reach:
        side, colour = 1 if value > 0 else -1, look.colour if look else INK
        tip, tail = side * 1.1 * reach, side * 0.9 * reach
        ax.annotate("", (tip, place), (tail, place), arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 1.6})
        looks: dict[str, Any] = {"ha": "right" if side > 0 else "left", "va": "center", "fontsize": LETTERS}
        ax.text(side * 0.87 * reach, place, human(f"{value:+.1f}"), **looks)
    elif ours is not None and look is not None:
        bars = None if ours.arms is None else [[max(0.0, end)] for end in ours.arms]
        ax.errorbar(ours.mean, place, xerr=bars, color=look.colour, marker=look.marker, capsize=3, linestyle="none")
        if ours.low is None and ours.seeds > 1:
            ax.plot(ours.runs, [place] * ours.seeds, color=INK, marker=".", markersize=4, linestyle="none")
    elif value is not None:
        ax.plot([value], [place], **diamond(INK))
    return [row.label, *((ours.mean, ours.low, ours.high) if ours else ()), row.published]


def difference_figure(scene: Scene) -> Iterator[Picture]:
    """Difference of each arm to the first one of the same T, a panel for each T; none without a finished pair.

    Drawn only where all arms are of one code, with the same variants at each of several T: their lines would coincide.
    """
    experiment = replace(scene.experiment, arms=scene.experiment.planned)
    by_panel = list(panels_of(experiment.arms).values())
    codes = {arm.encoder.name for arm in experiment.arms}
    grids = {frozenset(named(members)[1].values()) for members in by_panel}
    if len(by_panel) < 2 or len(grids) > 1 or len(codes) > 1 or any(arm.added for arm in scene.drawn_arms()):
        return
    styles = styles_of(experiment.arms)
    of_sources = [(source, differences(source.loaded, experiment, scene.profile)) for source in scene.sources]
    source, of_source = next((one for one in of_sources if one[1]), of_sources[0])
    gaps = {(gap.arm, gap.versus): gap for gap in of_source}
    context = [claim for claim in scene.claims if claim.of_no_arm and claim.published]
    panels = list[tuple[str, list[Dot]]]()
    for members in by_panel:
        (title, labels), reference = named(members), members[0]
        pairs = [(arm.name, gap) for arm in members if (gap := gaps.get((arm.name, reference.name)))]
        rows = [Dot(labels[name], styles[name], gap) for name, gap in pairs]
        for mean in scene.curve(source, reference)[-1:]:
            published = [claim.published or 0.0 for claim in context if claim.timestep == reference.timesteps]
            rows += [Dot("published", None, None, accuracy - mean.mean) for accuracy in published]
            panels += [(f"{title}: against {labels[reference.name]}, {mean.mean:.2f} %", rows)] if rows else []
    if panels:
        yield _dots_figure(scene, panels)


# --- Error against energy, and against the steps that a network is trained for

CHEAPER = "left of the dotted line: cheaper than the ordinary network"
PRICED = {"arithmetic alone": FORTY_FIVE_NM, "with memory traffic": WITH_MEMORY}


# An arm, its accuracy at the last timestep, its operations, and the accuracy of its ANN in percent.
EnergyPoint = tuple[Arm, Interval, Operations, float]


def energy_figure(paper: Paper, experiments: Sequence[Experiment], source: Source) -> Picture | None:
    """Final error rate against energy, both logarithmic, of every experiment that compares codes; None without any.

    For each data set, above: arithmetic alone; below: with memory traffic. Dotted: the network as an ANN.
    """
    panels, title = _energy_panels(experiments, source), f"Error rate against energy: {paper.title}"
    if not panels:
        return None
    rows = list(product(panels.items(), PRICED.items()))
    figure, axes = drawing.new_figure(2.9 * len(rows), len(rows))
    drawn, names = list[Any]([title]), []
    for ax, (((dataset, profile), points), (words, prices)) in zip(axes, rows, strict=True):
        items, of_panel = _energy_panel(ax, points, prices)
        drawn += [[dataset, profile, words], *items]
        names.append(of_panel)
        ax.set_title(f"{dataset.upper()}, {profile} profile: {words}", pad=18)
        ax.set_ylabel("error (%)")
        under = ax.annotate(CHEAPER, (0, 1), (0, 5), "axes fraction", textcoords="offset points", fontsize=LETTERS)
        under.set_in_layout(False)
    words = (
        "Points are means at the last timestep with 95 % intervals; a line joins the networks of one code, "
        "trained for few steps (above) and for many. Stars: the same network as an ANN, trained "
        f"on pixels x or on p = (x + 1)/2; {CHEAPER}. Above, arithmetic alone; below, with the traffic of weights, "
        "membranes and spikes. Both axes are logarithmic; far higher errors are cut off."
    )
    return _picture(figure, f"{paper.name}-energy", title, words, drawn, names)


def _energy_panels(experiments: Sequence[Experiment], source: Source) -> dict[tuple[str, str], list[EnergyPoint]]:
    """The points of each data set and profile: one for each code and number of steps, from the first arm listed."""
    panels: dict[tuple[str, str], dict[tuple[str, int], EnergyPoint]] = {}
    for experiment in experiments:
        several = len({arm.encoder.name for arm in experiment.planned}) > 1
        for profile, arm in product(source.profiles(experiment.name) if several else (), experiment.arms):
            key = (experiment.name, profile, arm.name)
            spent, curve = source.operations.get(key), source.estimates.get(key)
            if profile == "smoke" or spent is None or not curve or spent.encoder_pj(EnergyModel()) is None:
                continue  # a smoke run could be mistaken for a result
            point = (arm, curve[-1], spent, float(np.mean([cell.ann for cell in source.planned[key]])))
            of_panel = panels.setdefault((experiment.dataset, profile), {})
            of_panel.setdefault((encoder_text(arm.encoder), arm.timesteps), point)
    return {panel: list(points.values()) for panel, points in panels.items()}


def _energy_panel(ax: "Axes", points: Sequence[EnergyPoint], model: EnergyModel) -> tuple[list[Any], list[Name]]:
    """Draw a panel. Returns the drawn numbers, and the names of its lines and of the ANNs."""
    places = [(arm, spent.snn_uj(model) or 0.0, accuracy) for arm, accuracy, spent, _ in points]
    foot, drawn, names = _lines_of_codes(ax, places, thin=1.0)
    anns: dict[str, Place] = {}  # of the network as an ANN, by the values that it is trained on
    for arm, _, spent, ann in points:
        anns.setdefault(values_of(arm.encoder), (float(f"{spent.ann_uj(model):.6g}"), ann))
    for values, (energy, accuracy) in anns.items():
        ax.axvline(energy, color=INK, linestyle=":", linewidth=1.2)
        drawn.append(["ann", energy, accuracy])
        if not np.isnan(accuracy):
            place = energy, foot.of([drawing.error_of(accuracy)])[0]
            ax.plot(*place, color=INK, marker="*", markersize=8, linestyle="none", zorder=4)
            names.append(Name(f"ANN on {values}", INK, place))
    _along_energy(ax, 0.06, foot, drawing.DECADE * 2 * foot.place)
    return drawn, names


def _along_energy(ax: "Axes", margin: float, foot: drawing.Foot, most: float = np.inf) -> None:
    """Errors, up to `most`, against energies with a `margin` at their ends; both axes logarithmic."""
    from matplotlib.ticker import FixedLocator, FormatStrFormatter, NullFormatter

    ax.set_xscale("log")
    ax.margins(x=margin, y=0.08)
    drawing.logarithmic_errors(ax, foot, most)  # first: limits are worked out for both axes at once
    ticks = drawing.log_ticks(*ax.get_xlim(), (1, 3), (1, 2, 5), (1, 3, 5, 7), range(1, 10))
    ax.xaxis.set_major_locator(FixedLocator(ticks))
    ax.xaxis.set_major_formatter(FormatStrFormatter("%g"))  # no powers of ten
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_xlabel("energy of one image (µJ)")


def _lines_of_codes(
    ax: "Axes", points: Sequence[tuple[Arm, float, Interval]], thin: float, numbers: bool = False
) -> tuple[drawing.Foot, list[Any], list[Name]]:
    """A line for each code through its arms, given as (arm, place, accuracy); the paper's code twice as thick.

    `numbers`: whether a name includes the last error.
    """
    foot = drawing.foot_of(drawing.error_of(value) for *_, accuracy in points for value in accuracy.shown)
    lines = grouped(points, lambda point: encoder_text(point[0].encoder))
    looks = drawing.looks_of((line[0][0].encoder.name, code) for code, line in lines.items())
    drawn, names = list[Any](), []
    for code, line in lines.items():
        line.sort(key=lambda point: point[0].timesteps)
        errors = [foot.error(accuracy) for *_, accuracy in line]
        in_paper, (last, last_place, _) = line[0][0].in_paper, line[-1]
        look = replace(looks[code], line="-")  # codes differ by colour already
        drawing.draw_line(ax, look, [place for _, place, _ in line], errors, 2 * thin if in_paper else thin)
        drawn += [[arm.name, code, place, mean.mean, mean.low, mean.high] for arm, place, mean in line]
        text = brief(title_of(last)) + (f" {errors[-1].mean:.2f} %" if numbers else "")
        names.append(Name(text, look.colour, (last_place, errors[-1].mean), in_paper))
    return foot, drawn, names


def trained_figure(scene: Scene) -> Iterator[Picture]:
    """Final error rate against the steps that a network is trained for, a named line for each code.

    Drawn only for an experiment that trains several codes at the same two or more numbers of steps. Published
    accuracies of the same network and data are diamonds beside the paper profile.
    """
    experiment, catalogue = scene.experiment, scene.sources[0].catalogue
    points = [(arm, float(arm.timesteps), mean) for arm in experiment.arms for mean in scene.first_curve(arm)[-1:]]
    trained = grouped(experiment.planned, lambda arm: arm.encoder.name)
    grids = {tuple(sorted(arm.timesteps for arm in arms)) for arms in trained.values()}
    if not points or len(trained) < 2 or len(grids) > 1 or len(*grids) < 2:
        return
    figure, (ax,) = drawing.new_figure(3.6)
    foot, drawn, names = _lines_of_codes(ax, points, 1.3, numbers=True)
    steps = sorted({arm.timesteps for arm, *_ in points})

    def of_same_network(claim: Claim) -> bool:
        other, name = catalogue.experiment(claim.experiment), "network.name"
        same = other.dataset == experiment.dataset and other.published.get(name) == experiment.published.get(name)
        return same and claim.kind == "value" and claim.measure == "accuracy" and scene.profile == "paper"

    of_network = filter(of_same_network, catalogue.claims)
    printed = {claim.timestep: claim.published for claim in of_network if claim.timestep in steps and claim.published}
    places = {step: foot.of([drawing.error_of(accuracy)])[0] for step, accuracy in printed.items()}
    for step, accuracy in sorted(printed.items()):
        drawing.published(ax, (float(step or 0), places[step]), INK)
        if step == steps[-1]:
            names.append(Name(f"published {drawing.error_of(accuracy):.2f} %", INK, (float(step), places[step])))
        drawn.append(["published", step, accuracy])
    drawing.logarithmic(ax, foot)
    most = max(drawing.DECADE * 2 * foot.place, *(1.3 * error for error in places.values()), 0.0)
    drawing.logarithmic_errors(ax, foot, most)
    ax.set_xticks(steps, [str(step) for step in steps])
    ax.set_title(f"{experiment.dataset.upper()}: which code at T steps?")
    ax.set(xlabel="steps that the network is trained for", ylabel="error (%)")
    best: dict[str, list[str]] = {}
    for step in steps:
        winner, *_ = max((item for item in points if item[1] == step), key=lambda item: item[2].mean)
        best.setdefault(brief(title_of(winner)), []).append(str(step))
    winners = "; ".join(f"{name} at T = {', '.join(of_name)}" for name, of_name in best.items())
    anns_differ = beside_each_other(arm for arm, *_ in points)
    words = (
        "Each point is a network trained for that many steps, the mean over seeds with its 95 % interval. "
        f"Lowest mean error (not tested): {winners}.{' Diamonds are published.' if printed else ''} "
        f"{f'{anns_differ} ' if anns_differ else ''}"
        "Both axes are logarithmic; high errors are cut off."
    )
    yield scene.picture(figure, "trained", "Error rate by the number of steps trained for", words, drawn, [names])


# --- Along training

SHIFT = 0.02  # between pairs, so that one interval does not cover another


def training_figure(scene: Scene) -> Iterator[Picture]:
    """Difference against fraction of fine-tuning, one line per pair; none without readings during training."""
    experiment = scene.experiment
    pairs = [
        (source.name, p) for source in scene.sources for p in along_training(source.loaded, experiment, scene.profile)
    ]
    if not pairs:
        return
    looks = drawing.looks_of((experiment.arm(pair.arm).encoder.name, pair.name) for _, pair in pairs)
    figure, (ax,) = drawing.new_figure(3.0)
    drawn, keys = [], dict[str, Any]()
    for number, (whose, pair) in enumerate(pairs):
        shift = SHIFT * (number - (len(pairs) - 1) / 2)
        places = [at + shift for at in pair.readings]
        drawing.draw_line(ax, looks[pair.name], places, [*pair.readings.values()], 1.5, whose)
        drawn.append([pair.name, whose, [[at, r.mean, r.low, r.high, *r.runs] for at, r in pair.readings.items()]])
        titles, look = (title_of(experiment.arm(arm)) for arm in (pair.arm, pair.versus)), looks[pair.name]
        style = {"color": look.colour, "marker": look.marker, "linestyle": look.line, "markersize": 5}
        keys[pair.name] = _key(f"{' − '.join(titles)}, T = {pair.timesteps}", **style)
    ax.axhline(0.0, color=INK, linewidth=1.0, zorder=1)
    fractions = sorted({at for _, pair in pairs for at in pair.readings})
    ax.set_xticks(fractions, [f"{fraction:g}" for fraction in fractions])
    ax.set(xlabel="fraction of fine-tuning", ylabel="difference (points)")
    drawing.legend_below(figure, [*keys.values(), *_yours({whose for whose, _ in pairs})])
    words = (
        "Points are means of differences paired by seed, at the last timestep, with 95 % intervals over "
        "seeds; with fewer than three seeds, a point for each. 0 is after threshold balancing, 1 the end. Pairs stand "
        "a little apart, so that intervals do not cover each other."
    )
    yield scene.picture(figure, "training", "Difference along fine-tuning", words, drawn)


def epochs_figure(scene: Scene) -> Iterator[Picture]:
    """Loss and test error after each epoch, of the ANN and of fine-tuning; none if no record has them."""
    styles, courses = styles_of(scene.drawn_arms()), dict[str, tuple[Course, Course]]()
    for source, arm in product(scene.sources, scene.drawn_arms()):  # yours comes last, and replaces the evidence
        course = source.course(scene.experiment.name, scene.profile, arm.name)
        if course[1]:
            courses[arm.name] = course
    all_panels = panels_of(scene.drawn_arms()).values()
    if not (panels := [done for arms in all_panels if (done := [arm for arm in arms if arm.name in courses])]):
        return
    least = 2.7 if len(panels) == 1 else 2.2
    heights = tuple(drawing.height_for((styles[arm.name].name for arm in arms), least) for arms in panels)
    figure, axes = drawing.new_figure(sum(heights), len(panels), heights, columns=2)
    drawn, names = [], []
    for arms, left, right in zip(panels, axes[::2], axes[1::2], strict=True):
        of_panel = [(styles[arm.name], courses[arm.name]) for arm in arms]
        names += [_courses(left, of_panel, 1), _courses(right, of_panel, 2)]
        left.set(title=drawing.in_lines(named(arms)[0]), ylabel="loss")  # a wide title would narrow the panel
        right.set_ylabel("error (%)")
        drawn += [[arm.name, *courses[arm.name]] for arm in arms]
    for ax in axes[-2:]:
        ax.set_xlabel("epoch")
    words = (
        "Means over seeds. Left of the dotted line, in grey, the epochs of the ANN; right of it those of fine-tuning. "
        "Lines of error begin at the converted network, straight after balancing. Errors are at the last timestep."
    )
    shown = scene.picture(figure, "epochs", "Loss and test error after each epoch", words, drawn, names)
    yield replace(shown, folded=True)


def _courses(ax: "Axes", courses: Sequence[tuple[drawing.Look, tuple[Course, Course]]], column: int) -> list[Name]:
    """Draw one column of several courses, each distinct ANN's in grey. Returns names for the column of errors."""
    foot = drawing.foot_of(value for _, both in courses for course in both for *_, value in _column(course, column))
    names, anns = [], {tuple(_column(ann, column)) for _, (ann, _) in courses}
    for line in sorted(anns):
        ax.plot([epoch for epoch, _ in line], foot.of(value for _, value in line), color=MUTED, linewidth=1.0)
    for look, (_, tuned) in courses:
        if not (points := _column(tuned, column)):
            continue
        epochs, values = zip(*points, strict=True)
        marker = look.marker if len(epochs) <= 3 else ""
        ax.plot(epochs, foot.of(values), color=look.colour, linewidth=1.4, marker=marker, markersize=4)
        names.append(Name(look.name, look.colour, (epochs[-1], foot.of(values)[-1])))
    ax.axvline(0.0, color=INK, linestyle=":", linewidth=1.0)
    drawing.logarithmic_errors(ax, foot)
    ax.locator_params(axis="x", integer=True, nbins=3)
    return names if column == 2 else []


def _column(course: Course, column: int) -> list[tuple[int, float]]:
    """Epochs with their losses (1) or errors (2)."""
    return [(point[0], value) for point in course if (value := point[column]) is not None]


# --- Papers beside each other


@dataclass(frozen=True)
class Standing:
    """An arm that stands for its paper beside others: its name, how it was trained, and its numbers."""

    name: str
    trained: str
    curve: tuple[Interval, ...]
    spent: Operations | None


def papers_figure(papers: Sequence[Paper], source: Source) -> Picture | None:
    """Error of the arms that stand for each paper, by data set: against timestep, and at the end against energy.

    None if no data set has arms of two papers.
    """
    standings: dict[str, dict[str, list[Standing]]] = {}
    for paper in papers:
        for dataset, name in paper.stands.items():
            if standing := _standing(paper, source.catalogue.experiment(name), source):
                standings.setdefault(dataset, {})[paper.name] = standing
    panels = {dataset: [*chain(*of.values())] for dataset, of in standings.items() if len(of) > 1}
    if not panels:
        return None
    title = f"Error rate against timestep and energy: {', '.join(paper.title for paper in papers)}"
    rows = len(panels) * (1 + len(PRICED))
    figure, axes = drawing.new_figure(2.5 * rows, rows)
    drawn, names, places = list[Any]([title]), [], iter(axes)
    for dataset, lines in panels.items():
        marked = zip(lines, drawing.colours(len(lines)), cycle(drawing.MARKERS), strict=False)
        looks = [(one, drawing.Look(one.name, colour, marker, "-")) for one, colour, marker in marked]
        foot = drawing.foot_of(drawing.error_of(value) for one in lines for mean in one.curve for value in mean.shown)
        ax, of_panel = next(places), []
        for one, look in looks:
            errors = [foot.error(mean) for mean in one.curve]
            _error_line(ax, errors, look, source.name)
            of_panel.append(Name(one.name, look.colour, (len(errors), errors[-1].mean)))
            drawn.append([one.name, one.trained, [[e.mean, e.low, e.high, *e.shown] for e in one.curve]])
        drawing.logarithmic(ax, foot)
        ax.set(title=dataset.upper(), xlabel="timestep", ylabel="error (%)")
        names.append(of_panel)
        for words, prices in PRICED.items():
            ax, of_panel = next(places), []
            for one, look in looks:
                if one.spent is not None and (energy := one.spent.snn_uj(prices)) is not None:
                    place, error = float(f"{energy:.6g}"), foot.error(one.curve[-1])
                    drawing.draw_line(ax, look, [place], [error], 1.4)
                    of_panel.append(Name(f"{one.name}, T = {len(one.curve)}", look.colour, (place, error.mean)))
                    drawn.append([one.name, words, place])
            _along_energy(ax, 0.3, foot)
            ax.set(title=f"{dataset.upper()}: {words}", ylabel="error (%)")
            names.append(of_panel)
    facts = "; ".join(dict.fromkeys(f"{one.name}: {one.trained}" for lines in panels.values() for one in lines))
    words = (
        f"{facts}. Networks, training images and epochs differ: how far two lines are apart is not the difference of "
        "two methods, and may not be read as one. What may be compared is each line's own course: how many steps it "
        "takes to its end, and at what energy. Bands and bars are 95 % intervals; below three seeds, each is shown."
    )
    return _picture(figure, "papers", title, words, drawn, names)


def _standing(paper: Paper, experiment: Experiment, source: Source) -> list[Standing]:
    """The paper's own arms of an experiment at its largest finished profile; empty without one."""
    for profile in reversed(source.profiles(experiment.name)):
        arms = [arm for arm in experiment.planned if arm.in_paper and profile != "smoke"]
        done = [(arm, key) for arm in arms if source.estimates.get(key := (experiment.name, profile, arm.name))]
        network = f"{paper.title}, {experiment.profile(profile).network.name}"
        if done:
            return [
                Standing(
                    f"{network}: {arm.name}" if len(done) > 1 else network,
                    _trained(experiment.resolve(arm, experiment.profile(profile), 0)),
                    source.estimates[key],
                    source.operations.get(key),
                )
                for arm, key in done
            ]
    return []


def _trained(config: CellConfig) -> str:
    """How much a cell is trained, in words."""
    images = "all" if config.train_images is None else f"{config.train_images:,}"
    parts = [f"{counted(config.ann.epochs, 'epoch')} as an ANN"] if config.ann else []
    if config.snn:
        part = f" of {config.snn.images:,} images" if config.snn.images else ""
        parts.append(f"{counted(config.snn.epochs, 'epoch')}{part} as an SNN")
    return ", ".join((f"{images} training images", *parts))


# --- The headline claims of a paper

REACH = 4.0  # points to either side of the published value; a number further off is an arrow


@dataclass(frozen=True)
class Headline:
    """A row of the figure: a claim in the paper's words, the published value, ours, and the verdict.

    `off`: ours minus the published value in points. `half`: half of its 95 % interval. None if there is none.
    """

    claim: Claim
    published: str
    ours: str
    word: str
    off: float | None
    half: float | None

    @property
    def where(self) -> str:
        """The (first) table or section that prints it."""
        return self.claim.source.partition(",")[0]


@dataclass(frozen=True)
class Form:
    """The places in a row, in points, which are pixels at the intended size.

    `drop`: the distance of ours, axis and verdict below the claim: on a telephone they are on a second line.
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
    """A row for each headline claim about these experiments, published and ours: a wide figure and one for a telephone.

    `title` states the result. Empty without headlines.
    """
    claims = [claim for claim in paper.claims if claim.headline and claim.experiment in experiments]
    rows = [_headline(claim, [j for j in evidence.judgements if j.id == claim.id]) for claim in claims]
    if not rows:
        return ()
    sentences = [f"{row.claim.headline} ({row.where}): {row.ours}{', ' if row.ours else ''}{row.word}" for row in rows]
    words = f"Ours, with 95 % intervals, against the published value: {'; '.join(sentences)}."
    drawn = [title, *([r.claim.id, r.published, r.ours, r.word, r.off, r.half] for r in rows)]
    name = f"{paper.name}-claims"
    return tuple(_picture(_claims(form, title, rows), f"{name}{form.name}", title, words, drawn) for form in FORMS)


def _headline(claim: Claim, judgements: Sequence[Judgement]) -> Headline:
    """The row of a claim: its leading judgement, but one of the full-size network if that has a number.

    A small network's number must not stand for a claim about a large one.
    """
    full = [j for j in judgements if j.profile in OWN_NETWORK and j.mean is not None]
    judged = next((j for j in full if j.leads), full[-1] if full else next(j for j in judgements if j.leads))
    size = claim.value or ("" if claim.published is None else f"{claim.published:+g}")
    if isinstance(claim, Difference) and not size:
        size = f"{claim.sign} 0"
    percent = " %" if claim.kind == "value" and claim.unit == "percent" else ""
    published = human(f"{size}{percent}")
    if judged.mean is None or judged.scope:
        word = "not run" if judged.mean is None else f"at {judged.profile} only"
        return Headline(claim, published, "", word, None, None)
    ours = f"{judged.mean:.2f}" if claim.kind == "value" else f"{judged.mean:+.2f}"
    half = f" ({counted(judged.seeds_done, 'seed')})" if judged.half_width is None else spread(judged.half_width)
    off = judged.mean - (claim.published or 0.0)
    return Headline(claim, published, human(ours + half), judged.verdict, off, judged.half_width)


def _claims(form: Form, title: str, rows: Sequence[Headline]) -> "Figure":
    """Draw the rows on one pair of axes whose unit is a point of the page."""
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
        y += form.drop
        colour = drawing.TONES[VERDICTS[row.word].tone if row.word in VERDICTS else "none"]
        reach = 9 if form.drop else form.height / 2
        ax.plot([middle, middle], [y - reach, y + reach], color=INK, linewidth=1)
        write(form.ours, y, row.ours, "right")
        write(form.verdict, y, row.word, color=colour, weight="bold" if not form.drop else "normal")
        if row.off is not None and abs(row.off) > REACH:  # an arrow towards our number
            side, looks = 1 if row.off > 0 else -1, {"arrowstyle": "-|>", "color": colour, "lw": 1.6}
            tip = middle + side * unit * REACH
            ax.annotate("", (tip, y), (tip - side * 24, y), arrowprops=looks)
            write(tip - side * 26, y, human(f"{row.off:+.1f}"), "right" if side > 0 else "left", color=colour)
        elif row.off is not None:
            ax.plot(form.axis, [y, y], color=drawing.GRID, linewidth=1, zorder=0)
            if row.half is not None:
                ends = [max(-REACH, min(REACH, row.off + end)) for end in (-row.half, row.half)]
                ax.plot([middle + unit * end for end in ends], [y, y], color=colour, linewidth=3, solid_capstyle="butt")
            face = drawing.PAPER if row.half is None else colour
            ax.plot([middle + unit * row.off], [y], color=colour, marker="o", markersize=6, markerfacecolor=face)
    ax.plot([left, right], [foot, foot], color=MUTED, linewidth=1)
    for tick in (-REACH, 0.0, REACH):
        ax.plot([middle + unit * tick] * 2, [foot, foot + 4], color=MUTED, linewidth=1)
        write(middle + unit * tick, foot + 13, human(f"{tick:+g}" if tick else "0"), "center", color=MUTED)
    write(middle, foot + 31, "ours − published (points)", "center", color=MUTED)
    return figure
