"""The files and tables of a run and of a race."""

import json
from pathlib import Path

import pytest

from bench import race, waiting
from bench.products import Layer, break_even, rows
from bench.report import Report, Row, table

OURS = Row("ours bf16", "ours", "bf16", "vgg5-lite", 8, 48, 12.0, 1.2, 5)
FLOOR = Row("matmuls bf16", "matmuls", "bf16", "vgg5-lite", 8, 48, 10.0, 1.0, 5)
ABSENT = Row("Norse", "peer", "fp32", "vgg5-lite", 8, 48, status="not installed")
REPORT = Report({"device": "a processor"}, (OURS, FLOOR, ABSENT))


def test_a_saved_report_holds_its_rows_and_its_table_names_what_is_absent(tmp_path: Path) -> None:
    REPORT.save(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"bench.json", "bench.svg", "bench.png"}
    saved = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))
    row = saved["rows"][0]
    assert (row["implementation"], row["ms_per_image"], row["ratio_to_bf16_matmuls"]) == ("ours bf16", 12.0, 1.2)
    assert saved["machine"] == REPORT.machine
    assert table(REPORT).splitlines()[2:] == [
        "| vgg5-lite, 8, 48 | ours bf16 | 12 | 1.20 |",
        "| vgg5-lite, 8, 48 | matmuls bf16 | 10 | 1.00 |",
        "| vgg5-lite, 8, 48 | Norse | not installed | – |",
        "",
        "device a processor",
    ]


def test_the_break_even_of_products_lies_where_the_times_cross() -> None:
    assert break_even((0.01, 0.02, 0.04), (1.0, 2.0, 4.0), 3.0) == pytest.approx(0.03)
    assert break_even((0.01, 0.02, 0.04), (1.0, 2.0, 4.0), -1.0) == 0.0


def test_products_are_timed_as_torch_does_them_and_as_we_do() -> None:
    table = [line.split(" | ") for line in rows((Layer(64, 8, 4, 2), Layer(16, 8, 0, 2)))]
    assert [line[:2] for line in table[2:]] == [
        [f"| {layer}", precision]
        for layer in ("3×3, 4×4, 64 → 8, 2 images", "linear, 16 → 8, 2 images")
        for precision in ("bf16", "fp32")
    ]
    assert all(float(time) > 0 for line in table[2:] for times in line[2:4] for time in times.split(", "))
    assert ["active" in line[4] for line in table[2:]] == [True, True, False, False]


def test_a_command_that_is_waited_for_is_timed_from_start_to_end() -> None:
    *_, line = waiting.rows({"help": "HARNESS_CACHE={folder} --help"})
    name, seconds = line.strip("| ").split(" | ")
    assert (name, 0 < float(seconds) < 60) == ("help", True)


def test_a_race_is_told_by_medians_and_what_did_not_arrive_by_its_reason() -> None:
    answers = tuple(race.Answer(0.981, 5, cpu, 300.0) for cpu in (4.0, 4.0, 6.0))
    results = [
        race.Result("mnist", 16, "ours bf16", seconds=(3.0, 1.0, 2.0), answers=answers),
        race.Result("mnist", 16, "loop", seconds=(9.0,), answers=(race.Answer(0.98, 6, 10.0, 500.0),)),
        race.Result("mnist", 16, "Norse", "not installed"),
    ]
    assert race.table(results).splitlines()[2:] == [
        "| mnist, 16 | ours bf16 | 3 | 2.0 | 4.0 | 300 | 5 | 98.10% | 1.00 |",
        "| mnist, 16 | loop | 1 | 9.0 | 10.0 | 500 | 6 | 98.00% | 4.50 |",
        "| mnist, 16 | Norse | 0 | not installed | – | – | – | – | – |",
    ]


@pytest.mark.slow
def test_a_race_on_digits_arrives_and_its_table_replaces_the_one_on_the_page(tmp_path: Path) -> None:
    results = race.run(["digits"], rounds=1, implementations=["ours fp32"])
    assert {result.library: result.status for result in results} == {"ours": "reached"}
    assert all(0 < result.median < 600 and result.answers[0].accuracy >= 0.93 for result in results)
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- race -->\nold\n<!-- /race -->\nafter\n")
    race.save(results, tmp_path / "out", page)
    assert "](out/race.svg)" in page.read_text()
    head, *rows, tail = page.read_text().splitlines()
    assert (head, tail, sum("digits" in row for row in rows), "old" in rows) == ("before", "after", 1, False)


def test_a_race_keeps_what_this_machine_measured_of_other_data_sets_and_libraries(tmp_path: Path) -> None:
    for course, name, status in (
        ("cifar10", "ours bf16", "later"),
        ("mnist", "ours bf16", "late"),
        ("mnist", "loop", "latest"),
        ("mnist", "ours fp32", "missing"),
    ):
        race.save([race.Result(course, 16, name, status)], tmp_path)
    kept = json.loads((tmp_path / "race.json").read_text())["results"]
    assert [(row["course"], row["status"]) for row in kept] == [
        ("mnist", "latest"),
        ("mnist", "missing"),
        ("cifar10", "later"),
    ]
