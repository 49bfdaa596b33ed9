"""The first finding: what became of the claims, counted by kind."""

from pathlib import Path

from harness.analysis.judges import judge
from harness.report.overview import overview
from tests.analysis.conftest import Write, write
from tests.analysis.judging import CATALOGUE, INTERLEAVED, MNIST, load, write_arm
from tests.papers.conftest import in_one_line

__all__ = ["write"]


def test_claims_are_counted_by_kind_and_by_verdict(tmp_path: Path, write: Write) -> None:
    write_arm(write, MNIST, "paper", "cyclic-16", (9850, 9853, 9856, 9852, 9859))
    write_arm(write, MNIST, "paper", "cyclic-2", (9400, 9401, 9402, 9403, 9404))
    write_arm(write, INTERLEAVED, "lite", "cyclic-16x3", (6900, 6960, 6860, 6900, 6920))
    (found,) = map(in_one_line, overview(judge(load(tmp_path), CATALOGUE)))
    assert found == (
        "What became of 53 claims of the paper: | "
        "accuracies at a timestep: 1 reproduced, 1 higher, 1 not comparable, 10 no records | "
        "timesteps to reach an accuracy: 2 no records | "
        "one accuracy above another: 5 hold, 2 incomplete, 16 no records | "
        "sentences beside the paper's own figures: 6 hold, 5 contradicted | "
        "statements computed without training: 4 no records"
    )


def test_a_claim_with_records_at_two_profiles_counts_once(tmp_path: Path, write: Write) -> None:
    for arm, less in (("cyclic-16x3", 0), ("interleaved-16x3", 2000)):
        write_arm(write, INTERLEAVED, "lite", arm, [final - less for final in (6900, 6960, 6860, 6900, 6920)])
    lite = parts(tmp_path)
    assert lite["accuracies at a timestep"] == "2 not comparable, 11 no records"
    write_arm(write, INTERLEAVED, "short", "cyclic-16x3", (8000, 8010, 8020))
    write(INTERLEAVED, "short", "interleaved-16x3", 0, 7960)
    short = parts(tmp_path)
    assert short["accuracies at a timestep"] == "1 lower, 1 incomplete, 11 no records"
    assert short["one accuracy above another"] == lite["one accuracy above another"]  # short judges none


def parts(folder: Path) -> dict[str, str]:
    (found,) = overview(judge(load(folder), CATALOGUE))
    return dict(part.split(": ") for part in found.parts)


def test_without_records_nothing_is_counted(tmp_path: Path) -> None:
    assert list(overview(judge(load(tmp_path), CATALOGUE))) == []
