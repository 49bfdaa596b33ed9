"""Every claim has a paragraph: what was published, what came out, and what remains open."""

from dataclasses import replace

import pytest

from harness.report.claim_by_claim import paragraph, still_open
from harness.report.claim_rows import ClaimRow, claim_rows
from harness.report.sources import read
from harness.report.tables import BLANK

from .campaigns import CATALOGUE, Campaign

ROW = ClaimRow(
    id="t2",
    experiment="mnist",
    profile="paper",
    arm="cyclic-2",
    statement="cyclic-2 at T = 2",
    where="Table 1",
    published="86.7 %",
    ours="94.04 %",
    interval="95 %: 93.76 to 94.31",
    before="41.59",
    optimism="+0.13",
    seeds="5/5",
    margin="0.66",
    test="95 % interval",
    comparability="approximate (2 deviations)",
    deviations=("rate", "dropout"),
    verdict="higher",
    scope="",
    why="Our whole interval lies above.",
    also=("Of the readings, delay-2 comes nearest to 86.7: 83.80.",),
    reading="Of the readings, delay-2 comes nearest to 86.7: 83.80.",
    undone=(),
    whose="evidence",
    note="",
)


def test_a_paragraph_says_what_is_published_what_came_out_and_what_is_open() -> None:
    assert paragraph(ROW) == (
        "Published in Table 1: 86.7 %. Ours: 94.04 % (95 %: 93.76 to 94.31; 5/5 seeds, paper profile). "
        "Verdict: higher. Our whole interval lies above. "
        "Straight after balancing, before any fine-tuning, it was 41.59 %. "
        "Of the readings, delay-2 comes nearest to 86.7: 83.80. "
        "Open: whether the paper's numbers were made with that reading."
    )
    ordering = paragraph(replace(ROW, ours="+2.06 points", before="+5.30"))
    assert "it was +5.30 points." in ordering
    assert "Straight after" not in paragraph(replace(ROW, before=BLANK))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (replace(ROW, reading=""), "whether 2 deviations explain the difference; no run tells"),
        (
            replace(ROW, reading="", undone=("rate",)),
            "whether the one other deviation explains what is left; no run tells",
        ),
        (
            replace(ROW, reading="", deviations=("rate", "dropout", "map"), undone=("rate",)),
            "whether 2 other deviations explain what is left; no run tells",
        ),
        (replace(ROW, reading="", undone=("rate", "dropout")), "what explains what is left; no deviation does"),
        (replace(ROW, reading="", deviations=()), "nothing"),
        (replace(ROW, verdict="reproduced"), "whether 2 deviations matter"),
        (replace(ROW, verdict="holds", deviations=("rate",)), "whether the one deviation matters"),
        (replace(ROW, verdict="holds", deviations=()), "nothing"),
        (replace(ROW, verdict="no records"), "all of it"),
        (replace(ROW, verdict="inconclusive"), "the claim itself"),
    ],
)
def test_what_is_open_follows_from_verdict_reading_and_deviations(changed: ClaimRow, words: str) -> None:
    assert still_open(changed) == words


def test_every_claim_of_a_report_has_a_paragraph(everything: Campaign) -> None:
    rows = claim_rows(read(everything.evidence, None, CATALOGUE), CATALOGUE.claims)
    assert rows
    assert [row.id for row in rows if BLANK in paragraph(row).split()] == []
