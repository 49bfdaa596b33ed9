"""The pages in a real browser: short, silent, self-contained, sortable, and readable on a telephone and on paper."""

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest

from harness.report.drawing import Picture
from harness.report.publish import inline_svg
from harness.report.tables import PROFILE_WORDS

from .browser import PROGRAM, Tab
from .campaigns import ERROR

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
# Stops of the tab key; matplotlib draws letters as paths, 100 units high.
STOPS = """
[...document.querySelectorAll('a[href], button, summary, [tabindex="0"]')]
  .filter(e => e.checkVisibility({contentVisibilityAuto: true})).length
"""
LETTERS = """
Math.min(...[...document.querySelectorAll('svg')].filter(e => e.checkVisibility()).flatMap(svg =>
  [...svg.querySelectorAll('g[id*="text_"] > g')].map(e => 100 * Math.hypot(e.getScreenCTM().a, e.getScreenCTM().b))))
"""
WORDS = f"[...{CLAIMS}.tBodies[0].rows].filter(r => !r.hidden).map(r => r.cells[1].dataset.value)"


@pytest.fixture
def mnist(front: Path) -> Path:
    return front.with_name("mnist-784-100-10.html")


def show(browser: Tab, page: Path, width: int = 1280, height: int = 900, theme: str = "light") -> Tab:
    browser.send("Emulation.setEmulatedMedia", media="screen")
    browser.events.clear()
    browser.open(page, width=width, height=height, theme=theme)
    return browser


@pytest.mark.slow
@pytest.mark.parametrize("name", ["front", "mnist"])
def test_a_page_is_silent_and_fetches_nothing(browser: Tab, name: str, request: pytest.FixtureRequest) -> None:
    tab = show(browser, request.getfixturevalue(name))
    assert (tab.complaints(), tab.requests()) == ([], [])


def test_the_front_page_is_read_from_top_to_bottom(browser: Tab, front: Path) -> None:
    assert show(browser, front, 390, 844).run(LETTERS) >= 9
    tab = show(browser, front)
    assert tab.run("document.documentElement.scrollHeight") <= 12 * 900
    assert tab.run("document.querySelector('#claims, #forest').getBoundingClientRect().top + scrollY") < 900
    assert tab.run(STOPS) <= 300
    assert tab.run("document.querySelectorAll('nav a').length") <= 8
    assert tab.run("document.querySelector('a, button, summary').getAttribute('href')") == "#main"
    tab.run("scrollTo(0, 2000)")
    assert tab.run("document.querySelector('nav').getBoundingClientRect().top") == 0
    assert ERROR in tab.run("document.querySelector('.problems').textContent")
    tab.send("Emulation.setEmulatedMedia", media="")
    printed = base64.b64decode(tab.send("Page.printToPDF", preferCSSPageSize=True)["data"])
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) <= 15


def test_a_click_on_a_heading_sorts_and_a_chip_shows_the_claims_with_its_verdict(browser: Tab, front: Path) -> None:
    tab, chip = show(browser, front), "document.querySelector('[data-filter=\"reproduced\"]')"
    every = tab.run(WORDS)
    tab.run(f"{chip}.click()")
    assert tab.run(f"{CLAIMS}.checkVisibility()")
    assert tab.run(WORDS) == [word for word in every if word == "reproduced"] != []
    assert tab.run(f"{chip}.querySelector('b').textContent") == str(every.count("reproduced"))
    tab.run(f"{chip}.click()")
    assert tab.run(WORDS) == every
    tab.run(OPEN)
    tab.run(f"{HEADING}.firstChild.focus()")
    for kind in ("keyDown", "keyUp"):
        tab.send("Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", windowsVirtualKeyCode=13, text="\r")
    rising = tab.run(WORDS)
    assert (rising, tab.run(f"{HEADING}.ariaSort")) == (sorted(rising), "ascending")
    tab.run(f"{HEADING}.firstChild.click()")
    assert (tab.run(WORDS), tab.run(f"{HEADING}.ariaSort")) == (rising[::-1], "descending")


def test_numbers_sort_as_numbers_and_a_number_opens_its_records_in_place(browser: Tab, mnist: Path) -> None:
    tab, row = show(browser, mnist), "document.querySelector('.accuracy tr.evidence')"
    link = f"{row}.querySelector('.records a')"
    assert not tab.run(f"{link}.checkVisibility()")
    tab.run(f"{row}.cells[4].click()")
    assert tab.run(f"{link}.checkVisibility()")
    assert (mnist.parent / tab.run(f"{link}.getAttribute('href')")).is_file()
    table = "document.querySelector('.accuracy')"
    tab.run(f"{table}.tHead.rows[0].cells[8].querySelector('button').click()")
    cells = tab.run(f"[...{table}.tBodies[0].rows].map(r => (r.cells[8] ?? r.cells[3]).textContent.trim())")
    numbers = [float(text.split()[0].strip(",")) for text in cells if text]
    assert len(numbers) > 3
    assert numbers == sorted(numbers)
    assert cells[len(numbers) :] == [""] * (len(cells) - len(numbers))  # blanks come last


