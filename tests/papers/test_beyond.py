"""The sentence on other schedules, block sizes and colours: who is above cyclic after Holm's adjustment, at which T."""

from pathlib import Path

from scipy import stats

from harness.analysis.curves import index
from harness.catalogue import Sentence
from harness.papers.dct_snn.experiments import DCT_BEYOND_MNIST as EXPERIMENT
from harness.papers.dct_snn.findings.beyond import beats_cyclic
from tests.analysis.conftest import Write
from tests.analysis.judging import end_ann, load, write_arm
from tests.papers.conftest import in_one_line

CYCLIC = (9700, 9710, 9720, 9705, 9715)
ABOVE = (100, 101, 99, 100, 102)
P = 20 * stats.ttest_1samp(ABOVE, 0, alternative="greater").pvalue  # Holm: the least p, times all tests
INTERVAL = f"95 %: +0.99 to +1.02, adjusted p = {P:.2g}"


def sentences(folder: Path) -> list[str]:
    return list(map(in_one_line, found(folder)))


def found(folder: Path) -> list[Sentence]:
    return list(beats_cyclic(index(load(folder)), EXPERIMENT, "MNIST", "order, schedule or block size"))


def write_steps(write: Write, timesteps: int, **better: tuple[int, ...]) -> None:
    """All arms at one T; those of `better` have these many images more right than cyclic, seed by seed."""
    better = {"cyclic": (0,) * 5, **better}
    for arm in EXPERIMENT.arms:
        if arm.timesteps == timesteps:
            more = better.get(arm.name.partition("-")[0], (-10, -30, 10, 0, -20))
            write_arm(write, EXPERIMENT.name, "paper", arm.name, [a + b for a, b in zip(CYCLIC, more, strict=True)])


def test_nothing_is_said_before_all_arms_at_a_t_are_done(tmp_path: Path, write: Write) -> None:
    write_arm(write, EXPERIMENT.name, "paper", "cyclic-8", CYCLIC)
    write_arm(write, EXPERIMENT.name, "paper", "energy-8", [final + 100 for final in CYCLIC])
    assert sentences(tmp_path) == []


def test_the_best_of_those_that_are_not_above_is_named(tmp_path: Path, write: Write) -> None:
    write_steps(write, 8, weighted=(10, 0, -10, 20, 5))
    (sentence,) = sentences(tmp_path)
    # Student's t at 4 degrees of freedom times the standard error of (10, 0, -10, 20, 5) images of 10,000: by hand
    half = stats.t.ppf(0.975, 4) * 11.180339887498949 / 5**0.5 / 100
    interval = f"{0.05 - half:+.2f} to {0.05 + half:+.2f}"
    assert sentence == (
        "Does another order, schedule or block size beat cyclic 4×4 on MNIST (paper profile; one-sided p adjusted by "
        "Holm for 20 comparisons)? | at 8 steps none is shown to; the best is low frequencies oftener, +0.05 points "
        f"(95 %: {interval}, adjusted p = 1)"
    )


def test_who_is_above_after_adjustment_is_named_at_its_t(tmp_path: Path, write: Write) -> None:
    write_steps(write, 8, block7=ABOVE, energy=(10, 4, -2, 9, 12))  # the second: p = 0.02, times 19
    write_steps(write, 16)
    (sentence,) = sentences(tmp_path)
    assert f" | at 8 steps yes: cyclic, 7×7 blocks, +1.00 points ({INTERVAL}) | at 16 steps none" in sentence
    assert "falling energy" not in sentence.partition("at 16 steps")[0]
    assert [one.brief for one in found(tmp_path)] == [
        "What beats cyclic 4×4 on MNIST, in points (paper profile): at 8 steps cyclic, 7×7 blocks +1.00; "
        "at 16 steps nothing that is shown to."
    ]


def test_in_brief_where_nothing_is_above_at_any_t(tmp_path: Path, write: Write) -> None:
    for timesteps in (8, 16, 24):
        write_steps(write, timesteps)
    assert [one.brief for one in found(tmp_path)] == [
        "Nothing is shown to beat cyclic 4×4 on MNIST at 8, 16 and 24 steps (paper profile)."
    ]


def test_an_arm_with_an_ann_of_its_own_says_how_far_that_is_apart(tmp_path: Path, write: Write) -> None:
    write_steps(write, 8, block7=ABOVE)
    for arm, ann in (("cyclic-8", 9800), ("block7-8", 9830)):
        end_ann(tmp_path / EXPERIMENT.name / "paper" / arm, ann)
    (sentence,) = sentences(tmp_path)
    assert f"({INTERVAL}; its ANN differs by +0.30)" in sentence
