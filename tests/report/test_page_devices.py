"""The page on a telephone, on a screen and on paper: nothing is cut, and what matters is seen together."""

import json
from pathlib import Path

import pytest

from harness.report.tables import PROFILE_WORDS

from .browser import PROGRAM, Tab

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
CARDS = """
[...document.querySelectorAll('.claims')[0].tBodies[0].rows].map(row => {
  const boxes = ['.published .figure-text', '.ours .figure-text', '.verdict .chip']
    .map(part => row.querySelector(part).getBoundingClientRect());
  return [Math.min(...boxes.map(b => b.left)), Math.max(...boxes.map(b => b.right)),
          Math.max(...boxes.map(b => b.bottom)) - Math.min(...boxes.map(b => b.top)),
          boxes.every(b => b.width > 0)];
})
"""


def show(browser: Tab, page: Path, width: int, height: int) -> Tab:
    """The page in a window of that size, on a screen."""
    browser.send("Emulation.setEmulatedMedia", media="screen")
    browser.events.clear()
    browser.open(page, width=width, height=height)
    return browser


def test_a_telephone_shows_published_ours_and_verdict_together(browser: Tab, page: Path) -> None:
    cards = show(browser, page, 390, 844).run(CARDS)
    assert len(cards) > 10
    for left, right, height, seen in cards:
        assert seen
        assert 0 <= left < right <= 390
        assert height < 100


def test_a_telephone_cuts_nothing_and_the_page_is_not_endless(browser: Tab, page: Path) -> None:
    tab = show(browser, page, 390, 844)
    assert tab.run("document.documentElement.scrollHeight") < 16_000
    assert tab.run("document.querySelectorAll('details.main-table[open]').length") == 0
    tab.run(OPEN)
    assert tab.run(CUT) == []
    assert tab.run("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.mark.parametrize("words", PROFILE_WORDS.values(), ids=PROFILE_WORDS)
def test_the_label_of_every_profile_fits_a_telephone(browser: Tab, page: Path, words: str) -> None:
    tab = show(browser, page, 390, 844)
    tab.run(f"document.querySelectorAll('.tag').forEach(t => t.textContent = {json.dumps(words)})")
    assert tab.run("document.querySelectorAll('.tag').length") > 0
    assert tab.run(CUT) == []
    assert tab.run("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_the_reasons_of_a_verdict_unfold_on_a_telephone(browser: Tab, page: Path) -> None:
    tab = show(browser, page, 390, 844)
    summary = "document.querySelector('.claims .why summary')"
    tab.run(f"{summary}.scrollIntoView()")
    hit = "(b => document.elementFromPoint(b.left + b.width / 2, b.top + b.height / 2))"
    assert tab.run(f"{hit}({summary}.getBoundingClientRect()) === {summary}")
    tab.run(f"{summary}.click()")
    assert tab.run("document.querySelector('.claims .why .narrow').checkVisibility()")


def test_no_table_is_cut_at_1280(browser: Tab, page: Path) -> None:
    tab = show(browser, page, 1280, 900)
    tab.run(OPEN)
    assert tab.run(CUT) == []


@pytest.mark.parametrize("part", ["#origin", ".findings", ".links a[href='#records']"])
def test_what_the_page_is_stands_above_the_fold(browser: Tab, page: Path, part: str) -> None:
    tab = show(browser, page, 1280, 900)
    assert 0 < tab.run(f'document.querySelector("{part}").getBoundingClientRect().bottom') <= 900


def test_the_forest_plot_begins_at_the_top_and_most_of_it_is_above_the_fold(browser: Tab, page: Path) -> None:
    tab = show(browser, page, 1280, 900)
    box = "document.querySelector('#forest svg').getBoundingClientRect()"
    assert tab.run(f"{box}.top") < 100
    assert tab.run(f"{box}.height") * 0.8 < 900


def test_paper_has_all_that_is_folded_and_cuts_nothing(browser: Tab, page: Path) -> None:
    tab = show(browser, page, PAPER, 1000)
    tab.send("Emulation.setEmulatedMedia", media="print")
    hidden = "[...document.querySelectorAll('details > :not(summary)')].filter(e => !e.checkVisibility()).length"
    assert tab.run("document.querySelectorAll('details:not([open])').length") > 0
    assert tab.run(hidden) == 0
    assert tab.run(CUT) == []
    assert tab.run("getComputedStyle(document.querySelector('nav')).display") == "none"


def test_printing_opens_what_is_folded_and_folds_it_again(browser: Tab, page: Path) -> None:
    tab = show(browser, page, 1280, 900)
    folded = "document.querySelectorAll('details:not([open])').length"
    before = tab.run(folded)
    tab.run("dispatchEvent(new Event('beforeprint'))")
    assert tab.run(folded) == 0
    tab.run("dispatchEvent(new Event('afterprint'))")
    assert tab.run(folded) == before > 0
