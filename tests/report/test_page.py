"""The pages in a real browser: short, silent, self-contained, sortable, and readable on a telephone and on paper."""

import json
from pathlib import Path

import pytest

from harness.report.tables import PROFILE_WORDS

from .browser import PROGRAM, Tab
from .campaigns import ERROR
from .measure import measured

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="needs Debian's chromium, which .ci/run installs")
PAPER = 703  # CSS pixels between the margins of a sheet of A4
OPEN = "document.querySelectorAll('details').forEach(d => d.open = true)"
# Tables, their cells and figures that reach beyond the window, or beyond a box that would have to be scrolled.
CUT = """
[...document.querySelectorAll('tbody th, td, svg, code, p, li, .chip, .tag')]
  .filter(e => e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + 1)
  .concat([...document.querySelectorAll('.scroll')].filter(e => e.checkVisibility() && e.scrollWidth > e.clientWidth))
  .map(e => e.textContent.slice(0, 60))
"""
CLAIMS = "document.querySelector('#claims .claims')"
HEADING = f"{CLAIMS}.querySelector('thead th:nth-child(2)')"
WORDS = f"[...{CLAIMS}.tBodies[0].rows].filter(r => !r.hidden).map(r => r.cells[1].dataset.value)"


@pytest.fixture
def front(page: Path) -> Path:
    return page


@pytest.fixture
def mnist(page: Path) -> Path:
    return page.with_name("mnist-784-100-10.html")


def show(browser: Tab, page: Path, width: int = 1280, height: int = 900, theme: str = "light") -> Tab:
    """The page in a window of that size, on a screen."""
    browser.send("Emulation.setEmulatedMedia", media="screen")
    browser.events.clear()
    browser.open(page, width=width, height=height, theme=theme)
    return browser


@pytest.mark.parametrize("name", ["front", "mnist"])
def test_a_page_is_silent_and_fetches_nothing(browser: Tab, name: str, request: pytest.FixtureRequest) -> None:
    tab = show(browser, request.getfixturevalue(name))
    assert tab.complaints() == []
    assert tab.requests() == []


def test_the_front_page_is_read_from_top_to_bottom(browser: Tab, front: Path) -> None:
    length = measured(browser, front)
    assert length.screens <= 12
    assert length.sheets <= 15
    assert length.tab_stops <= 300
    assert length.claims_at < 900
    assert length.smallest_on_a_telephone >= 9
    assert browser.run("document.querySelectorAll('nav a').length") <= 8


def test_the_navigation_stays_and_can_be_skipped(browser: Tab, front: Path) -> None:
    tab = show(browser, front)
    assert tab.run("document.querySelector('a, button, summary').getAttribute('href')") == "#main"
    tab.run("scrollTo(0, 2000)")
    assert tab.run("document.querySelector('nav').getBoundingClientRect().top") == 0


def test_a_click_on_a_heading_sorts_and_a_second_one_turns_the_order(browser: Tab, front: Path) -> None:
    tab = show(browser, front)
    tab.run(OPEN)
    tab.run(f"{HEADING}.firstChild.focus()")
    for kind in ("keyDown", "keyUp"):
        tab.send("Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", windowsVirtualKeyCode=13, text="\r")
    rising = tab.run(WORDS)
    assert (rising, tab.run(f"{HEADING}.ariaSort")) == (sorted(rising), "ascending")
    tab.run(f"{HEADING}.firstChild.click()")
    assert (tab.run(WORDS), tab.run(f"{HEADING}.ariaSort")) == (rising[::-1], "descending")


def test_numbers_sort_as_numbers_and_blanks_come_last(browser: Tab, mnist: Path) -> None:
    tab, table = show(browser, mnist), "document.querySelector('.accuracy')"
    tab.run(f"{table}.tHead.rows[0].cells[8].querySelector('button').click()")
    cells = tab.run(f"[...{table}.tBodies[0].rows].map(r => (r.cells[8] ?? r.cells[3]).textContent.trim())")
    numbers = [float(text.split()[0].strip(",")) for text in cells if text]
    assert len(numbers) > 3
    assert numbers == sorted(numbers)
    assert cells[len(numbers) :] == [""] * (len(cells) - len(numbers))


