"""Targets from rows worked by hand, the document, and the files a run leaves."""

import io
import json
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from rich.console import Console

from harness import bench
from harness.bench.measure import growth, run
from harness.bench.plan import QUICK, Plan, Point
from harness.bench.report import Footprint, Growth, Report, Row, StartUp, load
from harness.bench.table import table
from harness.bench.targets import targets
from harness.bench.timing import TURN, interleaved
from harness.errors import HarnessError

OURS = Row("ours bf16", "ours", "bf16", "vgg5-lite", 8, 48, 12.0, 11.0, 100.0, 1.2, 5)
FLOOR = Row("matmuls bf16", "matmuls", "bf16", "vgg5-lite", 8, 48, 10.0, 9.0, 80.0, 1.0, 5)
PEER = Row("loop", "peer", "fp32", "vgg5-lite", 8, 48, 30.0, 29.0, 400.0, 3.0, 5)
ABSENT = Row("Norse", "peer", "fp32", "vgg5-lite", 8, 48, status="not installed")
REPORT = Report(
    {"device": "a processor"},
    (OURS, FLOOR, PEER, ABSENT),
    footprints=(
        Footprint("evaluate", "vgg5-lite", 0, 16, 100.0),
        Footprint("evaluate", "vgg5-lite", 0, 100, 105.0),
        Footprint("evaluate", "784-100-10", 0, 16, 50.0),
        Footprint("evaluate", "784-100-10", 0, 100, 50.0),
        Footprint("step", "vgg9", 16, 48, 3000.0),
    ),
    startup=StartUp("vgg5-lite", 8, 48, 0.2, 3.0),
    missing={"Norse": "not installed"},
)


def measured(report: Report) -> dict[str, float | None]:
    return {target.statement: target.measured for target in targets(report)}


def test_ratios_are_those_worked_by_hand() -> None:
    found = measured(REPORT)
    assert found["vgg5-lite, T = 48: step against the bare bf16 layers"] == 1.2
    assert found["everywhere: fastest peer as documented against ours"] == 30 / 12
    assert found["peak memory against the leanest peer as documented"] == 100 / 400
    assert found["evaluation memory: T = 100 against T = 16"] == 1.05


def test_the_worst_point_counts() -> None:
    slow = [replace(row, timesteps=4, ms_per_image=20.0) for row in (OURS, PEER)]
    found = measured(replace(REPORT, rows=(*REPORT.rows, *slow)))
    assert found["everywhere: fastest peer as documented against ours"] == 1.0


def test_a_peer_under_autocast_counts_in_its_own_line() -> None:
    quick = replace(PEER, implementation="Norse bf16", precision="bf16", ms_per_image=24.0, peak_mib=200.0)
    found = measured(replace(REPORT, rows=(*REPORT.rows, quick)))
    assert found["everywhere: fastest peer as documented against ours"] == 30 / 12
    assert found["everywhere: fastest peer as documented or under autocast against ours"] == 24 / 12
    assert found["peak memory against the leanest peer as documented"] == 100 / 400
    assert found["peak memory against the leanest peer as documented or under autocast"] == 100 / 200


def test_the_bare_layers_are_held_against_the_same_peers() -> None:
    found = {target.statement: target.bare for target in targets(REPORT)}
    assert found["everywhere: fastest peer as documented against ours"] == 30 / 10
    assert found["peak memory against the leanest peer as documented"] == 80 / 400
    assert found["vgg5-lite, T = 48: step against the bare bf16 layers"] is None


def test_rows_of_other_kinds_have_targets_of_their_own() -> None:
    evaluation = replace(OURS, batch=2, ms_per_image=8.0, what="evaluation")
    forward = replace(evaluation, ms_per_image=5.0, what="forward")
    epochs = [replace(row, what="epoch") for row in (OURS, PEER, replace(PEER, ms_per_image=24.0, precision="bf16"))]
    step, bare, bound = (
        Row(name, kind, "bf16", "vgg9", 16, 48, milliseconds, ratio_to_bf16_matmuls=milliseconds / 100)
        for name, kind, milliseconds in (
            ("ours bf16", "ours", 120.0),
            ("matmuls bf16", "matmuls", 100.0),
            ("GEMM bf16", "bound", 80.0),
        )
    )
    found = measured(replace(REPORT, rows=(*REPORT.rows, evaluation, forward, *epochs, step, bare, bound)))
    assert found["vgg5-lite, T = 48: evaluation of an image against its forward pass"] == 8 / 5
    assert found["an epoch of MNIST: fastest peer against ours"] == 24 / 12
    assert found["vgg9: step against the bare bf16 layers"] == 1.2
    assert found["vgg9: step against the rate of a large product"] == 120 / 80
    assert found["everywhere: fastest peer as documented against ours"] == 30 / 12


