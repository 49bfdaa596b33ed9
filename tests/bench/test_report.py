"""Targets from rows worked by hand, the document, and the files a run leaves."""

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from bench.products import break_even
from bench.report import Footprint, Report, Row, StartUp, Target, table, targets

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
STEP = "vgg5-lite, T = 48: step against the bare bf16 layers"
FASTEST = "everywhere: fastest peer as documented or under autocast against ours"
LEANEST = "peak memory against the leanest peer as documented or under autocast"


def judged(*more: Row) -> dict[str, Target]:
    return {target.statement: target for target in targets(replace(REPORT, rows=(*REPORT.rows, *more)))}


def measured(*more: Row) -> dict[str, float | None]:
    return {statement: target.measured for statement, target in judged(*more).items()}


def test_ratios_are_those_worked_by_hand_and_the_bare_layers_face_the_same_peers() -> None:
    values = judged()
    assert (values[STEP].measured, values[STEP].bare) == (1.2, None)
    assert (values[FASTEST].measured, values[FASTEST].bare) == (30 / 12, 30 / 10)
    assert (values[LEANEST].measured, values[LEANEST].bare) == (100 / 400, 80 / 400)
    assert values["evaluation memory: T = 100 against T = 16"].measured == 1.05
    assert values["seconds to `harness --help`"].met is True
    assert values["seconds of a fresh process to its first step"].met is False


def test_a_peer_counts_in_its_better_precision() -> None:
    values = measured(replace(PEER, precision="bf16", ms_per_image=24.0, peak_mib=500.0))
    assert (values[FASTEST], values[LEANEST]) == (24 / 12, 100 / 400)


def test_rows_of_other_kinds_have_targets_of_their_own() -> None:
    evaluation = replace(OURS, batch=2, ms_per_image=8.0, what="evaluation")
    forward = replace(evaluation, ms_per_image=5.0, what="forward")
    encoding = replace(OURS, ms_per_image_min=1.1, what="encoding")
    step = Row("ours bf16", "ours", "bf16", "vgg9", 16, 48, 120.0, ratio_to_bf16_matmuls=1.2)
    values = measured(evaluation, forward, encoding, step)
    assert values["vgg5-lite, T = 48: evaluation of an image against its forward pass"] == 8 / 5
    assert values["vgg5-lite, T ≥ 16: DCT encoding as a share of the step"] == 1.1 / 11
    assert values["vgg9: step against the bare bf16 layers"] == 1.2
    assert values[FASTEST] == 30 / 12


def test_what_was_not_measured_is_neither_met_nor_missed() -> None:
    assert {target.met for target in targets(Report({}, ()))} == {None}


def test_a_saved_report_holds_its_rows_and_its_table_names_what_is_absent(tmp_path: Path) -> None:
    assert {path.name for path in REPORT.save(tmp_path)} == {"bench.json", "bench.svg", "bench.png"}
    saved = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))
    row = saved["rows"][0]
    assert (row["implementation"], row["ms_per_image"], row["ratio_to_bf16_matmuls"]) == ("ours bf16", 12.0, 1.2)
    assert {"machine", "footprints", "startup", "missing", "targets"} <= saved.keys()
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(table(REPORT))
    text = console.export_text()
    assert all(words in text for words in ("12 1.20×", "Norse: not installed", "step, vgg9"))


def test_the_break_even_of_products_lies_where_the_times_cross() -> None:
    assert break_even((0.01, 0.02, 0.04), (1.0, 2.0, 4.0), 3.0) == pytest.approx(0.03)
    assert break_even((0.01, 0.02, 0.04), (1.0, 2.0, 4.0), -1.0) == 0.0
