"""The sentences on codes that are read on the way to their last step, and on each beside its own ANN."""

import math
from pathlib import Path

from scipy import stats

from encoders.registry import BUILTIN
from harness.records.store import read_record
from tests.analysis.conftest import Write
from tests.analysis.judging import end_ann, write_arm
from tests.papers.conftest import briefs, sentences


def said(folder: Path) -> list[str]:
    return [text for text in sentences(folder) if text.startswith("Read after 8, ")]


def write_codes(write: Write) -> None:
    for place, code in enumerate(BUILTIN):
        write_arm(write, "cifar10-encoders", "lite", code, [7000 + 100 * place + seed for seed in range(5)])


def test_each_code_has_its_mean_over_seeds_after_each_of_the_steps(tmp_path: Path, write: Write) -> None:
    write_codes(write)
    (sentence,) = said(tmp_path)
    head, *parts = sentence.split(" | ")
    assert head == "Read after 8, 16, 24 and 48 steps on CIFAR-10 (cifar10-encoders, lite profile; trained for 48)"
    curves = [
        read_record(path).curve for path in sorted((tmp_path / "cifar10-encoders" / "lite" / "dct").glob("seed-*.json"))
    ]
    means = [sum(curve.correct[t - 1] for curve in curves if curve) / 500 for t in (8, 16, 24, 48)]
    assert means[-1] == 70.02
    # Accuracy is 0 before the last step: half of the last interval of log t counts.
    area = 70.02 * math.log(48 / 47) / 2 / math.log(48)
    stands = "DCT, cyclic stands at {:.2f}, {:.2f}, {:.2f} and {:.2f} %".format(*means)
    assert parts[0] == f"{stands}, on average over the logarithm of time at {area:.1f} %"
    assert parts[-1].startswith("linear latency stands at ")
    assert len(parts) == len(BUILTIN)
    (brief,) = [text for text in briefs(tmp_path) if text.startswith("Read after")]
    start = "Read after 8 of 48 steps on CIFAR-10 (lite profile), in per cent"
    assert brief.startswith(f"{start}: DCT, cyclic {means[0]:.2f}; Poisson rate ")


def test_each_code_is_set_against_its_own_ann(tmp_path: Path, write: Write) -> None:
    write_codes(write)
    for code in BUILTIN:
        end_ann(tmp_path / "cifar10-encoders" / "lite" / code, 7300 if code == "poisson" else 7100)
    (sentence,) = [text for text in sentences(tmp_path) if text.startswith("After its last step")]
    head, *parts = sentence.split(" | ")
    where = "on CIFAR-10 (cifar10-encoders, lite profile; intervals over seeds alone)"
    assert head == f"After its last step a code differs from its own ANN {where} by"
    low, high = stats.ttest_1samp([-0.98 + 0.01 * seed for seed in range(-2, 3)], 0).confidence_interval(0.95)
    assert parts[0] == f"DCT, cyclic, -0.98 points (95 %: {low:+.2f} to {high:+.2f})"
    assert parts[1].startswith("Poisson rate, -1.98 points (")
    (brief,) = [text for text in briefs(tmp_path) if text.startswith("Points above its own ANN")]
    start = "Points above its own ANN on CIFAR-10 (lite profile)"
    assert brief.startswith(f"{start}: DCT, cyclic -0.98; Poisson rate -1.98; direct input (analog) ")


def test_nothing_is_said_before_all_seeds_of_all_codes_are_done(tmp_path: Path, write: Write) -> None:
    write_codes(write)
    (tmp_path / "cifar10-encoders" / "lite" / "burst" / "seed-0003.json").unlink()
    assert said(tmp_path) == []