def test_start_up_is_judged_in_seconds() -> None:
    found = {t.statement: t.met for t in targets(replace(REPORT, startup=StartUp("vgg5-lite", 8, 48, 0.2, 5.5)))}
    assert found["seconds to `harness --help`"] is True
    assert found["seconds of a fresh process to its first step"] is False


def test_of_several_growths_the_worst_counts() -> None:
    grown = (Growth("vgg5-lite", 8, 48, 100, 2.1, 2.0), Growth("vgg5-lite", 32, 48, 100, 2.3, 2.25))
    (found,) = [t for t in targets(replace(REPORT, growth=grown)) if t.statement == "vgg5-lite: T = 100 against T = 48"]
    assert (found.measured, found.bare, found.met) == (2.3, 2.25, False)


def test_growth_is_the_time_of_the_longer_over_that_of_the_shorter() -> None:
    plan = Plan((), repeats=1, seconds=0.0)
    short, long = Point("784-100-10", 64, 2), Point("784-100-10", 64, 60)
    there, back = growth(short, long, plan, lambda _: None), growth(long, short, plan, lambda _: None)
    assert (there.network, there.batch, there.short, there.long) == ("784-100-10", 64, 2, 60)
    assert there.ours > 1 > back.ours > 0
    assert there.bare > 1 > back.bare > 0


def test_what_was_not_measured_is_neither_met_nor_missed() -> None:
    assert {target.met for target in targets(Report({}, ()))} == {None}


def test_a_saved_report_reads_back_equal(tmp_path: Path) -> None:
    files = REPORT.save(tmp_path)
    assert {path.name for path in files} == {"bench.json", "bench.svg", "bench.png"}
    assert load(tmp_path / "bench.json") == REPORT
    row = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))["rows"][0]
    assert (row["implementation"], row["ms_per_image"], row["ratio_to_bf16_matmuls"]) == ("ours bf16", 12.0, 1.2)


def test_the_table_names_what_is_not_installed() -> None:
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(table(REPORT))
    text = console.export_text()
    assert "12 1.20×" in text
    assert "Norse: not installed" in text
    assert "step, vgg9" in text


def test_implementations_take_turns_and_each_begins_untimed() -> None:
    calls: list[str] = []

    def step(name: str) -> float:
        calls.append(name)
        time.sleep(1.1 * TURN)
        return 0.0

    times = interleaved({name: partial(step, name) for name in "ABC"}, repeats=2, seconds=0)
    assert "".join(calls) == "ABC" + 2 * "AABBCC"
    assert [len(seconds) for seconds in times.values()] == [2, 2, 2]


def test_short_steps_are_taken_until_the_turn_is_over() -> None:
    (seconds,) = interleaved({"A": partial(float, 0)}, repeats=1, seconds=0).values()
    assert len(seconds) > 10
    assert sum(seconds) >= TURN


def test_a_small_run_measures_every_point() -> None:
    plan = Plan(tuple(Point("784-100-10", 4, timesteps) for timesteps in (2, 3)), repeats=1, seconds=0.0)
    report = bench.run(None, plan=plan, implementations=["ours fp32", "loop", "matmuls bf16"])
    assert [(row.timesteps, row.status) for row in report.rows] == [(t, "measured") for t in (2, 2, 2, 3, 3, 3)]
    assert all(row.ms_per_image and row.ms_per_image_min and row.ratio_to_bf16_matmuls for row in report.rows)


def test_an_unknown_network_gets_a_hint() -> None:
    with pytest.raises(HarnessError, match="vgg5-lite"):
        bench.run(None, plan=replace(bench.FULL, points=(Point("vgg5-light", 8, 4),)))


def test_a_place_that_refuses_does_so_before_anything_is_measured(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    def measured(text: str) -> None:
        pytest.fail(text)

    with pytest.raises(FileExistsError):
        run(tmp_path / "file", plan=QUICK, progress=measured)