def test_a_chip_shows_the_claims_with_its_verdict(browser: Tab, front: Path) -> None:
    tab, chip = show(browser, front), "document.querySelector('[data-filter=\"reproduced\"]')"
    every = tab.run(WORDS)
    tab.run(f"{chip}.click()")
    assert tab.run(f"{CLAIMS}.checkVisibility()")
    assert tab.run(WORDS) == [word for word in every if word == "reproduced"] != []
    assert tab.run(f"{chip}.querySelector('b').textContent") == str(every.count("reproduced"))
    tab.run(f"{chip}.click()")
    assert tab.run(WORDS) == every


def test_a_number_opens_its_records_in_place(browser: Tab, mnist: Path) -> None:
    tab, row = show(browser, mnist), "document.querySelector('.accuracy tr.evidence')"
    link = f"{row}.querySelector('.records a')"
    assert not tab.run(f"{link}.checkVisibility()")
    tab.run(f"{row}.cells[4].click()")
    assert tab.run(f"{link}.checkVisibility()")
    assert (mnist.parent / tab.run(f"{link}.getAttribute('href')")).is_file()


def test_errors_are_quoted_as_text(browser: Tab, front: Path) -> None:
    assert ERROR in show(browser, front).run("document.querySelector('.problems').textContent")


@pytest.mark.parametrize("name", ["front", "mnist"])
@pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 900)])
def test_nothing_is_cut(browser: Tab, name: str, width: int, height: int, request: pytest.FixtureRequest) -> None:
    tab = show(browser, request.getfixturevalue(name), width, height)
    tab.run(OPEN)
    assert tab.run(CUT) == []
    assert tab.run("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_the_label_of_every_profile_fits_a_telephone(browser: Tab, mnist: Path) -> None:
    tab = show(browser, mnist, 390, 844)
    for words in PROFILE_WORDS.values():
        tab.run(f"document.querySelectorAll('.tag').forEach(t => t.textContent = {json.dumps(words)})")
        assert tab.run("document.querySelectorAll('.tag').length") > 0
        assert tab.run(CUT) == []


CARDS = f"""
[...{CLAIMS}.tBodies[0].rows].map(row => {{
  const boxes = ['.published', '.ours', '.verdict .chip'].map(part => row.querySelector(part).getBoundingClientRect());
  return [Math.min(...boxes.map(b => b.left)), Math.max(...boxes.map(b => b.right)),
          Math.max(...boxes.map(b => b.top)) - Math.min(...boxes.map(b => b.top))];
}})
"""


def test_a_telephone_shows_published_ours_and_verdict_together(browser: Tab, front: Path) -> None:
    tab = show(browser, front, 390, 844)
    tab.run(OPEN)
    cards = tab.run(CARDS)
    assert len(cards) > 10
    for left, right, height in cards:
        assert 0 <= left < right <= 390
        assert height < 100
    summary = f"{CLAIMS}.querySelector('.why summary')"
    tab.run(f"{summary}.scrollIntoView({{block: 'center'}})")
    hit = "(b => document.elementFromPoint(b.left + b.width / 2, b.top + b.height / 2))"
    assert tab.run(f"{hit}({summary}.getBoundingClientRect()) === {summary}")


def test_paper_has_what_is_unfolded_and_cuts_nothing(browser: Tab, mnist: Path) -> None:
    tab = show(browser, mnist, PAPER, 1000)
    tab.send("Emulation.setEmulatedMedia", media="print")
    assert tab.run(CUT) == []
    assert tab.run("getComputedStyle(document.querySelector('nav')).display") == "none"


CONTRAST = """
(() => {
  const parse = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = colour => {
    const [r, g, b] = parse(colour).map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = node => {
    for (let n = node; n; n = n.parentElement) {
      const colour = getComputedStyle(n).backgroundColor;
      if (parse(colour)[3] !== 0) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const ratio = (node, colour) => {
    const pair = [light(colour), light(ground(node))].sort((a, b) => b - a);
    return (pair[0] + 0.05) / (pair[1] + 0.05);
  };
  const kinds = "h1, h2, h3, p, small, td, th, a, li, dd, dt, summary, .chip, .tag, button, sup, footer";
  return Math.min(
    ...[...document.querySelectorAll(kinds)].map(e => ratio(e, getComputedStyle(e).color)),
    ...[...document.querySelectorAll(".headlines g[id*='text_'] > g")].map(e => ratio(e, getComputedStyle(e).fill)));
})()
"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_has_enough_contrast(browser: Tab, front: Path, theme: str) -> None:
    tab = show(browser, front, theme=theme)
    tab.run(OPEN)
    assert tab.run(CONTRAST) >= 4.5
