"""Findings: tables whose numbers are those of the records, against SciPy's tests and numbers worked by hand."""

import math
from pathlib import Path

import pytest
from msgspec import structs
from scipy import stats

from encoders.registry import BUILTIN
from harness.analysis.frame import Measurement, write_measurement
from harness.analysis.judges import judge
from harness.papers.dct_snn.experiments import DCT_BEYOND_MNIST, FREQUENCY_COUNTS, SENSITIVITY_READINGS_CIFAR10
from harness.papers.dct_snn.findings import FINDINGS, first_sentences
from harness.papers.dct_snn.paper import PAPER
from harness.records.store import read_record, write_record
from harness.report.sources import Source
from harness.report.table import Table
from harness.schema import Counts, Weights
from tests.analysis.conftest import Write
from tests.analysis.judging import CATALOGUE, INTERLEAVED, MNIST, NEAR, end_ann, load, write_arm

HALVES = "ablation-intermittent"
CODES = "Which codes differ from DCT after 48 steps, on one map?"
READINGS = "Which other readings change accuracy in a deep network?"
BEYOND = "Is another order, schedule or block size better than cyclic 4×4?"


def source_of(folder: Path) -> Source:
    loaded = load(folder)
    return Source("evidence", folder, loaded, judge(loaded, CATALOGUE), CATALOGUE)


def asked(folder: Path, question: str) -> list[Table]:
    """The tables that answer the findings whose question begins so."""
    source = source_of(folder)
    return [table for one in FINDINGS if one.question.startswith(question) for table in one.ask(source, PAPER)]


def lines(table: Table) -> dict[str, dict[str, str]]:
    """What people read, by the name of the row and the title of the column."""
    titles = [column.title for column in table.columns]
    return {
        str(row.cells[0].value): {
            title: column.words(cell.value)
            for title, column, cell in zip(titles, table.columns, row.cells, strict=True)
        }
        for row in table.rows
    }


def interval(apart: list[float]) -> str:
    """The mean with SciPy's interval, as people read it."""
    low, high = stats.ttest_1samp(apart, 0).confidence_interval(0.95)
    return f"{sum(apart) / len(apart):+.2f} ({low:+.2f} to {high:+.2f})".replace("-", "−")


def test_without_records_nothing_is_found(tmp_path: Path) -> None:
    assert [one.question for one in FINDINGS if asked(tmp_path, one.question)] == []


def test_a_first_sentence_is_left_out_where_a_record_is_missing(tmp_path: Path, write: Write) -> None:
    assert first_sentences(source_of(tmp_path)) == []
    for arm in ("cyclic-16", "cyclic-5"):
        write_arm(write, MNIST, "paper", arm, NEAR)
    (answer,) = first_sentences(source_of(tmp_path))
    assert answer.startswith("Partly: ")
    assert "; the accuracies on MNIST come out in part; " in answer
    write_arm(write, MNIST, "paper", "cyclic-2", NEAR[:4])
    assert len(first_sentences(source_of(tmp_path))) == 1
    write_arm(write, MNIST, "paper", "cyclic-2", NEAR)
    _, sentence = first_sentences(source_of(tmp_path))
    half = stats.sem(NEAR) * stats.t.ppf(0.975, 4) / 100
    assert f"has 98.54 ± {half:.2f} % at 16 steps (98.54 published), 98.54 ± {half:.2f} at 5 (97.3) and " in sentence
    assert sentence.endswith("at 2 (86.7).")  # nothing of Poisson input, which has no records


def test_codes_trained_at_few_steps_stand_side_by_side(tmp_path: Path, write: Write) -> None:
    for code, less in (("dct", 300), ("direct", 100), ("poisson", 0)):
        for timesteps, final in ((2, 9500), (16, 9900)):
            write_arm(write, "latency-mnist", "paper", f"{code}-{timesteps}", [final - less] * 5)
    write_arm(write, "latency-mnist", "paper", "dct-5", [9700] * 5)  # the others are missing there
    (table,) = asked(tmp_path, "What do codes reach")
    assert lines(table)["direct input"] == {"arm": "direct input", "T = 2": "94.00 ± 0.00", "T = 16": "98.00 ± 0.00"}


