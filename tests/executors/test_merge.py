"""`harness merge`: what is taken over, what is one record, and what is refused as a whole."""

from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from harness import cli
from harness.records.store import read_record, write_record
from harness.runs.merge import planned, read_origins
from harness.schema import Counts, Machine, Record
from tests.cells import run_tiny

ELSEWHERE = Machine("Another CPU", ["avx2"], 64)


@pytest.fixture(scope="module")
def record() -> Record:
    return run_tiny()


def folder_of(place: Path, record: Record, **changes: object) -> Path:
    write_record(place, msgspec.structs.replace(record, **changes))
    return place


def other_curve(record: Record) -> Counts:
    """Another final result that makes sense in itself."""
    assert record.curve is not None
    first, *rest = record.curve.correct
    return Counts([first + 1 if first < record.curve.total else first - 1, *rest], record.curve.total)


def merge(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(cli.app, ["merge", *map(str, arguments)], catch_exceptions=False)
    return result.exit_code, result.stdout


def files(place: Path) -> list[str]:
    return sorted(str(path.relative_to(place)) for path in place.rglob("*") if path.is_file())


def test_a_record_is_taken_over_byte_for_byte_and_says_where_from(record: Record, tmp_path: Path) -> None:
    theirs = folder_of(tmp_path / "theirs", record, machine=ELSEWHERE)
    code, said = merge(theirs, "--results-dir", tmp_path / "mine")
    assert code == 0
    assert f"1 from {theirs}, computed on Another CPU" in said
    (name,) = files(theirs)
    assert (tmp_path / "mine" / name).read_bytes() == (theirs / name).read_bytes()
    assert read_origins(tmp_path / "mine")[name].folder == str(theirs)


def test_equal_results_of_two_machines_are_one_and_the_one_that_is_here_stays(record: Record, tmp_path: Path) -> None:
    mine = folder_of(tmp_path / "mine", record)
    theirs = folder_of(tmp_path / "theirs", record, machine=ELSEWHERE, timings={"ann": 1.0})
    before = (mine / files(mine)[0]).read_bytes()
    code, said = merge(theirs, "--results-dir", mine)
    assert (code, said) == (0, "0 records taken over, 1 here already with equal results\n")
    assert (mine / files(mine)[0]).read_bytes() == before


def test_other_results_are_named_and_nothing_is_taken(record: Record, tmp_path: Path) -> None:
    mine = folder_of(tmp_path / "mine", record)
    theirs = folder_of(tmp_path / "theirs", record, curve=other_curve(record), machine=ELSEWHERE)
    before = {name: (mine / name).read_bytes() for name in files(mine)}
    code, said = merge(theirs, "--results-dir", mine)
    assert code == 1
    assert "other results than" in said
    assert "curve differ" in said
    assert {name: (mine / name).read_bytes() for name in files(mine)} == before


def test_two_folders_that_disagree_with_each_other_are_refused(record: Record, tmp_path: Path) -> None:
    one = folder_of(tmp_path / "one", record)
    other = folder_of(tmp_path / "other", record, curve=other_curve(record))
    assert merge(one, other, "--results-dir", tmp_path / "mine")[0] == 1
    assert not (tmp_path / "mine").exists()


def test_an_edited_record_is_refused(record: Record, tmp_path: Path) -> None:
    theirs = folder_of(tmp_path / "theirs", record)
    path = theirs / files(theirs)[0]
    path.write_bytes(path.read_bytes().replace(b'"status": "done"', b'"status": "failed"'))
    code, said = merge(theirs, "--results-dir", tmp_path / "mine")
    assert code == 1
    assert "tampered" in said


def test_a_disk_that_refuses_leaves_the_folder_as_it_was(
    record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = folder_of(tmp_path / "theirs", record)
    found = planned([theirs], tmp_path / "mine")

    def refuse() -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(found, "_keep_origins", refuse)
    with pytest.raises(OSError, match="No space"):
        found.write()
    assert files(tmp_path / "mine") == []
    assert read_record(theirs / files(theirs)[0]).status == "done"
