"""The sentences on readings and on codes: which ones are shown to change accuracy, the largest change first."""

from pathlib import Path

from scipy import stats

from encoders.registry import BUILTIN
from harness.papers.dct_snn.experiments import SENSITIVITY_READINGS_CIFAR10 as EXPERIMENT
from tests.analysis.conftest import Write
from tests.analysis.judging import write_arm
from tests.papers.conftest import briefs, sentences

DEFAULT = (7500, 7520, 7490)
WORSE, SAME = (-300, -301, -299), (10, -20, 15)  # images of 10,000
START = "Does another reading of the paper than ours (eq. 2, synchronous, U_T / T, YCbCr centred) change accuracy"


def said(folder: Path) -> list[str]:
    return [text for text in sentences(folder) if text.startswith("Does another reading")]


def write_readings(write: Write, **more: tuple[int, ...]) -> None:
    """All readings; those of `more` have these many images more right than the default, seed by seed."""
    for arm in EXPERIMENT.arms:
        apart = (0, 0, 0) if arm.name == "default" else more.get(arm.name, SAME)
        write_arm(write, EXPERIMENT.name, "lite", arm.name, [a + b for a, b in zip(DEFAULT, apart, strict=True)])


def test_those_that_are_shown_to_change_it_come_first(tmp_path: Path, write: Write) -> None:
    write_readings(write, chroma=WORSE, delay=(400, 402, 398))
    (sentence,) = said(tmp_path)
    assert sentence.startswith(
        f"{START} in a deep network on CIFAR-10, after 6,000 images of fine-tuning and not known "
    )
    assert "not known to have settled (sensitivity-readings-cifar10, lite profile; " in sentence
    assert "Holm for 7 comparisons)? Yes: | one step of delay a layer, +4.00 points" in sentence
    low, high = (bound / 100 for bound in stats.ttest_1samp(WORSE, 0).confidence_interval(0.95))
    p = 7 * stats.ttest_1samp(WORSE, 0).pvalue  # the least of seven, two-sided
    interval = f"95 %: {low:+.2f} to {high:+.2f}, adjusted p = {p:.2g}"
    assert f" | chroma off centre, as released, -3.00 points ({interval}) | not shown: " in sentence
    assert sentence.count("+0.02 points") == 5
    assert not any("our reading" in text for text in briefs(tmp_path))  # README shows nothing unsettled


def test_where_none_is_shown_to_it_says_so(tmp_path: Path, write: Write) -> None:
    write_readings(write)
    (sentence,) = said(tmp_path)
    assert "comparisons)? None is shown to: | leak as Algorithm 1: only without a" in sentence
    assert sentence.endswith(", adjusted p = 1); nor is equivalence within 0.50 points")


def test_nothing_is_said_before_all_readings_are_done(tmp_path: Path, write: Write) -> None:
    write_readings(write)
    (tmp_path / EXPERIMENT.name / "lite" / "released" / "seed-0002.json").unlink()
    assert said(tmp_path) == []


def test_the_codes_are_compared_with_dct_by_their_titles(tmp_path: Path, write: Write) -> None:
    for code, more in zip(BUILTIN, (0, -300, 50, 20, 20, 20, 20), strict=True):
        finals = [7500 + more + noise * (code != "dct") for noise in (2, -2, 0, 1, -1)]
        write_arm(write, "cifar10-encoders", "lite", code, finals)
    (sentence,) = [text for text in sentences(tmp_path) if text.startswith("Does a code other than DCT")]
    assert sentence.startswith("Does a code other than DCT change accuracy on CIFAR-10 at 48 steps, on one map (")
    assert "Holm for 6 comparisons)? Yes: | Poisson rate, -3.00 points" in sentence
    assert " | direct input (analog), +0.50 points" in sentence


def test_an_arm_is_equivalent_where_two_one_sided_tests_say_so_after_holm(tmp_path: Path, write: Write) -> None:
    near, far = (1, -1, 0), (10, -20, 15)  # images of 10,000: 0.00 and 0.02 points
    write_readings(write, delay=near, chroma=WORSE)
    p = {
        apart: max(
            stats.ttest_1samp(apart, -50, alternative="greater").pvalue,
            stats.ttest_1samp(apart, 50, alternative="less").pvalue,
        )
        for apart in (near, far)
    }
    assert 7 * p[near] < 0.05 < 6 * p[far]  # alone, without Holm, the second would be equivalent too
    assert p[far] < 0.05
    (sentence,) = said(tmp_path)
    parts = sentence.split(" | ")
    (alike,) = [part for part in parts if "one step of delay" in part]
    assert alike.startswith("not shown: one step of delay a layer, +0.00 points (")
    assert alike.endswith("); equivalent within 0.50 points")
    assert sum(part.endswith("; nor is equivalence within 0.50 points") for part in parts) == 5


def test_the_margin_on_mnist_is_that_of_its_published_accuracy(tmp_path: Path, write: Write) -> None:
    for code in BUILTIN:
        noise = 0 if code in ("dct", "direct") else 30
        write_arm(write, "mnist-encoders", "paper", code, [9850 + noise * seed for seed in (-2, -1, 0, 1, 2)])
    (sentence,) = [text for text in sentences(tmp_path) if text.startswith("Does a code other than DCT")]
    assert (
        "direct input (analog), +0.00 points (95 %: +0.00 to +0.00, adjusted p = 1); equivalent within 0.10" in sentence
    )
    assert sentence.count("; nor is equivalence within 0.10 points") == 5
