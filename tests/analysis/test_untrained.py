"""Claims that no training decides: the paper's figures against its sentences, measurements, other papers' numbers."""

from pathlib import Path

import pytest
from msgspec import structs

from harness.analysis.measurements import Measurement, read_measurements, write_measurement
from harness.analysis.untrained import judge_untrained
from harness.analysis.verdicts import Judgement, judge
from harness.catalogue import Claim
from harness.records.store import read_record, write_record
from harness.schema import Weights
from tests.analysis.judging import CATALOGUE, CLAIMS, MNIST, Write, judge_one, load, of_5000, write_arm

SHARE = Measurement("share", 84.0, "%", "cifar10", "0" * 64, 100, "The first frequency holds")


def agreement(*figures: str, low: str | None = None, high: str | None = None) -> Claim:
    return Claim(
        id="a", experiment=MNIST, kind="agreement", source="§1", statement="s", figures=figures, low=low, high=high
    )


@pytest.mark.parametrize(
    ("claim", "word", "words"),
    [
        (agreement("240/48", low="2", high="14"), "holds", "240/48 = 5 within 2 to 14"),
        (agreement("240/48", "1200/48", low="2", high="14"), "contradicted", "1200/48 = 25 is not within 2 to 14"),
        (agreement("240/48", "300/48", low="10"), "contradicted", "240/48 = 5, 300/48 = 6.25 are not at least 10"),
        (agreement("87.2-84.4", low="2.5", high="3.5"), "holds", "87.2-84.4 = 2.8 within 2.5 to 3.5"),
        (agreement("5", high="5"), "holds", "5 at most 5"),
    ],
)
def test_a_sentence_agrees_with_all_its_figures_or_not(claim: Claim, word: str, words: str) -> None:
    found = judge_untrained(claim, {})
    assert (found.verdict, found.profile, found.seeds_planned) == (word, None, 0)
    assert words in found.why


@pytest.mark.parametrize(
    ("relation", "bound", "word"),
    [
        ("at-least", "50", "holds"),
        ("at-least", "84", "holds"),
        ("at-least", "85", "contradicted"),
        ("at-most", "85", "holds"),
        ("at-most", "50", "contradicted"),
    ],
)
def test_a_measurement_keeps_its_bound_or_not(relation: str, bound: str, word: str) -> None:
    claim = Claim(
        id="m", experiment=MNIST, kind="measurement", source="§6", statement="s", quantity="share", value=bound
    )
    found = judge_untrained(_with(claim, relation), {"share": SHARE})
    assert (found.verdict, found.mean) == (word, 84.0)
    assert judge_untrained(claim, {}).verdict == "no records"


def _with(claim: Claim, relation: str) -> Claim:
    return structs.replace(claim, relation=relation)


READ = structs.replace(SHARE, profile="paper", arm="cyclic-16", weights=("a" * 64, "b" * 64))


def kept(folder: Path, write: Write, names: str, measured: Measurement) -> Judgement:
    """Two planned seeds whose kept weights have these names, and a claim on the `measured` weights."""
    for seed, name in enumerate(names):
        record = read_record(write(MNIST, "paper", "cyclic-16", seed, 9800))
        write_record(folder, structs.replace(record, weights=Weights("seed.safetensors", name * 64), digest=""))
    write_measurement(folder, measured)
    claim = Claim(
        id="m", experiment=MNIST, kind="measurement", source="§6", statement="s", quantity="share", value="80",
        relation="at-least",
    )  # fmt: skip
    (found,) = judge(load(folder), CATALOGUE, [claim], seeds_planned=2)
    return found


def test_what_kept_weights_tell_rests_on_the_records_of_the_planned_seeds(tmp_path: Path, write: Write) -> None:
    found = kept(tmp_path, write, "ab", READ)
    assert (found.verdict, found.mean, found.profile, found.arm) == ("holds", 84.0, "paper", "cyclic-16")
    assert (found.seeds_done, found.seeds_planned) == (2, 2)
    assert found.comparability == f"approximate ({len(found.deviations)} deviations)"
    assert "ANN epochs: 40 in place of 300" in found.deviations


