"""The style and saving of all figures: palette, page width, axes of errors, names beside lines, and bytes that depend
only on the drawn data.

A colour means a code; markers and line styles distinguish the variants of one code. In a figure of one code alone,
colours distinguish its variants. The colours are seaborn's "colorblind", for readers with any common colour vision,
darkened to a contrast of 3 to 1 on white and on the page's dark paper. A code that is not built in has a
colour made from its name, so that it too looks the same in every figure.

A figure holds the digest of its data, because another matplotlib draws other bytes for the same records. By it,
`same_picture` recognises a fresh figure.

Most of a report's time is painting. So a painted figure is kept in the cache folder, with the digest of what its bytes
depend on: the unpainted figure, this file, the style, and the versions of the libraries that paint.
"""

import hashlib
import io
import math
import pickle
import platform
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib.metadata import version
from itertools import cycle, islice
from pathlib import Path
from textwrap import fill
from types import FunctionType
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.analysis.statistics import Interval
from harness.config import canonical_json
from harness.machine.files import cache_root, content_digest, read_sealed, write_sealed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, MUTED, GRID, PAPER = "#1f2328", "#59636e", "#d9dee4", "#ffffff"
DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
# colours of verdicts by tone, each at least 4.5:1 on white; the page has others for a dark screen
TONES = {"good": "#116329", "fair": "#0757b0", "bad": "#a40e26", "open": "#6f4400", "none": MUTED}
LETTERS = 8.8  # points, the smallest text: 9 pixels on a telephone with a page 358 wide
WIDTH = 4.8  # inches: a page's text width, and 10 pt type that stays legible on a phone
# seaborn's "colorblind", darkened to 3:1 on white and on #12161b, the page's dark background; its palest colours come
# last, and yellow is left out
VARIANTS = ("#0173b2", "#c57f04", "#029e73", "#c971b8", "#d55e00", "#1d96db", "#c2814a", "#f644c0", "#8f8f8f")

STYLE = {
    "svg.hashsalt": "dct-snn-harness",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    **dict.fromkeys(("font.size", "axes.titlesize", "axes.labelsize"), 10),
    **dict.fromkeys(("text.color", "axes.titlecolor", "axes.labelcolor", "xtick.labelcolor", "ytick.labelcolor"), INK),
    **dict.fromkeys(("axes.edgecolor", "xtick.color", "ytick.color"), MUTED),
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "text.parse_math": False,  # a name with $ is drawn as it is
    "legend.fontsize": LETTERS,
    "legend.frameon": False,
    # text is measured at this resolution for both formats; hinting would widen letters by up to 4 %
    "figure.dpi": 160,
    "savefig.dpi": 160,
    "text.hinting": "none",
    "figure.facecolor": PAPER,
    "axes.facecolor": "none",
}
COLOURS = {
    "dct": "#0173b2",
    "poisson": "#c88104",
    "direct": "#029e73",
    "phase": "#ca72b9",
    "ttfs": "#d55e00",
    "latency": "#1d98dd",
    "burst": "#8c5a2b",
}
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">")
LINES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1.5, 1.5)), (0, (7, 2, 1.5, 2)))
SATURATION, LIGHTNESS = 0.9, 0.5  # of a plug-in's code in HUSL: at least 3.9:1 on both backgrounds, whatever the hue


@dataclass(frozen=True)
class Picture:
    """One finished figure: its file name without suffix, title, caption, and both renderings; `png` makes one.

    `folded`: whether the page shows its title first, and the figure on a click.
    """

    name: str
    title: str
    words: str
    svg: bytes
    png: Callable[[], bytes]
    folded: bool = False

    @property
    def alternative(self) -> str:
        """The alternative text, for readers who cannot see the figure."""
        return f"{self.title.removesuffix('.')}. {self.words}"


def colours(count: int) -> list[str]:
    """`count` colours for things other than codes; they repeat after nine, with other markers.

    Colour-blind readers can distinguish them. Codes have theirs in `COLOURS`.
    """
    return list(islice(cycle(VARIANTS), count))


@dataclass(frozen=True)
class Look:
    """Colour, marker and line style of a variant called `name`; `line` is a matplotlib line style."""

    name: str
    colour: str
    marker: str
    line: Any