def test_a_code_is_read_on_its_way_and_on_average_over_the_logarithm_of_time(tmp_path: Path, write: Write) -> None:
    for place, code in enumerate(BUILTIN):
        write_arm(write, "cifar10-encoders", "lite", code, [7000 + 100 * place + seed for seed in range(5)])
    (table,) = asked(tmp_path, "Where does a code that is trained for 48")
    found = lines(table)["DCT, cyclic"]
    # Accuracy is 0 before the last step: half of the last interval of log t counts.
    assert found["T = 48"].startswith("70.02 ± ")
    assert found["mean over log T"] == f"{70.02 * math.log(48 / 47) / 2 / math.log(48):.1f}"
    assert len(table.rows) == len(BUILTIN)
    (tmp_path / "cifar10-encoders" / "lite" / "burst" / "seed-0003.json").unlink()
    assert asked(tmp_path, "Where does a code that is trained for 48") == []


def test_each_code_is_set_against_its_own_ann(tmp_path: Path, write: Write) -> None:
    for place, code in enumerate(BUILTIN):
        write_arm(write, "cifar10-encoders", "lite", code, [7000 + 100 * place + seed for seed in range(5)])
        end_ann(tmp_path / "cifar10-encoders" / "lite" / code, 7300 if code == "poisson" else 7100)
    (table,) = asked(tmp_path, "What does a code lose against its own ANN?")
    by_hand = [-1.00 + 0.01 * seed for seed in range(5)]
    assert lines(table)["DCT, cyclic"]["above its ANN"] == interval(by_hand)
    assert lines(table)["Poisson rate"]["above its ANN"].startswith("−1.98 (")


def test_what_differs_comes_first_and_what_is_equivalent_is_said_after_holm(tmp_path: Path, write: Write) -> None:
    arms, default = SENSITIVITY_READINGS_CIFAR10.arms, (7500, 7520, 7490)
    near, far, worse = (1, -1, 0), (10, -20, 15), (-300, -301, -299)  # images of 10,000
    for arm in arms:
        apart = {"default": (0, 0, 0), "delay": near, "chroma": worse}.get(arm.name, far)
        finals = [final + more for final, more in zip(default, apart, strict=True)]
        write_arm(write, SENSITIVITY_READINGS_CIFAR10.name, "lite", arm.name, finals)
    equal = {
        apart: max(
            stats.ttest_1samp(apart, -50, alternative="greater").pvalue,
            stats.ttest_1samp(apart, 50, alternative="less").pvalue,
        )
        for apart in (near, far)
    }
    assert 7 * equal[near] < 0.05 < 6 * equal[far]  # alone, without Holm, the second would be equivalent too
    assert equal[far] < 0.05
    (table,) = asked(tmp_path, READINGS)
    found = lines(table)
    first = found["chroma off centre, as released"]
    assert next(iter(found)) == first["arm"]
    assert first["difference"] == interval([one / 100 for one in worse])
    assert first["adjusted p"] == f"{7 * stats.ttest_1samp(worse, 0).pvalue:.2g}"  # the least of seven, two-sided
    assert first["shown"] == "differs"
    assert found["one step of delay a layer"]["shown"] == "equivalent"
    assert [line["shown"] for line in found.values()].count("not shown") == 5
    assert "adjusted by Holm for 7 comparisons" in table.caption
    (tmp_path / SENSITIVITY_READINGS_CIFAR10.name / "lite" / "released" / "seed-0002.json").unlink()
    assert asked(tmp_path, READINGS) == []


def test_what_beats_cyclic_is_tested_on_one_side_at_each_t_that_is_done(tmp_path: Path, write: Write) -> None:
    experiment, cyclic, above = DCT_BEYOND_MNIST, (9700, 9710, 9720, 9705, 9715), (100, 101, 99, 100, 102)
    for arm in experiment.arms:
        better = {"cyclic-8": (0,) * 5, "block7-8": above}.get(arm.name, (-10, -30, 10, 0, -20))
        if arm.timesteps == 8:
            write_arm(write, experiment.name, "paper", arm.name, [a + b for a, b in zip(cyclic, better, strict=True)])
    write_arm(write, experiment.name, "paper", "cyclic-16", cyclic)
    for arm_name, ann in (("cyclic-8", 9800), ("block7-8", 9830)):
        end_ann(tmp_path / experiment.name / "paper" / arm_name, ann)
    (table,) = asked(tmp_path, BEYOND)
    assert {row.cells[1].value for row in table.rows} == {8}
    found = lines(table)["cyclic, 7×7 blocks"]
    p = 20 * stats.ttest_1samp(above, 0, alternative="greater").pvalue  # Holm: the least p, times all tests
    assert (found["adjusted p"], found["shown"], found["its ANN differs by"]) == (f"{p:.2g}", "above", "+0.30")
    assert {line["shown"] for name, line in lines(table).items() if name != "cyclic, 7×7 blocks"} == {"not shown"}


