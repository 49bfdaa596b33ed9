"""Records on disk: whole or not there, noticed when edited, refused in the wrong place."""

import json
from pathlib import Path

import pytest

from harness.errors import HarnessError
from harness.records.store import read_record, record_path, record_paths, write_record
from harness.schema import Record
from tests.cells import run_tiny


@pytest.fixture(scope="module")
def record() -> Record:
    return run_tiny()


def test_a_record_reads_back_as_it_was(record: Record, tmp_path: Path) -> None:
    path = write_record(tmp_path, record)
    assert path == tmp_path / "quickstart/smoke/cyclic-16/seed-0000.json"
    assert path == record_path(tmp_path, record.config)
    again = read_record(path)
    assert again.curve == record.curve
    assert again.config == record.config
    assert all(isinstance(count, int) for count in json.loads(path.read_text())["curve"]["correct"])


@pytest.mark.parametrize(("folder", "levels"), [("", 3), ("quickstart/smoke", 1), ("quickstart/smoke/cyclic-16", 0)])
def test_what_lies_beside_a_record_is_none(record: Record, tmp_path: Path, folder: str, levels: int) -> None:
    path = write_record(tmp_path, record)
    for beside in ("seed-0000.verified-training.json", "seed-0001.verified-snntorch.json", "seed-0001.safetensors"):
        path.with_name(beside).write_text("{}")
    assert record_paths(tmp_path / folder, levels) == [path]


def test_an_edited_record_is_tampered(record: Record, tmp_path: Path) -> None:
    path = write_record(tmp_path, record)
    assert record.curve is not None
    path.write_text(path.read_text().replace(f"{record.curve.correct[-1]}", f"{record.curve.correct[-1] + 1}"))
    with pytest.raises(HarnessError, match="tampered"):
        read_record(path)


def test_timings_are_not_part_of_the_digest(record: Record, tmp_path: Path) -> None:
    path = write_record(tmp_path, record)
    raw = json.loads(path.read_text())
    raw["timings"]["ann"] = 1e6
    path.write_text(json.dumps(raw))
    assert read_record(path).timings["ann"] == 1e6


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"config": 3}', b"\xff\xfe", b"null"])
def test_what_is_no_record_is_named(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a/b/c/seed-0000.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    with pytest.raises(HarnessError, match=r"seed-0000\.json: not a readable record"):
        read_record(path)


def test_another_schema_is_named(record: Record, tmp_path: Path) -> None:
    path = write_record(tmp_path, record)
    path.write_text(path.read_text().replace('"schema_version": 4', '"schema_version": 1'))
    with pytest.raises(HarnessError, match="record of schema 1, this harness reads 4"):
        read_record(path)