def colour_of(code: str) -> str:
    """The colour of a code (an encoder's name), as #rrggbb; the same one in every figure."""
    if code in COLOURS:
        return COLOURS[code]
    import seaborn

    return str(seaborn.husl_palette(1, _number(code) % 360 / 360, SATURATION, LIGHTNESS).as_hex()[0])


def looks_of(variants: Iterable[tuple[str, str]]) -> Mapping[str, Look]:
    """The look of each variant, given as (code, name of the variant), in the order in which a figure shows them."""
    seen: Counter[str] = Counter()
    looks: dict[str, Look] = {}
    for code, name in variants:
        if name not in looks:
            # Codes begin at different markers, so that they differ in a grey print too.
            first, number = list(COLOURS).index(code) if code in COLOURS else _number(code), seen[code]
            marker = MARKERS[(first + number) % len(MARKERS)]
            looks[name] = Look(name, colour_of(code), marker, LINES[number % len(LINES)])
            seen[code] += 1
    if len(seen) == 1:
        palette = dict.fromkeys((colour_of(*seen), *VARIANTS))
        return {name: replace(looks[name], colour=colour) for name, colour in zip(looks, cycle(palette))}
    return looks


def _number(code: str) -> int:
    return int.from_bytes(hashlib.sha256(code.encode()).digest()[:4], "big")


def styled() -> AbstractContextManager[None]:
    """The report's style, without the user's settings; every figure is drawn and saved inside it."""
    import matplotlib.style

    context: AbstractContextManager[None] = matplotlib.style.context(["default", STYLE])
    return context