def test_interleaving_is_set_against_half_of_the_frequencies_beside_what_is_published(
    tmp_path: Path, write: Write
) -> None:
    ours, first, other = (6800, 6810, 6790, 6805, 6795), (6600, 6590, 6610, 6600, 6600), (6200, 6230, 6170, 6190, 6210)
    write_arm(write, INTERLEAVED, "lite", "interleaved-16x3", ours)
    write_arm(write, HALVES, "lite", "truncated-8x6", first)
    write_arm(write, HALVES, "lite", "intermittent-8x6", other)
    write(INTERLEAVED, "short", "interleaved-16x3", 0, 7246)
    write(HALVES, "short", "truncated-8x6", 0, 7350)
    table, few = asked(tmp_path, "Is it better to interleave")
    assert [line["difference"] for line in lines(few).values()] == ["−1.04"]  # one seed has no interval
    for less, published in ((first, "−7.50"), (other, "−4.70")):  # 79.7 - 87.2 and 79.7 - 84.4
        apart = [(a - b) / 100 for a, b in zip(ours, less, strict=True)]
        (line,) = [line for line in lines(table).values() if line["published"] == published]
        assert line["difference"] == interval(apart)
    (tmp_path / HALVES / "lite" / "truncated-8x6" / "seed-0004.json").unlink()
    assert len(asked(tmp_path, "Is it better to interleave")) == 1


def test_the_first_frequencies_stand_at_equal_latency_and_at_equal_cycles(tmp_path: Path, write: Write) -> None:
    for count in FREQUENCY_COUNTS:
        write_arm(write, "ablation-frequencies", "lite", f"latency48-{count}", [5100 + 100 * count] * 5)
        if count < 16:
            write_arm(write, "ablation-frequencies", "lite", f"cycles3-{count}", [5000 + 100 * count] * 5)
    (table,) = asked(tmp_path, "What do the first frequencies")
    found = {name: (line["48 steps"], line["3 steps for each"]) for name, line in lines(table).items()}
    assert found["first 8 of 16"] == ("59.00 ± 0.00", "58.00 ± 0.00")
    assert found["first 16 of 16"] == ("67.00 ± 0.00", "67.00 ± 0.00")


def test_a_whole_epoch_is_told_along_its_way_once_all_seeds_are_done(tmp_path: Path, write: Write) -> None:
    courses = {
        "cyclic-16x3": ((6000, 6300, 6600, 6900), (6100, 6300, 6700, 7000), (6050, 6360, 6650, 6890)),
        "interleaved-16x3": ((5500, 6000, 6400, 6800), (5500, 6050, 6500, 6850), (5600, 6040, 6420, 6840)),
    }
    for arm, seeds in courses.items():
        for seed, (start, eighth, half, end) in enumerate(seeds):
            record = read_record(write("ablation-training", "lite", arm, seed, end))
            curves = [Counts([1000] * 47 + [last], 10_000) for last in (start, eighth, half)]
            way = {"0.125": curves[1], "0.5": curves[2]}
            write_record(tmp_path, structs.replace(record, balanced=curves[0], on_the_way=way, digest=""))
    (table,) = asked(tmp_path, "How does cyclic compare")
    (line,) = lines(table).values()
    # 5, 6 and 4.5 points; 3, 2.5 and 3.2; 2, 2 and 2.3; 1, 1.5 and 0.5: by hand 1 ± 4.3027 · 0.5 / √3 at the end
    assert [line[title][:5] for title in ("0", "0.125", "0.5")] == ["+5.17", "+2.90", "+2.10"]
    assert line["1"] == "+1.00 (−0.24 to +2.24)"
    (tmp_path / "ablation-training" / "lite" / "cyclic-16x3" / "seed-0002.json").unlink()
    assert asked(tmp_path, "How does cyclic compare") == []


