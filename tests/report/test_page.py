"""The page in a real browser: silent, self-contained, sortable, switchable, and no wider than a phone."""

from pathlib import Path

import pytest

from .browser import PROGRAM, Tab
from .campaigns import ERROR

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="needs Debian's chromium, which .ci/run installs")


@pytest.fixture
def tab(browser: Tab, page: Path) -> Tab:
    browser.events.clear()
    browser.open(page)
    return browser


SORTED = "[...document.querySelectorAll('.claims')[0].tBodies[0].rows].map(r => r.cells[1].dataset.value)"
HEADING = "document.querySelector('.claims thead th:nth-child(2)')"


def test_page_is_silent_and_fetches_nothing(tab: Tab) -> None:
    assert tab.complaints() == []
    assert tab.requests() == []


def test_a_click_on_a_heading_sorts_and_a_second_one_turns_the_order(tab: Tab) -> None:
    tab.run(f"{HEADING}.firstChild.click()")
    rising = tab.run(SORTED)
    assert (rising, tab.run(f"{HEADING}.ariaSort")) == (sorted(rising), "ascending")
    tab.run(f"{HEADING}.firstChild.click()")
    assert (tab.run(SORTED), tab.run(f"{HEADING}.ariaSort")) == (rising[::-1], "descending")


def test_numbers_sort_as_numbers_and_blanks_come_last(tab: Tab) -> None:
    table = "document.querySelector('#mnist-784-100-10-paper .accuracy')"
    tab.run(f"{table}.tHead.rows[0].cells[8].querySelector('button').click()")
    cells = tab.run(f"[...{table}.tBodies[0].rows].map(r => (r.cells[8] ?? r.cells[3]).dataset.value ?? null)")
    numbers = [float(value) for value in cells if value is not None]
    assert numbers == sorted(numbers)
    assert cells[len(numbers) :] == [None] * (len(cells) - len(numbers))


def test_headings_can_be_reached_and_pressed_by_keyboard(tab: Tab) -> None:
    tab.run(f"{HEADING}.firstChild.focus()")
    for kind in ("keyDown", "keyUp"):
        tab.send("Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", windowsVirtualKeyCode=13, text="\r")
    assert tab.run(f"{HEADING}.ariaSort") == "ascending"


def test_an_arm_can_be_hidden_and_shown_again(tab: Tab) -> None:
    button = "document.querySelector('#mnist-784-100-10-paper [data-toggle=\"cyclic-16\"]')"
    marks = "document.querySelectorAll('#mnist-784-100-10-paper [data-arm=\"cyclic-16\"]')"
    visible = f"[...{marks}].filter(mark => getComputedStyle(mark).display !== 'none').length"
    before = tab.run(visible)
    assert before >= 3  # line, band and the published point
    tab.run(f"{button}.click()")
    assert (tab.run(visible), tab.run(f"{button}.ariaPressed")) == (0, "false")
    tab.run(f"{button}.click()")
    assert (tab.run(visible), tab.run(f"{button}.ariaPressed")) == (before, "true")


def test_a_number_leads_to_its_records(tab: Tab, page: Path) -> None:
    tab.run("document.querySelector('#mnist-784-100-10-paper tr.evidence td a').click()")
    tab.run("new Promise(done => setTimeout(done, 50))")
    assert tab.run("document.querySelector('#mnist-784-100-10-paper details.records').open") is True
    link = tab.run("document.querySelector(location.hash + ' + ul a').getAttribute('href')")
    assert (page.parent / link).is_file()


def test_errors_are_quoted_as_text(tab: Tab) -> None:
    assert ERROR in tab.run("document.querySelector('.problems').textContent")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_sideways_scrolling_on_a_phone(browser: Tab, page: Path, theme: str) -> None:
    browser.events.clear()
    browser.open(page, width=390, height=844, theme=theme)
    browser.run("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert browser.run("[document.documentElement.scrollWidth, innerWidth]") == [390, 390]


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
  const ratio = node => {
    const pair = [light(getComputedStyle(node).color), light(ground(node))].sort((a, b) => b - a);
    return (pair[0] + 0.05) / (pair[1] + 0.05);
  };
  const kinds = "h1, h2, p, small, td, th, a, li, dd, dt, .chip, .tag, button, sup, footer";
  return Math.min(...[...document.querySelectorAll(kinds)].map(ratio));
})()
"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_has_enough_contrast(browser: Tab, page: Path, theme: str) -> None:
    browser.events.clear()
    browser.open(page, theme=theme)
    assert browser.run(CONTRAST) >= 4.5
