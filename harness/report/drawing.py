"""How every figure looks and is saved: palette, page width, and bytes that depend on the data drawn alone.

A colour means a code; markers and line styles tell the variants of one code apart. The colours are seaborn's
"colorblind", which readers with any common colour vision can distinguish. A code that is not built in has a colour made
from its name, so that it too looks the same in every figure.

A figure carries the digest of what it shows, because another matplotlib draws other bytes for the same records:
`same_picture` then still tells a stale figure from a fresh one.
"""

import colorsys
import hashlib
import io
import platform
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from harness.config import canonical_json

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, MUTED, GRID, PAPER = "#1f2328", "#59636e", "#d9dee4", "#ffffff"
DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
# of a verdict's tone, each at least 4.5:1 on white; the page has its own for a dark screen
TONES = {"good": "#116329", "fair": "#0757b0", "bad": "#a40e26", "open": "#6f4400", "none": MUTED}
LETTERS = 8.8  # points, of the smallest text: 9 pixels on a telephone, whose page is 358 wide
WIDTH = 4.8  # inches: a page's text width, and 10 pt type that stays legible on a phone
# seaborn's "colorblind" in an order that keeps its palest colours for last; yellow is left out (1.3:1 on white)
PALETTE_ORDER = (0, 1, 2, 4, 3, 9, 5, 6, 7)

STYLE = {
    "svg.hashsalt": "dct-snn-harness",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 10,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "text.color": INK,
    "text.parse_math": False,  # a name with $ is drawn as it is
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.fontsize": LETTERS,
    "legend.frameon": False,
    "savefig.dpi": 160,
    "figure.facecolor": PAPER,
    "axes.facecolor": "none",
}
COLOURS = {
    "dct": "#0173b2",
    "poisson": "#de8f05",
    "direct": "#029e73",
    "phase": "#cc78bc",
    "ttfs": "#d55e00",
    "latency": "#56b4e9",
    "burst": "#ca9161",
}
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">")
LINES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1.5, 1.5)), (0, (7, 2, 1.5, 2)))
LIGHTNESS, SATURATION = 0.38, 0.55  # every hue then has a contrast of at least 3 to 1 on white


@dataclass(frozen=True)
class Picture:
    """One finished figure: its file name without suffix, its title, what else there is to say, and both renderings."""

    name: str
    title: str
    words: str
    svg: bytes
    png: bytes

    @property
    def alternative(self) -> str:
        """What stands in its place for who cannot see it."""
        return f"{self.title.removesuffix('.')}. {self.words}"


def colours(count: int) -> list[str]:
    """`count` colours for what is no code; they repeat after nine, with other markers.

    Colour-blind readers can tell them apart. Codes have their own, in `COLOURS`.
    """
    import seaborn

    palette = seaborn.color_palette("colorblind").as_hex()
    return [palette[PALETTE_ORDER[i % len(PALETTE_ORDER)]] for i in range(count)]


@dataclass(frozen=True)
class Look:
    """How one variant of a code, called `name`, is drawn; `line` is a matplotlib line style."""

    name: str
    colour: str
    marker: str
    line: Any


def colour_of(code: str) -> str:
    """The colour of a code (an encoder's name), as #rrggbb; the same one in every figure."""
    if code in COLOURS:
        return COLOURS[code]
    rgb = colorsys.hls_to_rgb(_number(code) % 360 / 360, LIGHTNESS, SATURATION)
    return "#" + "".join(f"{round(255 * part):02x}" for part in rgb)


def looks_of(variants: Iterable[tuple[str, str]]) -> Mapping[str, Look]:
    """The look of each variant, given as (code, name of the variant), in the order in which a figure shows them."""
    seen: Counter[str] = Counter()
    looks: dict[str, Look] = {}
    for code, name in variants:
        if name not in looks:
            number = seen[code]
            looks[name] = Look(name, colour_of(code), _marker(code, number), LINES[number % len(LINES)])
            seen[code] += 1
    return looks


def _marker(code: str, number: int) -> str:
    """Codes begin at different markers, so that a grey print tells them apart too."""
    first = list(COLOURS).index(code) if code in COLOURS else _number(code)
    return MARKERS[(first + number) % len(MARKERS)]


def _number(code: str) -> int:
    return int.from_bytes(hashlib.sha256(code.encode()).digest()[:4], "big")


