"""Targets from rows worked by hand, the document, and the files a run leaves."""

import io
import json
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from bench.display import table
from bench.report import Footprint, Report, Row, StartUp, targets

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
    startup=StartUp("vgg5-lite", 8, 48, 0.2, 5.5),
    missing={"Norse": "not installed"},
)


def measured(*more: Row) -> dict[str, float | None]:
    return {target.statement: target.measured for target in targets(replace(REPORT, rows=(*REPORT.rows, *more)))}


def test_ratios_are_those_worked_by_hand() -> None:
    found = measured()
    assert found["vgg5-lite, T = 48: step against the bare bf16 layers"] == 1.2
    assert found["everywhere: fastest peer as documented against ours"] == 30 / 12
    assert found["peak memory against the leanest peer as documented"] == 100 / 400
    assert found["evaluation memory: T = 100 against T = 16"] == 1.05


def test_the_worst_point_counts() -> None:
    slow = [replace(row, timesteps=4, ms_per_image=20.0) for row in (OURS, PEER)]
    assert measured(*slow)["everywhere: fastest peer as documented against ours"] == 1.0


def test_a_peer_under_autocast_counts_in_its_own_line() -> None:
    quick = replace(PEER, implementation="Norse bf16", precision="bf16", ms_per_image=24.0, peak_mib=200.0)
    found = measured(quick)
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
    encoding = replace(OURS, ms_per_image_min=1.1, what="encoding")
    step, bare, bound = (
        Row(name, kind, "bf16", "vgg9", 16, 48, milliseconds, ratio_to_bf16_matmuls=milliseconds / 100)
        for name, kind, milliseconds in (
            ("ours bf16", "ours", 120.0),
            ("matmuls bf16", "matmuls", 100.0),
            ("GEMM bf16", "bound", 80.0),
        )
    )
    found = measured(evaluation, forward, encoding, step, bare, bound)
    assert found["vgg5-lite, T = 48: evaluation of an image against its forward pass"] == 8 / 5
    assert found["vgg5-lite, T ≥ 16: DCT encoding as a share of the step"] == 1.1 / 11
    assert found["vgg9: step against the bare bf16 layers"] == 1.2
    assert found["vgg9: step against the rate of a large product"] == 120 / 80
    assert found["everywhere: fastest peer as documented against ours"] == 30 / 12


def test_start_up_is_judged_in_seconds() -> None:
    found = {target.statement: target.met for target in targets(REPORT)}
    assert found["seconds to `harness --help`"] is True
    assert found["seconds of a fresh process to its first step"] is False


def test_growth_is_that_of_the_batch_that_grows_most() -> None:
    long = [replace(row, timesteps=100, ms_per_image=2 * (row.ms_per_image or 0)) for row in (OURS, FLOOR)]
    wide = [replace(OURS, batch=32), replace(OURS, batch=32, timesteps=100, ms_per_image=27.6)]
    report = replace(REPORT, rows=(OURS, FLOOR, *long, *wide))
    (found,) = [t for t in targets(report) if t.statement == "vgg5-lite: T = 100 against T = 48"]
    assert (found.measured, found.bare, found.met) == (27.6 / 12, 2.0, False)


def test_what_was_not_measured_is_neither_met_nor_missed() -> None:
    assert {target.met for target in targets(Report({}, ()))} == {None}


def test_a_saved_report_holds_its_rows(tmp_path: Path) -> None:
    assert {path.name for path in REPORT.save(tmp_path)} == {"bench.json", "bench.svg", "bench.png"}
    saved = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))
    row = saved["rows"][0]
    assert (row["implementation"], row["ms_per_image"], row["ratio_to_bf16_matmuls"]) == ("ours bf16", 12.0, 1.2)
    assert {"machine", "footprints", "startup", "missing", "targets"} <= saved.keys()


def test_the_table_names_what_is_not_installed() -> None:
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(table(REPORT))
    text = console.export_text()
    assert "12 1.20×" in text
    assert "Norse: not installed" in text
    assert "step, vgg9" in text