def new_figure(
    height: float, rows: int = 1, ratios: tuple[float, ...] | None = None, columns: int = 1
) -> "tuple[Figure, list[Axes]]":
    """A figure of the report's width with `rows` × `columns` panels, row by row, in the report's style."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    return figure, list(figure.subplots(rows, columns, squeeze=False, height_ratios=ratios).flat)


def diamond(colour: str) -> dict[str, Any]:
    """The style of a published number: hollow, so that our point stays visible inside it."""
    edge = {"markeredgecolor": colour, "markeredgewidth": 1.8}
    return {"marker": "D", "markersize": 9, "markerfacecolor": "none", "linestyle": "none", **edge}


def legend_below(figure: "Figure", handles: list[Any]) -> None:
    """A legend under the panels, on extra height."""
    if not handles:
        return
    columns = 1 if max(len(str(handle.get_label())) for handle in handles) > 34 else 2
    rows = -(-len(handles) // columns)
    extra, height = 0.155 * rows + 0.14, figure.get_figheight()
    figure.set_figheight(height + extra)
    fraction = extra / (height + extra)
    figure.get_layout_engine().set(rect=(0, fraction, 1, 1 - fraction))  # type: ignore[union-attr, call-arg]
    place: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (0.01, 0.0)}
    figure.legend(handles=handles, ncols=columns, borderaxespad=0.2, labelspacing=0.25, **place)


Names = Sequence[Sequence["Name"]]


def both_renderings(figure: "Figure", title: str, drawn: Any, names: Names = ()) -> tuple[bytes, Callable[[], bytes]]:
    """The figure as SVG, and what makes a PNG of it, marked with the digest of `drawn`, its data.

    `names`: those in the margin right of each panel, if any.
    The canvases are used directly, because `savefig` would draw the figure twice for each format.
    """
    from matplotlib import rcParams

    identifier = f"sha256:{content_digest(canonical_json(drawn))}"
    # `styled` puts all else that a figure is drawn by at its default
    style: dict[str, Any] = {name: value for name, value in rcParams.copy().items() if name in STYLE}
    depends_on = _frozen([figure, names, title, identifier, style, painter(), _painted_by()])
    place = content_digest(canonical_json([title, *map(float, figure.get_size_inches())]))

    @cache
    def laid_out() -> "Figure":
        names_at_right(figure, names)
        _settle(figure)
        return figure

    def svg() -> bytes:
        from matplotlib.backends.backend_svg import FigureCanvasSVG

        marks, stream = {"Title": title, "Identifier": identifier, "Creator": painter(), "Date": None}, io.BytesIO()
        laid_out().set_dpi(style["savefig.dpi"])
        FigureCanvasSVG(figure).print_svg(stream, metadata=marks)  # type: ignore[no-untyped-call]
        # matplotlib ends path lines with a blank, which git warns about and editors remove
        return b"\n".join(line.rstrip(b" \t") for line in stream.getvalue().split(b"\n"))

    def png() -> bytes:
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        marks, stream = {"Title": title, "Comment": identifier, "Software": painter()}, io.BytesIO()
        with styled():
            laid_out().set_dpi(style["savefig.dpi"])  # which an SVG leaves at 72
            FigureCanvasAgg(figure).print_png(stream, metadata=marks)  # type: ignore[no-untyped-call]
        return stream.getvalue()

    return _kept(f"{place}.svg", depends_on, svg), partial(_kept, f"{place}.png", depends_on, png)


def _kept(name: str, depends_on: bytes, paint: Callable[[], bytes]) -> bytes:
    """The cached painting `name` if its `depends_on` is unchanged; else a new painting, which is cached."""
    if not depends_on:
        return paint()
    path = cache_root() / "figures" / name
    found = read_sealed(path)
    if found is not None and found.startswith(depends_on):
        return found.removeprefix(depends_on)
    painted = paint()
    with suppress(OSError):  # a cache that cannot be written costs time alone
        write_sealed(path, depends_on + painted)
    return painted


_SOURCE = Path(__file__).read_bytes()


@cache
def _painted_by() -> list[Any]:
    """What lays a figure out beside `painter`: this file as it was imported, and two libraries."""
    return [_SOURCE, version("scipy"), version("kiwisolver")]


LIBRARIES = {*sys.stdlib_module_names, "matplotlib", "numpy", "cycler"}


def _is_kept(module: str) -> bool:
    return module == __name__ or module.partition(".")[0] in LIBRARIES


def _frozen(things: Any) -> bytes:
    """The digest of unpainted figures and other objects, the same in every process; empty if they may not be cached.

    The digest covers only the names of functions and classes. So a figure that holds one of a module that is neither
    this one nor a library's is not cached: its code may change.
    """
    from matplotlib.transforms import TransformNode

    class Freezer(pickle.Pickler):
        def reducer_override(self, thing: Any) -> Any:
            if isinstance(thing, TransformNode):  # which knows its parents by their places in memory
                return object.__new__, (type(thing),), vars(thing) | {"_parents": {}}
            if isinstance(thing, FunctionType | type) and not _is_kept(thing.__module__):
                raise pickle.PicklingError(thing.__module__)
            return NotImplemented

    stream = io.BytesIO()
    try:
        Freezer(stream).dump(things)
    except Exception:  # an object of a stranger may raise anything
        return b""
    return hashlib.sha256(stream.getvalue()).digest()


def _settle(figure: "Figure") -> None:
    """Lay the panels out once for both formats, on rounded places.

    The solver's last bits depend on earlier figures of the process, and matplotlib hashes them into ids.
    """
    if (engine := figure.get_layout_engine()) is not None:
        engine.execute(figure)
        figure.set_layout_engine("none")
        for axes in figure.axes:
            left, bottom, width, height = (round(bound, 5) for bound in axes.get_position(original=True).bounds)
            axes.set_position((left, bottom, width, height))


@cache
def painter() -> str:
    """The versions and the machine on which the bytes of a figure depend."""
    parts = [f"{name} {version(name)}" for name in ("matplotlib", "seaborn", "numpy", "pillow")]
    return f"{', '.join(parts)} on {platform.machine()}."


def _marks(svg: bytes) -> tuple[str, str]:
    """The digest of the data of an SVG, and the `painter`; empty if it has none."""
    root = ET.fromstring(svg)
    found = (root.find(f".//{{{DUBLIN_CORE}}}{name}") for name in ("identifier", "creator"))
    drawn, painter = ("".join(mark.itertext()).strip() if mark is not None else "" for mark in found)
    return drawn, painter


def same_picture(committed: bytes, fresh: bytes) -> bool:
    """True for SVGs of equal data by different painters."""
    try:
        (before, painted), (after, painting) = map(_marks, (committed, fresh))
    except ET.ParseError:
        return False
    return bool(before and painted and painting) and before == after and painted != painting


# --- Logarithmic axes

HALF_AN_IMAGE = 0.005  # percent, of 10,000 images: the foot of a panel without errors
STEPS = tuple(2**power for power in range(13))
DECADE = 10.0  # times the lowest error: higher ones are cut off, so that one failing code does not flatten the others


@dataclass(frozen=True)
class Foot:
    """The lowest place of a panel, in percent of error, because a logarithmic axis has no zero.

    Ends of intervals below it are cut there. `zero`: whether an error of zero is drawn there.
    """

    place: float
    zero: bool

    def of(self, errors: Iterable[float]) -> list[float]:
        """The places of errors in percent."""
        return [max(error, self.place) for error in errors]

    def error(self, accuracy: Interval) -> Interval:
        """The drawn error of an accuracy: a low accuracy is a high error."""
        mean, *runs = self.of(map(error_of, (accuracy.mean, *accuracy.runs)))
        low, high = (None if end is None else self.of([error_of(end)])[0] for end in (accuracy.high, accuracy.low))
        return Interval(tuple(runs), mean, low, high)


def error_of(accuracy: float) -> float:
    """The error rate in percent, without the rounding of binary numbers."""
    return round(100.0 - accuracy, 9)


def foot_of(errors: Iterable[float]) -> Foot:
    """The foot of a panel that shows these errors: half of the smallest one above zero."""
    errors = list(errors)
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


def logarithmic_errors(ax: "Axes", foot: Foot, most: float = np.inf) -> None:
    """The axis of errors logarithmic, up to `most`: 1, 2 and 5 times powers of ten, or all digits for a short axis."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    ax.set_yscale("log")
    low, high = ax.get_ylim()
    high = min(high, most)
    ax.set_ylim(low, high)
    wide = high / low > 2000  # over three decades: 1 and 3 in each, so that no number touches its neighbour
    ticks = log_ticks(low, high, (1, 3) if wide else (1, 2, 5), range(1, 10))
    if foot.zero:
        ticks = [foot.place, *(tick for tick in ticks if tick > 1.4 * foot.place)]
    ax.yaxis.set_major_locator(FixedLocator(ticks))
    ax.yaxis.set_major_formatter(FuncFormatter(partial(_tick, foot.place if foot.zero else -np.inf)))
    ax.yaxis.set_minor_locator(NullLocator())


