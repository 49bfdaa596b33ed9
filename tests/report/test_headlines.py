"""The figure of headline claims: a row each, in words of the paper, readable on a telephone and on a screen."""

import json
from pathlib import Path

import pytest

from harness.report import figures, read
from harness.report.drawing import styled
from harness.report.figures import claims_figures

from .browser import PROGRAM, Tab
from .campaigns import CATALOGUE, Campaign, keep_drawn, write_arm, write_mnist

PAPER = CATALOGUE.papers[0]
EVERY = {experiment.name for experiment in PAPER.experiments}
TITLE = "Partly: the gains over other temporal codes on MNIST come out; the accuracies on MNIST come out in part."
# Of every text: its letters' size in CSS pixels, and its box. matplotlib draws letters as paths, 100 units high.
TEXTS = """
[...document.querySelectorAll('svg')].filter(svg => svg.checkVisibility()).flatMap(svg =>
  [...svg.querySelectorAll('g[id*="text_"] > g')].map(letters => {
    const box = letters.getBoundingClientRect();
    return {size: 100 * Math.hypot(letters.getScreenCTM().a, letters.getScreenCTM().b),
            left: box.left, right: box.right, top: box.top, bottom: box.bottom};
  }))
"""


@pytest.fixture
def judged(campaign: Campaign) -> Campaign:
    """Accuracies on MNIST; one seed of the paper's own network, and five of a small one."""
    write_mnist(campaign.evidence)
    for arm, final in {
        "cyclic-16x3": 7300,
        "interleaved-16x3": 6800,
        "cyclic-8x3": 7000,
        "interleaved-8x3": 6700,
    }.items():
        write_arm(campaign.evidence, "ablation-interleaved", "short", arm, (final,))
        write_arm(campaign.evidence, "ablation-interleaved", "lite", arm, [final - 400 + 7 * seed for seed in range(5)])
    return campaign


def test_a_headline_repeats_the_printed_size() -> None:
    headlines = [claim for claim in PAPER.claims if claim.headline]
    assert len(headlines) >= 10
    for claim in headlines:
        size = claim.value or getattr(claim, "difference", None)
        assert size is None or size in claim.headline, claim.id


def test_rows_set_ours_against_the_published_value(judged: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = keep_drawn(figures, monkeypatch)
    (evidence,) = read(judged.evidence, None, CATALOGUE)
    wide, narrow = claims_figures(PAPER, EVERY, evidence, TITLE)
    assert (wide.name, narrow.name) == ("dct-snn-claims", "dct-snn-claims-narrow")
    assert kept[0] == kept[1]
    title, *rows = kept[0]
    found = {name: rest for name, *rest in rows}
    assert title == TITLE
    assert list(found) == [claim.id for claim in PAPER.claims if claim.headline]
    published, ours, word, off, half = found["mnist-t16"]
    assert (published, ours, word) == ("98.54 %", "98.54 ± 0.04", "reproduced")
    assert (off, half) == (pytest.approx(0.0), pytest.approx(0.04, abs=0.005))
    assert found["mnist-t2"][3] == pytest.approx(90.6 - 86.7)
    # The paper's own network speaks, though five seeds of a small one would lead.
    assert found["interleaved-cyclic-wins-8"] == [
        "+15.97",
        "+3.00 (1 seed)",
        "inconclusive",
        pytest.approx(-12.97),
        None,
    ]
    assert found["tinyimagenet-accuracy"] == ["52.43 %", "", "not run", None, None]
    assert found["intermittent-all-16-beats-first-8"][:3] == ["+2.74", "", "not run"]


@pytest.mark.skipif(PROGRAM is None, reason="needs Debian's chromium, which .ci/run installs")
@pytest.mark.parametrize(("width", "shown"), [(390, 340.0), (1280, 900.0)])
def test_every_label_is_readable_and_no_two_overlap(
    browser: Tab, judged: Campaign, tmp_path: Path, width: int, shown: float
) -> None:
    (evidence,) = read(judged.evidence, None, CATALOGUE)
    with styled():
        wide, narrow = claims_figures(PAPER, EVERY, evidence, TITLE)
    for picture in (wide, narrow):
        (tmp_path / f"{picture.name}.svg").write_bytes(picture.svg)
    # As README shows it: a picture as wide as its column. Its boxes can be measured where it stands in the page.
    sheet = "svg { display: block; width: 100%; height: auto }"
    body = (narrow if width < 600 else wide).svg.decode().partition("<svg")[2]
    page = tmp_path / "page.html"
    page.write_text(
        f'<!doctype html><meta name="viewport" content="width=device-width"><style>{sheet}</style><svg{body}'
    )
    browser.events.clear()
    browser.open(page, width=width, height=900)
    assert browser.run("document.querySelector('svg').viewBox.baseVal.width") == pytest.approx(shown)
    boxes = json.loads(browser.run(f"JSON.stringify({TEXTS})"))
    assert len(boxes) > 40
    assert min(box["size"] for box in boxes) >= 11
    assert min(box["left"] for box in boxes) >= 0
    assert max(box["right"] for box in boxes) <= width
    overlapping = [
        (one, other)
        for place, one in enumerate(boxes)
        for other in boxes[place + 1 :]
        if min(one["right"], other["right"]) - max(one["left"], other["left"]) > 0.5
        and min(one["bottom"], other["bottom"]) - max(one["top"], other["top"]) > 0.5
    ]
    assert overlapping == []
