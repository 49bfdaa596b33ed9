"""The sentence on codes that are read on the way to their last step."""

from pathlib import Path

from encoders.registry import BUILTIN
from harness.records.store import read_record
from tests.analysis.conftest import Write
from tests.analysis.judging import write_arm
from tests.papers.conftest import sentences


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
    assert parts[0] == "DCT, cyclic stands at {:.2f}, {:.2f}, {:.2f} and {:.2f} %".format(*means)
    assert parts[-1].startswith("linear latency stands at ")
    assert len(parts) == len(BUILTIN)


def test_nothing_is_said_before_all_seeds_of_all_codes_are_done(tmp_path: Path, write: Write) -> None:
    write_codes(write)
    (tmp_path / "cifar10-encoders" / "lite" / "burst" / "seed-0003.json").unlink()
    assert said(tmp_path) == []
