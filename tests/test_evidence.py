"""A cheap cell of the evidence is trained again: the same bit for bit where it was made, within tolerance elsewhere."""

import os
from collections import defaultdict
from pathlib import Path

import pytest

from harness.papers import catalogue
from harness.records.certificates import known_certificates
from harness.records.freshness import freshness_in
from harness.records.store import read_record, record_paths
from harness.records.verifications import compare, spread_of
from harness.runs.verify import recorded_data, verify
from harness.schema import Record
from tests.cells import computed_alike

EVIDENCE = Path(__file__).parent.parent / "results" / "evidence"
CELL = EVIDENCE / "mnist-784-100-10" / "paper" / "cyclic-2" / "seed-0000.json"
DATA = Path(os.environ["HARNESS_DATA"]) if "HARNESS_DATA" in os.environ else None


@pytest.mark.skipif(DATA is None, reason="MNIST is not at hand: name its folder in HARNESS_DATA")
def test_a_committed_cell_comes_out_again() -> None:
    record = read_record(CELL)
    found, _ = verify(CELL, record, recorded_data(record, DATA), "training")
    assert found.word in (("identical",) if computed_alike(record) else ("identical", "within tolerance"))


def test_two_processors_give_one_cell_within_tolerance() -> None:
    """The cells of which the evidence has two records, one of each kind of processor: rounding acts like a seed."""
    found: dict[tuple[str, int, str], dict[str, tuple[Path, Record]]] = defaultdict(dict)
    for path in record_paths(EVIDENCE):
        record = read_record(path)
        key = (record.fingerprint.recipe, record.config.seed, record.fingerprint.data)
        found[key].setdefault(record.environment["device"], (path, record))
    pairs = [list(records.values()) for records in found.values() if len(records) == 2]
    assert len(pairs) >= 18
    words = [compare(one, other, spread_of(path, one)).word for (path, one), (_, other) in pairs]
    assert set(words) == {"within tolerance"}


def test_every_committed_record_is_whole_and_its_state_is_known() -> None:
    known, asked = known_certificates(EVIDENCE), catalogue()
    states = {path: freshness_in(path, asked, known) for path in record_paths(EVIDENCE)}
    assert not [path for path, found in states.items() if found.record is None]
    assert {found.state for found in states.values()} == {"done"}


def test_a_relative_folder_means_the_one_below_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert known_certificates(Path("results/evidence")) == ()
    monkeypatch.chdir(EVIDENCE.parent.parent)
    assert known_certificates(Path("results/evidence")) == known_certificates(EVIDENCE) != ()
