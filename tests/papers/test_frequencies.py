"""The sentence on Fig. 1: training with the first frequencies alone, at 48 steps and at three cycles."""

from pathlib import Path

from scipy import stats

from harness.papers.dct_snn.experiments import ABLATION_FREQUENCIES as EXPERIMENT
from harness.papers.dct_snn.experiments import FREQUENCY_COUNTS as COUNTS
from tests.analysis.conftest import Write
from tests.analysis.judging import end_ann, write_arm
from tests.papers.conftest import briefs, sentences

GAINS = (100, 120, 90, 110, 80)  # images of 10,000 that 48 steps in place of 24 give, seed by seed


def said(folder: Path) -> list[str]:
    return [text for text in sentences(folder) if text.startswith("Trained with the first of 16")]


def write_frequencies(write: Write) -> None:
    """Each frequency is worth one point at three cycles; 48 steps add what `GAINS` holds."""
    for count in COUNTS:
        finals = [5000 + 100 * count] * 5
        longer = [final + gain for final, gain in zip(finals, GAINS, strict=True)]
        write_arm(write, EXPERIMENT.name, "lite", f"latency48-{count}", longer)
        if count < 16:
            write_arm(write, EXPERIMENT.name, "lite", f"cycles3-{count}", finals)


def test_both_families_are_told_count_by_count(tmp_path: Path, write: Write) -> None:
    write_frequencies(write)
    (sentence,) = said(tmp_path)
    low, high = stats.ttest_1samp([gain / 100 for gain in GAINS], 0).confidence_interval(0.95)
    assert sentence == (
        "Trained with the first of 16 frequencies alone on CIFAR-10 (ablation-frequencies, lite profile) | "
        "1, 2, 4, 6, 8, 10, 12 and 16 of them reach 52.00, 53.00, 55.00, 57.00, 59.00, 61.00, 63.00 and 67.00 % at 48 "
        "steps | "
        "1, 2, 4, 6, 8, 10 and 12 of them reach 51.00, 52.00, 54.00, 56.00, 58.00, 60.00 and 62.00 % at 3 steps for "
        "each of them | "
        f"48 steps in place of 24 give 8 of them +1.00 points (95 %: {low:+.2f} to {high:+.2f}, over seeds alone)"
    )
    assert (
        "On CIFAR-10 the first 8 of 16 frequencies alone reach 58.00 % at 24 steps and 59.00 % at 48; all 16 reach "
        "67.00 % at 48 (lite profile)."
    ) in briefs(tmp_path)


def test_anns_that_differ_are_told_beside_what_more_steps_give(tmp_path: Path, write: Write) -> None:
    write_frequencies(write)
    for arm, right in (("latency48-8", 7360), ("cycles3-8", 7332)):
        end_ann(tmp_path / EXPERIMENT.name / "lite" / arm, right)
    (sentence,) = said(tmp_path)
    assert sentence.endswith(", over seeds alone; its ANN differs by +0.28)")


def test_nothing_is_said_before_both_families_are_done(tmp_path: Path, write: Write) -> None:
    write_frequencies(write)
    (tmp_path / EXPERIMENT.name / "lite" / "cycles3-4" / "seed-0004.json").unlink()
    assert said(tmp_path) == []
