"""Interleaving against half of the frequencies: scipy's intervals, numbers published in §6, and whole seeds only."""

from pathlib import Path

import pytest
from scipy import stats

from tests.analysis.conftest import Write
from tests.analysis.judging import INTERLEAVED, write_arm
from tests.papers.conftest import briefs, sentences

HALVES = "ablation-intermittent"
OURS = (6800, 6810, 6790, 6805, 6795)  # images of 10,000
FIRST, OTHER = (6600, 6590, 6610, 6600, 6600), (6200, 6230, 6170, 6190, 6210)


def said(folder: Path) -> list[str]:
    return [text for text in sentences(folder) if text.startswith("All frequencies, interleaved")]


@pytest.fixture
def written(tmp_path: Path, write: Write) -> Path:
    write_arm(write, INTERLEAVED, "lite", "interleaved-16x3", OURS)
    write_arm(write, HALVES, "lite", "truncated-8x6", FIRST)
    write_arm(write, HALVES, "lite", "intermittent-8x6", OTHER)
    return tmp_path


def test_the_differences_are_paired_by_seed_beside_the_published_ones(written: Path) -> None:
    (sentence,) = said(written)
    _, *parts = sentence.split(" | ")
    apart = [[(a - b) / 100 for a, b in zip(OURS, less, strict=True)] for less in (FIRST, OTHER)]
    tests = [stats.ttest_1samp(one, 0) for one in apart]
    least, most = sorted(test.pvalue for test in tests)
    by_hand = {least: 2 * least, most: max(2 * least, most)}
    for part, mean, test, published in zip(parts, (2.0, 6.0), tests, ("-7.50", "-4.70"), strict=True):
        low, high = test.confidence_interval(0.95)
        assert f", {mean:+.2f} points (95 %: {low:+.2f} to {high:+.2f}, adjusted p " in part
        assert f"{by_hand[test.pvalue]:.2g}" in part
        assert part.endswith(f"; the published accuracies differ by {published}")  # 79.7 - 87.2 and 79.7 - 84.4
    assert [part.partition(" × 6, ")[0] for part in parts] == ["against first 8, cyclic, 8", "against intermittent, 8"]


def test_the_sentence_says_that_the_comparison_is_ours_and_late(written: Path) -> None:
    (sentence,) = said(written)
    assert "does not draw and that was chosen once the results were known" in sentence
    assert not any("half of them" in text for text in briefs(written))  # a small network alone says nothing in README


@pytest.mark.parametrize("missing", [f"{HALVES}/lite/truncated-8x6", f"{INTERLEAVED}/lite/interleaved-16x3"])
def test_nothing_is_said_before_every_planned_seed_is_done(written: Path, missing: str) -> None:
    (written / missing / "seed-0004.json").unlink()
    assert said(written) == []


def test_the_papers_own_network_stands_beside_before_it_judges(written: Path, write: Write) -> None:
    write(INTERLEAVED, "short", "interleaved-16x3", 0, 7246)
    write(HALVES, "short", "truncated-8x6", 0, 7350)
    (sentence,) = said(written)
    assert sentence.endswith("on the paper's own network (short profile, 1 seed), -1.04 against first 8, cyclic, 8 × 6")


def test_the_short_profile_judges_no_ordering(tmp_path: Path, write: Write) -> None:
    write_arm(write, INTERLEAVED, "short", "interleaved-16x3", OURS)
    write_arm(write, HALVES, "short", "truncated-8x6", FIRST)
    write_arm(write, HALVES, "short", "intermittent-8x6", OTHER)
    assert said(tmp_path) == []