def styled() -> AbstractContextManager[None]:
    """The report's style and nothing of the user's own; every figure is drawn and saved inside it."""
    import matplotlib.style

    context: AbstractContextManager[None] = matplotlib.style.context(["default", STYLE])
    return context


def new_figure(height: float, rows: int = 1, ratios: tuple[float, ...] | None = None) -> "tuple[Figure, list[Axes]]":
    """A figure of the report's width with `rows` panels, one above the other, in the report's style."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    return figure, list(figure.subplots(rows, 1, squeeze=False, height_ratios=ratios)[:, 0])


def diamond(colour: str) -> dict[str, Any]:
    """How a published number looks: hollow, so that our own point stays visible inside it."""
    return {
        "marker": "D",
        "markersize": 9,
        "markerfacecolor": "none",
        "markeredgecolor": colour,
        "markeredgewidth": 1.8,
        "linestyle": "none",
    }


def legend_below(figure: "Figure", handles: list[Any]) -> None:
    """A legend under the panels, on extra height of its own."""
    if not handles:
        return
    columns = 1 if max(len(str(handle.get_label())) for handle in handles) > 34 else 2
    rows = -(-len(handles) // columns)
    extra, height = 0.155 * rows + 0.14, figure.get_figheight()
    figure.set_figheight(height + extra)
    fraction = extra / (height + extra)
    figure.get_layout_engine().set(rect=(0, fraction, 1, 1 - fraction))  # type: ignore[union-attr, call-arg]
    figure.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(0.01, 0.0),
        ncols=columns,
        fontsize=LETTERS,
        frameon=False,
        borderaxespad=0.2,
        labelspacing=0.25,
    )


def both_renderings(figure: "Figure", title: str, drawn: Any) -> tuple[bytes, bytes]:
    """The figure as SVG and PNG bytes, marked with the digest of `drawn`, the data it shows.

    Its canvases print it straight away: `savefig` would draw it twice for each, once to no end.
    """
    from matplotlib import rcParams
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    identifier = f"sha256:{hashlib.sha256(canonical_json(drawn)).hexdigest()}"
    svg, png = io.BytesIO(), io.BytesIO()
    _settle(figure)
    figure.set_dpi(rcParams["savefig.dpi"])
    marks = {"Title": title, "Identifier": identifier, "Creator": painter(), "Date": None}
    FigureCanvasSVG(figure).print_svg(svg, metadata=marks)  # type: ignore[no-untyped-call]
    marks = {"Title": title, "Comment": identifier, "Software": painter()}
    FigureCanvasAgg(figure).print_png(png, metadata=marks)  # type: ignore[no-untyped-call]
    return _without_trailing_spaces(svg.getvalue()), png.getvalue()


def _settle(figure: "Figure") -> None:
    """Lay the panels out once for both formats, on rounded places.

    The solver's last bits depend on what the process has drawn before, and matplotlib hashes them into ids.
    """
    engine = figure.get_layout_engine()
    if engine is None:
        return
    engine.execute(figure)
    figure.set_layout_engine("none")
    for axes in figure.axes:
        left, bottom, width, height = axes.get_position(original=True).bounds
        axes.set_position((round(left, 5), round(bottom, 5), round(width, 5), round(height, 5)))


def painter() -> str:
    """What the bytes of a figure depend on besides its data."""
    parts = [f"{name} {version(name)}" for name in ("matplotlib", "seaborn", "numpy", "pillow")]
    return f"{', '.join(parts)} on {platform.machine()}."


def _without_trailing_spaces(svg: bytes) -> bytes:
    # matplotlib ends path lines with a blank; git and editors would quarrel over it
    return b"\n".join(line.rstrip(b" \t") for line in svg.split(b"\n"))


def _marks(svg: bytes) -> tuple[str, str]:
    """The digest of what an SVG of ours shows, and who painted it; empty where it does not say."""
    root = ET.fromstring(svg)
    found = [root.find(f".//{{{DUBLIN_CORE}}}{name}") for name in ("identifier", "creator")]
    drawn, painter = ("".join(mark.itertext()).strip() if mark is not None else "" for mark in found)
    return drawn, painter


def same_picture(committed: bytes, fresh: bytes) -> bool:
    """True for equal bytes, and for SVGs of equal data that differ in who painted them only."""
    if committed == fresh:
        return True
    try:
        (before, painted), (after, painting) = map(_marks, (committed, fresh))
    except ET.ParseError:
        return False
    marked = all((before, painted, after, painting))
    return marked and before == after and painted != painting