@pytest.mark.parametrize("name", ["front", "mnist"])
@pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 900)])
def test_nothing_is_cut(browser: Tab, name: str, width: int, height: int, request: pytest.FixtureRequest) -> None:
    tab = show(browser, request.getfixturevalue(name), width, height)
    tab.run(OPEN)
    assert tab.run(CUT) == []
    assert tab.run("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_the_label_of_every_profile_fits_a_telephone_and_paper_cuts_nothing(browser: Tab, mnist: Path) -> None:
    tab = show(browser, mnist, 390, 844)
    for words in PROFILE_WORDS.values():
        tab.run(f"document.querySelectorAll('.tag').forEach(t => t.textContent = {json.dumps(words)})")
        assert tab.run("document.querySelectorAll('.tag').length") > 0
        assert tab.run(CUT) == []
    tab = show(browser, mnist, PAPER, 1000)
    tab.send("Emulation.setEmulatedMedia", media="print")
    assert tab.run(CUT) == []
    assert tab.run("getComputedStyle(document.querySelector('nav')).display") == "none"


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


# Every committed figure, as the page shows it

ROOT = Path(__file__).parents[2]
FIGURES = sorted((ROOT / "reports").glob("*.svg"))
TELEPHONE = 358  # CSS pixels between the margins of a page on a telephone of 390
# Of each text: its words, its box, the height of its letters, its contrast with the paper. matplotlib draws letters as
# paths, 100 units high, behind a comment with the words; a page inlines figures.
TEXTS = """
[...document.querySelectorAll('svg')].map(svg => {
  const numbers = text => text.match(/[\\d.]+/g).map(Number);
  const light = colour => {
    const parts = numbers(colour).map(v => v / 255);
    const [r, g, b] = parts.map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
  };
  const paper = light(getComputedStyle(document.body).backgroundColor), whole = svg.getBoundingClientRect();
  const texts = [...svg.querySelectorAll('g[id*="text_"]')].filter(g => g.querySelector(':scope > g'));
  return [svg.dataset.name, texts.map(g => {
    const box = g.getBoundingClientRect(), drawn = g.querySelector(':scope > g'), scale = drawn.getScreenCTM();
    const ink = light(getComputedStyle(drawn).fill);
    return {
      words: [...g.childNodes].filter(n => n.nodeType === 8).map(n => n.data.trim()).join(' '),
      box: [box.left - whole.left, box.top - whole.top, box.right - whole.left, box.bottom - whole.top],
      letters: 100 * Math.hypot(scale.a, scale.b), contrast: Math.max(ink, paper) / Math.min(ink, paper),
      inside: box.left >= whole.left - 1 && box.right <= whole.right + 1
        && box.top >= whole.top - 1 && box.bottom <= whole.bottom + 1,
    };
  })];
})
"""


@pytest.fixture(scope="module", params=["light", "dark"])
def texts(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, browser: Tab) -> dict[str, Any]:
    """The texts of each figure as wide as on a telephone, where the wide figure of claims is not shown."""
    style = (ROOT / "harness/report/templates/style.css").read_text("utf-8")
    shown = []
    for path in FIGURES:
        svg = inline_svg(Picture(path.stem, "", "", path.read_bytes(), lambda: b""))
        width = 1088 if path.stem.endswith("-claims") else TELEPHONE
        shown.append(svg.replace("<svg ", f'<svg data-name="{path.stem}" style="width:{width}px;display:block" ', 1))
    page = tmp_path_factory.mktemp("figures") / "figures.html"
    page.write_text(f"<!doctype html><meta charset=utf-8><style>{style}</style>{''.join(shown)}", encoding="utf-8")
    return dict(show(browser, page, theme=request.param).run(TEXTS))


@pytest.mark.slow
def test_every_committed_figure_is_measured(texts: dict[str, Any]) -> None:
    assert list(texts) == [path.stem for path in FIGURES]
    assert len(texts) > 30
    assert [name for name, found in texts.items() if len(found) < 4] == []


@pytest.mark.slow
def test_no_two_texts_overlap_and_none_is_cut_off(texts: dict[str, Any]) -> None:
    wrong = []
    for name, found in texts.items():
        wrong += [(name, text["words"], "cut off") for text in found if not text["inside"]]
        for place, one in enumerate(found):
            for other in found[:place]:
                (left, top, right, bottom), (left2, top2, right2, bottom2) = one["box"], other["box"]
                if min(right, right2) - max(left, left2) > 0.5 and min(bottom, bottom2) - max(top, top2) > 0.5:
                    wrong.append((name, one["words"], other["words"]))
    assert wrong == []


@pytest.mark.slow
def test_every_text_can_be_read_on_a_telephone_and_on_a_dark_screen(texts: dict[str, Any]) -> None:
    small = [(n, t["words"], t["letters"]) for n, found in texts.items() for t in found if t["letters"] < 9]
    pale = [(n, t["words"], t["contrast"]) for n, found in texts.items() for t in found if t["contrast"] < 4.5]
    assert (small, pale) == ([], [])
