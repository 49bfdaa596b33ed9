"""How long a page of the report is to read: `python -m tests.report.measure reports/index.html`.

Screens at 1280 × 900 and at 390 × 844, sheets of A4, stops of the tab key before anything is unfolded, where the claims
begin, and the smallest letters of its figures, in CSS pixels.
"""

import base64
import re
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from .browser import PROGRAM, Tab, chromium

STOPS = """
[...document.querySelectorAll('a[href], button, summary, [tabindex="0"]')]
  .filter(e => e.checkVisibility({contentVisibilityAuto: true})).length
"""
# matplotlib draws letters as paths, 100 units high.
LETTERS = """
Math.min(...[...document.querySelectorAll('svg')].filter(e => e.checkVisibility()).flatMap(svg =>
  [...svg.querySelectorAll('g[id*="text_"] > g')].map(e => 100 * Math.hypot(e.getScreenCTM().a, e.getScreenCTM().b))))
"""
CLAIMS = (
    "(e => e ? Math.round(e.getBoundingClientRect().top + scrollY) : -1)(document.querySelector('#claims, #forest'))"
)
HEIGHT = "document.documentElement.scrollHeight"


@dataclass(frozen=True)
class Length:
    """What `measured` finds."""

    screens: float
    screens_of_a_telephone: float
    sheets: int
    tab_stops: int
    claims_at: int
    smallest_letters: float
    smallest_on_a_telephone: float


def measured(tab: Tab, page: Path) -> Length:
    """The length of a page, as it opens."""
    tab.send("Emulation.setEmulatedMedia", media="screen")
    tab.events.clear()
    tab.open(page, width=390, height=844)
    phone, least = tab.run(HEIGHT), tab.run(LETTERS)
    tab.events.clear()
    tab.open(page, width=1280, height=900)
    screens, stops, claims, letters = (tab.run(script) for script in (HEIGHT, STOPS, CLAIMS, LETTERS))
    tab.send("Emulation.setEmulatedMedia", media="")
    printed = base64.b64decode(tab.send("Page.printToPDF", preferCSSPageSize=True)["data"])
    sheets = len(re.findall(rb"/Type\s*/Page\b", printed))
    sizes = (round(letters or 0, 1), round(least or 0, 1))
    return Length(round(screens / 900, 1), round(phone / 844, 1), sheets, stops, claims, *sizes)


def main(pages: list[str]) -> int:
    """Print the lengths of these pages."""
    for name in pages:
        with tempfile.TemporaryDirectory() as profile, chromium(str(PROGRAM), Path(profile)) as tab:
            print(
                name,
                *(
                    f"{key.replace('_', ' ')}: {value}"
                    for key, value in asdict(measured(tab, Path(name).resolve())).items()
                ),
                sep="\n  ",
            )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
