"""One palette for every figure: a colour means a code; markers and line styles tell the variants of one code apart.

The colours are seaborn's "colorblind", which readers with any common colour vision can distinguish. A code that is
not built in has a colour made from its name, so that it too looks the same in every figure.
"""

import colorsys
import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

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
class Look:
    """How one variant of a code is drawn; `line` is a matplotlib line style."""

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
            looks[name] = Look(colour_of(code), _marker(code, number), LINES[number % len(LINES)])
            seen[code] += 1
    return looks


def _marker(code: str, number: int) -> str:
    """Codes begin at different markers, so that a grey print tells them apart too."""
    first = list(COLOURS).index(code) if code in COLOURS else _number(code)
    return MARKERS[(first + number) % len(MARKERS)]


def _number(code: str) -> int:
    return int.from_bytes(hashlib.sha256(code.encode()).digest()[:4], "big")
