"""Frequencies dropped at inference: the counts of the kept network, measured as `harness predict` reads it."""

import json
from pathlib import Path
from typing import Any

import pytest

from harness.analysis.cells import read_measurements, write_measurement
from harness.analysis.judges import keeps_bound
from harness.catalogue import Catalogue
from harness.catalogue.claims import Measured
from harness.papers.dct_snn.measurements import Read, networks, of_weights, read_shortened
from harness.papers.dct_snn.measurements import kept as share
from harness.papers.dct_snn.paper import PAPER
from harness.records.store import read_record
from tests.robust import tiny
from tests.weights.conftest import Call, Kept

KNOWN = Catalogue((), (tiny.EXPERIMENT,))


def test_a_shortened_network_is_read_as_predict_reads_it(
    kept: Kept, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.papers.dct_snn.measurements.FREQUENCIES", 2)
    found = read_shortened(kept.weights, read_record(kept.record))
    counts = json.loads(call("predict", kept.weights, "--frequencies", 2, "--timesteps", 3, "--json")[1])
    assert (found.shortened, found.total) == (counts["correct"][-1], counts["total"])
    curve = json.loads(kept.record.read_text())["curve"]["correct"]
    assert (found.whole, found.early) == (curve[-1], curve[2])


def test_a_smoke_run_and_a_missing_file_are_no_networks(kept: Kept, tmp_path: Path) -> None:
    assert networks(kept.results, KNOWN, ("tiny", "cyclic-6")) == []
    assert list(of_weights(tmp_path, KNOWN)) == []


def test_what_is_kept_judges_the_claim(kept: Kept, tmp_path: Path) -> None:
    record: Any = read_record(kept.record)
    reads = [Read(record, 90, 70, 84, 100), Read(record, 90, 70, 81, 100)]
    write_measurement(tmp_path, share("mnist", reads))
    claim = next(c for c in PAPER.claims if c.id == "frequencies-dropped-at-inference-mnist")
    assert isinstance(claim, Measured)
    found = keeps_bound(claim, read_measurements(tmp_path)[0][claim.quantity])
    assert found.word == "holds"
    assert read_measurements(tmp_path)[0][claim.quantity].value == pytest.approx(100 * 165 / 180, abs=1e-3)
    assert "have 82.50 % right, stopped early at the same step 70.00 %, with all steps 90.00 %" in found.why