def _tick(zero: float, value: float, _: int) -> str:
    """The number at a tick, without powers of ten; 0 at the place `zero` and below."""
    return "0" if value <= zero else f"{value:g}"


def log_ticks(low: float, high: float, *digits: Sequence[int]) -> list[float]:
    """Places on a logarithmic axis: the first of `digits`, each times powers of ten, that gives two; else even ones.

    >>> log_ticks(2600, 8300, (1, 3), (1, 2, 5), (1, 3, 5, 7))
    [3000.0, 5000.0, 7000.0]
    """
    from matplotlib.ticker import AutoLocator

    ticks: list[float] = []
    for subs in digits:
        if len(ticks) < 2:
            powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
            ticks = [tick for power in powers for sub in subs if low <= (tick := sub * 10.0**power) <= high]
    even = [] if len(ticks) > 1 else AutoLocator().tick_values(low, high)
    return [float(tick) for tick in even if low <= tick <= high] or ticks


# --- Lines, and their names right of a panel

Place = tuple[float, float]  # a number of steps or an energy in µJ, and error in percent
GAP = 9.0  # points, between a panel and the names
LONGEST = 25  # characters of a name's line
LINE = 1.3 * LETTERS  # points, from one name to the next
FILLED = {"evidence": "full", "yours": "none"}


def draw_line(
    ax: "Axes", look: Look, places: Sequence[float], means: Sequence[Interval], width: float, whose: str = "evidence"
) -> None:
    """A line of means with an interval at each; for fewer than three seeds, dots of the seeds instead."""
    style: dict[str, Any] = {"color": look.colour, "marker": look.marker, "fillstyle": FILLED[whose]}
    style |= {"linestyle": look.line if len(places) > 1 else "none", "linewidth": width, "elinewidth": 1.4}
    arms = [interval.arms or (0.0, 0.0) for interval in means]
    bars = [[max(0.0, pair[end]) for pair in arms] for end in (0, 1)]
    ax.errorbar(places, [interval.mean for interval in means], yerr=bars, markersize=5, **style)
    for place, interval in zip(places, means, strict=True):
        if interval.low is None and interval.seeds > 1:
            runs = interval.runs
            ax.plot([place] * len(runs), runs, color=INK, marker=".", markersize=4, linestyle="none", zorder=3)


