"""The first finding: how many statements come out, and what became of each."""

from pathlib import Path

from harness.analysis.judges import judge
from harness.report.overview import overview
from tests.analysis.conftest import Write, write
from tests.analysis.judging import CATALOGUE, INTERLEAVED, MNIST, load, write_arm
from tests.papers.conftest import in_one_line

__all__ = ["write"]


def test_statements_are_counted_each_with_the_words_of_its_parts(tmp_path: Path, write: Write) -> None:
    write_arm(write, MNIST, "paper", "cyclic-16", (9850, 9853, 9856, 9852, 9859))
    write_arm(write, MNIST, "paper", "cyclic-2", (9400, 9401, 9402, 9403, 9404))
    write_arm(write, INTERLEAVED, "lite", "cyclic-16x3", (6900, 6960, 6860, 6900, 6920))
    (found,) = overview(judge(load(tmp_path), CATALOGUE), CATALOGUE.claims)
    # Accuracies and Table 1 on MNIST, and "about 200" without "orders of magnitude".
    assert found.text == found.brief == "Of 17 statements, 1 comes out, 2 in part, 0 do not; 14 are not answered."
    parts = dict(part.split(": in part ", 1) for part in found.parts if ": in part " in part)
    assert parts["MNIST: 98.54 % at 16 steps, 97.3 at 5, 86.7 at 2"] == (
        "(16 steps: reproduced, tuned; 5 steps: no records, trained at T = 5; 2 steps: higher, trained at T = 2)"
    )
    assert len(found.parts) == 17


def test_a_direction_on_a_small_network_says_so(tmp_path: Path, write: Write) -> None:
    for arm, less in (("cyclic-16x3", 0), ("interleaved-16x3", 2000)):
        write_arm(write, INTERLEAVED, "lite", arm, [final - less for final in (6900, 6960, 6860, 6900, 6920)])
    (found,) = map(in_one_line, overview(judge(load(tmp_path), CATALOGUE), CATALOGUE.claims))
    assert "in part (16 frequencies: holds, on a small network; 8 frequencies: no records; " in found


def test_without_records_nothing_is_counted(tmp_path: Path) -> None:
    assert list(overview(judge(load(tmp_path), CATALOGUE), CATALOGUE.claims)) == []
