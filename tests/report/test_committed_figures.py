"""Every committed figure in a browser, as the page shows it: no two texts overlap, none is small, pale or cut off."""

from pathlib import Path
from typing import Any

import pytest

from harness.report.drawing import Picture
from harness.report.page import inline_svg

from .browser import PROGRAM, Tab
from .test_page import show

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="needs Debian's chromium, which .ci/run installs")
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
        svg = inline_svg(Picture(path.stem, "", "", path.read_bytes(), b""))
        width = 1088 if path.stem.endswith("-claims") else TELEPHONE
        shown.append(svg.replace("<svg ", f'<svg data-name="{path.stem}" style="width:{width}px;display:block" ', 1))
    page = tmp_path_factory.mktemp("figures") / "figures.html"
    page.write_text(f"<!doctype html><meta charset=utf-8><style>{style}</style>{''.join(shown)}", encoding="utf-8")
    return dict(show(browser, page, theme=request.param).run(TEXTS))


def test_every_committed_figure_is_measured(texts: dict[str, Any]) -> None:
    assert list(texts) == [path.stem for path in FIGURES]
    assert len(texts) > 30
    assert [name for name, found in texts.items() if len(found) < 4] == []


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


def test_every_text_can_be_read_on_a_telephone_and_on_a_dark_screen(texts: dict[str, Any]) -> None:
    small = [(n, t["words"], t["letters"]) for n, found in texts.items() for t in found if t["letters"] < 9]
    pale = [(n, t["words"], t["contrast"]) for n, found in texts.items() for t in found if t["contrast"] < 4.5]
    assert (small, pale) == ([], [])