@dataclass(frozen=True)
class Name:
    """A name in the margin right of a panel, and the place that it belongs to; `bold`: for the paper's code."""

    text: str
    colour: str
    place: Place
    bold: bool = False

    @property
    def looks(self) -> dict[str, Any]:
        """The style of the text."""
        return {"fontsize": LETTERS, "fontweight": "bold" if self.bold else "normal", "linespacing": 1.05}


def in_lines(text: str, longest: int = LONGEST) -> str:
    """A name on as many lines as it needs; a number stays beside its unit."""
    return fill(text.replace(" = ", "\u00a0=\u00a0").replace(" %", "\u00a0%"), longest)


def lines_of(text: str) -> float:
    """The height of a name, in lines."""
    return 0.85 * in_lines(text).count("\n") + 1.0


def height_for(names: Iterable[str], least: float) -> float:
    """The height in inches of a panel with room for these names beside it."""
    return max(least, LINE / 72 * sum(map(lines_of, names)) + 0.6)


def names_at_right(figure: "Figure", names: Names) -> None:
    """Write names in the margin right of each panel, joined to their places, without overlap."""
    engine = figure.get_layout_engine()
    widths = []
    for name in (name for of_panel in names for name in of_panel):
        text = figure.text(0, 0, in_lines(name.text), **name.looks)
        widths.append(text.get_window_extent().width)
        text.remove()
    if not widths:
        return
    margin = (max(widths) + 2.2 * GAP * figure.dpi / 72) / figure.bbox.width
    _, bottom, _, height = engine.get()["rect"]  # type: ignore[union-attr]
    engine.set(rect=(0, bottom, 1 - margin, height))  # type: ignore[union-attr, call-arg]
    _settle(figure)
    for ax, of_panel in zip(figure.axes, names, strict=True):
        box = ax.get_window_extent()
        line = LINE * figure.dpi / 72 / box.height
        heights = [(ax.transData.transform(name.place)[1] - box.y0) / box.height for name in of_panel]
        sizes = [line * lines_of(name.text) for name in of_panel]
        for name, height in zip(of_panel, spread_out(heights, sizes), strict=True):
            joined = {"arrowstyle": "-", "color": name.colour, "linewidth": 0.8, "linestyle": (0, (2, 1.5))}
            joined |= {"relpos": (0, 0.5), "shrinkA": 1, "shrinkB": 3}
            place = 1.0 + 1.6 * GAP * figure.dpi / 72 / box.width, height
            looks = {**name.looks, "va": "center", "annotation_clip": False, "arrowprops": joined}
            written = ax.annotate(in_lines(name.text), name.place, place, textcoords="axes fraction", **looks)
            written.set_in_layout(False)  # else the layout would widen the margin again


def spread_out(places: Sequence[float], sizes: Sequence[float]) -> list[float]:
    """Move `places` in [0, 1] as little as possible, so that things of these sizes do not overlap.

    >>> spread_out([0.5, 0.5, 0.9], [0.2, 0.2, 0.2])
    [0.4, 0.6, 0.9]
    """
    from scipy.optimize import isotonic_regression

    if not places:
        return []
    order = np.argsort(places, kind="stable")
    size = np.asarray(sizes)[order]
    steps = np.concatenate(([0.0], np.cumsum((size[1:] + size[:-1]) / 2)))
    # Minus the steps between them, the places must only not decrease, which is isotonic regression.
    level = isotonic_regression(np.asarray(places)[order] - steps).x
    level = np.clip(level, 0.0, max(0.0, 1.0 - steps[-1])) + steps
    return [round(float(place), 6) for place in level[np.argsort(order)]]


def published(
    ax: "Axes", place: Place, colour: str, marked: bool = False, ours: Place | None = None, bend: float = 0.3
) -> None:
    """Draw a published number, joined to our point if there is one. `marked`: its diamond is drawn already."""
    if not marked:
        ax.plot(*place, **diamond(colour), zorder=5)
    if ours is not None:
        joined = {"arrowstyle": "-", "color": colour, "linewidth": 1.3, "linestyle": (0, (1, 1.2))}
        joined |= {"connectionstyle": f"arc3,rad={bend}", "shrinkA": 6, "shrinkB": 2}
        ax.annotate("", ours, place, arrowprops=joined, zorder=4)