def test_claims_stand_with_what_was_published_under_their_own_data(tmp_path: Path, write: Write) -> None:
    write_arm(write, MNIST, "paper", "cyclic-16", NEAR)
    write_arm(write, MNIST, "paper", "cyclic-2", (9400, 9401, 9402, 9403, 9404))
    write_arm(write, INTERLEAVED, "lite", "interleaved-16x3-no-reset", (5400, 5410, 5390, 5405, 5395))
    write_arm(write, INTERLEAVED, "lite", "cyclic-16x3-no-reset", (5600, 5610, 5590, 5605, 5595))
    write(INTERLEAVED, "short", "interleaved-8x3", 0, 5000)
    (mnist,) = asked(tmp_path, "Which published accuracies come out?")
    found = [tuple(line.values()) for line in lines(mnist).values()]
    assert [(line[1], line[2], line[3]) for line in found] == [
        ("98.54 %", "98.54 %", "✓ reproduced"),
        ("86.7 %", "94.02 %", "▲ higher"),
    ]
    (reset,) = asked(tmp_path, "What does interleaving cost?")
    assert "−2.00 points" in {line["ours"] for line in lines(reset).values()}
    (own,) = asked(tmp_path, "What does the paper's own network reach")
    (line,) = [line for line in lines(own).values() if line["ours"] != "—"]
    assert (line["published"], line["ours"], line["seeds"]) == ("53.73 %", "50.00 %", "1/1")


def test_networks_without_evidence_at_their_own_size_are_named(tmp_path: Path, write: Write) -> None:
    def named() -> set[str]:
        return {name for table in asked(tmp_path, "Which published networks") for name in lines(table)}

    write_arm(write, INTERLEAVED, "lite", "cyclic-16x3", (7000, 7010, 7020))
    assert named() == {"784-100-10", "VGG11", "VGG13", "VGG5", "VGG9"}
    write(INTERLEAVED, "short", "cyclic-8x3", 0, 8000)  # short's network and map are those of the paper
    assert named() == {"784-100-10", "VGG11", "VGG13", "VGG5"}


def test_claims_that_wait_are_counted_with_their_missing_cells(tmp_path: Path, write: Write) -> None:
    write_arm(write, INTERLEAVED, "lite", "cyclic-16x3", (9000, 9001, 9002, 9003, 9004))
    (table,) = asked(tmp_path, "Which claims wait")
    waits = {(row.cells[0].value, row.cells[1].value): (row.cells[2].value, row.cells[3].value) for row in table.rows}
    assert waits[INTERLEAVED, "lite"] == (4, 25)
    write_arm(write, INTERLEAVED, "lite", "interleaved-16x3", (8000, 8001, 8002, 8003, 8004))
    (table,) = asked(tmp_path, "Which claims wait")
    (left,) = [row for row in table.rows if (row.cells[0].value, row.cells[1].value) == (INTERLEAVED, "lite")]
    assert isinstance(left.cells[2].value, int)
    assert left.cells[2].value < 4


def test_a_measurement_on_the_weights_of_some_seeds_is_named(tmp_path: Path, write: Write) -> None:
    record = read_record(write(MNIST, "paper", "cyclic-16", 0, 9800))
    write_record(tmp_path, structs.replace(record, weights=Weights("seed.safetensors", "a" * 64), digest=""))
    kept = "accuracy-kept-with-8-frequencies-mnist"
    write_measurement(
        tmp_path, Measurement(kept, 91.8, "%", "mnist", "0" * 64, 10_000, "", "paper", "cyclic-16", ("a" * 64,))
    )
    (table,) = asked(tmp_path, "Which measurements lack")
    assert [line["seeds"] for line in lines(table).values()] == ["1/5"]


def test_the_arms_of_the_rarer_processor_are_named(tmp_path: Path, write: Write) -> None:
    for profile, arm, device in (
        ("paper", "cyclic-16", "One"),
        ("paper", "cyclic-5", "One"),
        ("smoke", "cyclic-5", "Another"),
    ):
        record = read_record(write(MNIST, profile, arm, 0, 9000))
        write_record(tmp_path, structs.replace(record, environment={"device": device}, digest=""))
    assert asked(tmp_path, "Which arms were recorded") == []
    record = read_record(write(MNIST, "paper", "cyclic-2", 0, 9000))
    write_record(tmp_path, structs.replace(record, environment={"device": "Another"}, digest=""))
    (table,) = asked(tmp_path, "Which arms were recorded")
    assert [list(line.values()) for line in lines(table).values()] == [
        [f"{MNIST} (paper profile)", "cyclic-2", "Another", "One"]
    ]


@pytest.mark.parametrize("seed", [5, 6])
def test_seeds_beyond_the_plan_say_nothing(tmp_path: Path, write: Write, seed: int) -> None:
    for place, code in enumerate(BUILTIN):
        write_arm(write, "cifar10-encoders", "lite", code, [final - place for final in NEAR])
    before = asked(tmp_path, CODES)
    write("cifar10-encoders", "lite", "dct", seed, 1000)
    assert before
    assert asked(tmp_path, CODES) == before
