"""The evidence is whole and fresh, the committed report is what it gives, and kept networks give its counts."""

import json
import os
import subprocess
from collections import defaultdict
from pathlib import Path
from time import process_time

import numpy as np
import pytest
from typer.testing import CliRunner

from harness.cli import app
from harness.papers import own_catalogue
from harness.records.freshness import freshness_in, known_certificates
from harness.records.store import read_record, record_paths
from harness.records.verifications import compare, spread_of
from harness.report import check, read
from harness.runs.predict import data_of
from harness.runs.verify import verify
from harness.schema import Record
from tests.cells import computed_alike
from tests.command import ROOT

EVIDENCE = ROOT / "results" / "evidence"
TABLE_1 = EVIDENCE / "mnist-784-100-10" / "paper"
DATA = Path(os.environ["HARNESS_DATA"]) if "HARNESS_DATA" in os.environ else None
IMAGES, SECONDS = 2, 20  # what rounding may move on another processor; what a clone may take


@pytest.mark.slow
@pytest.mark.skipif(DATA is None, reason="MNIST is not at hand: name its folder in HARNESS_DATA")
def test_a_committed_cell_trained_again_comes_out_again() -> None:
    path = TABLE_1 / "cyclic-2" / "seed-0000.json"
    record = read_record(path)
    word = verify(path, record, data_of(record.config, record.fingerprint.data, DATA), "training")[0].word
    assert word in (("identical",) if computed_alike(record) else ("identical", "within tolerance"))


@pytest.mark.slow
@pytest.mark.skipif(DATA is None, reason="MNIST is not at hand: name its folder in HARNESS_DATA")
@pytest.mark.parametrize("arm", ["cyclic-16", "cyclic-5", "cyclic-2", "direct-16"])
def test_a_clone_gives_the_counts_of_table_1_without_training(arm: str) -> None:
    path = TABLE_1 / arm / "seed-0000.json"
    record = read_record(path)
    assert record.curve is not None
    start = process_time()
    done = CliRunner().invoke(app, ["predict", str(path.with_suffix(".safetensors")), "--json"])
    assert process_time() - start < SECONDS
    counts = json.loads(done.stdout)
    assert counts["total"] == record.curve.total
    gap = np.abs(np.subtract(counts["correct"], record.curve.correct)).max()
    assert gap <= (0 if computed_alike(record) else IMAGES)


@pytest.mark.slow
def test_a_cell_has_a_second_record_only_where_it_was_rounded_otherwise_and_within_tolerance() -> None:
    """By another processor, or by code that rounds otherwise: Poisson with the ANN of DCT on p. It acts like a seed."""

    def rounding(record: Record) -> tuple[str, str]:
        return record.environment["device"], record.fingerprint.numerics

    found = defaultdict(list)
    for path in record_paths(EVIDENCE):
        record = read_record(path)
        found[record.fingerprint.recipe, record.config.seed, record.fingerprint.data].append((path, record))
    pairs = [records for records in found.values() if len(records) > 1]
    assert len(pairs) == 23  # of every other computation there is one record
    for (path, one), *others in pairs:
        away = [record for _, record in others if rounding(record) != rounding(one)]
        assert {compare(one, other, spread_of(path, one)).word for other in away} == {"within tolerance"}


def test_every_committed_record_is_whole_and_its_state_is_known() -> None:
    known, asked = known_certificates(EVIDENCE), own_catalogue()
    states = {path: freshness_in(path, asked, known) for path in record_paths(EVIDENCE)}
    assert not [path for path, found in states.items() if found.record is None]
    assert {found.state for found in states.values()} == {"done"}


def test_a_relative_folder_lies_below_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert known_certificates(Path("results/evidence")) == ()
    monkeypatch.chdir(ROOT)
    assert known_certificates(Path("results/evidence")) == known_certificates(EVIDENCE) != ()


# The committed report


@pytest.mark.slow
def test_the_committed_report_is_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert check(read(Path("results/evidence"), None, own_catalogue())) == []


def test_git_keeps_no_page_and_no_copy_of_a_figure() -> None:
    done = subprocess.run(["git", "ls-files", "reports"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a clone")
    assert {Path(name).suffix for name in done.stdout.split()} == {".csv", ".md", ".svg", ".tex"}


def test_nothing_in_the_committed_report_could_not_be_shown() -> None:
    assert "\nNone: every file was read, and no cell failed.\n" in (ROOT / "reports/report.md").read_text("utf-8")