def test_weights_of_fewer_seeds_than_planned_decide_nothing(tmp_path: Path, write: Write) -> None:
    found = kept(tmp_path, write, "ab", structs.replace(READ, weights=("b" * 64,)))
    assert (found.verdict, found.seeds_done, found.mean) == ("incomplete", 1, 84.0)
    assert found.why.startswith("The weights of 1 of 2 planned seeds were read.")


def test_weights_that_no_fresh_record_names_are_stale(tmp_path: Path, write: Write) -> None:
    assert kept(tmp_path, write, "ac", READ).verdict == "stale"


def test_smoke_weights_judge_nothing(tmp_path: Path, write: Write) -> None:
    assert kept(tmp_path, write, "ab", structs.replace(READ, profile="smoke")).verdict == "not comparable"


def test_measurements_are_read_back_and_bad_files_named(tmp_path: Path) -> None:
    path = write_measurement(tmp_path, SHARE)
    (path.parent / "moved.json").write_bytes(path.read_bytes())
    (path.parent / "broken.json").write_text("{")
    found, problems = read_measurements(tmp_path)
    assert found == {"share": SHARE}
    assert [problem.split(":")[0] for problem in problems] == [
        str(path.parent / "broken.json"),
        str(path.parent / "moved.json"),
    ]
    assert load(tmp_path).problems == problems


def test_the_papers_own_sentences_on_latency_disagree(tmp_path: Path) -> None:
    found = {j.id: j.verdict for j in judge(load(tmp_path), CATALOGUE) if j.kind == "agreement"}
    assert found == {
        "mnist-fewer-steps-kheradpisheh": "holds",
        "mnist-fewer-steps-stephan": "contradicted",  # 10 steps, fewer than 16
        "mnist-fewer-steps-yu": "holds",
        "mnist-fewer-steps-beyeler": "holds",
        "latency-two-to-fourteen": "contradicted",
        "latency-orders-of-magnitude": "contradicted",
        "latency-200-agrees-with-2-14": "holds",  # 200/48 = 4.2
        "latency-200-agrees-with-orders": "contradicted",
        "latency-2-14-agrees-with-orders": "contradicted",
        "latency-about-200": "holds",
        "intermittent-three-percent": "holds",
    }


def test_an_arm_above_another_papers_number_holds(tmp_path: Path, write: Write) -> None:
    """Mean 98.54, 98.54 - 97.4 = 1.14, sd 0.0353553: t = 1.14 √5 / 0.0353553 = 72.1 with 4 degrees of freedom."""
    write_arm(write, MNIST, "paper", "cyclic-16", (9850, 9853, 9856, 9852, 9859))
    found = judge_one(tmp_path, "mnist-above-kheradpisheh")
    assert (found.verdict, found.published, found.versus) == ("holds", 97.4, None)
    assert found.mean == pytest.approx(1.14)
    assert found.p == pytest.approx(2.2e-7, rel=0.05)
    assert found.test == "t of the mean, Holm"


def test_an_arm_below_another_papers_number_contradicts(tmp_path: Path, write: Write) -> None:
    write_arm(write, MNIST, "paper", "cyclic-16", (9650, 9653, 9656, 9652, 9659))
    assert judge_one(tmp_path, "mnist-above-comsa").verdict == "contradicted"


def test_other_papers_numbers_are_of_the_family_at_the_paper_profile_alone(tmp_path: Path, write: Write) -> None:
    for profile in ("lite", "paper"):
        write_arm(of_5000(write), "ablation-interleaved", profile, "cyclic-16x3", (4500, 4000, 4250))
        write_arm(of_5000(write), "ablation-interleaved", profile, "interleaved-16x3", (4000, 3450, 3650))
    claim = [CLAIMS["interleaved-cyclic-wins-16"]]
    lite, paper = judge(load(tmp_path), CATALOGUE, claim, seeds_planned=3)
    assert lite.p is not None
    assert (lite.p_holm, paper.p_holm) == pytest.approx((16 * lite.p, 23 * lite.p))
