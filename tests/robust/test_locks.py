"""Claims: one owner at a time; the dead lose them, the living never do; other hosts are judged by their heartbeat."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from harness.records import locks
from harness.records.locks import Claim, Owner, claim, claim_path, holder


@pytest.fixture
def record(tmp_path: Path) -> Path:
    return tmp_path / "e/smoke/a/seed-0003.json"


@pytest.fixture
def ours(tmp_path: Path, record: Path) -> Iterator[Claim]:
    taken = claim(tmp_path, record)
    assert isinstance(taken, Claim)
    yield taken
    taken.release()


def write(record: Path, owner: Owner, age: float = 0) -> None:
    path = claim_path(record)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.encode(owner))
    os.utime(path, (time.time() - age,) * 2)


def test_a_claim_is_hidden_and_goes_with_its_release(tmp_path: Path, record: Path) -> None:
    taken = claim(tmp_path, record)
    assert isinstance(taken, Claim)
    assert [path.name for path in record.parent.iterdir()] == [".seed-0003.lock"]
    taken.release()
    assert list(record.parent.iterdir()) == []


def test_what_is_claimed_has_an_owner(tmp_path: Path, record: Path, ours: Claim) -> None:
    second = claim(tmp_path, record)
    assert second == ours.owner == holder(record)
    assert str(os.getpid()) in str(second)


def test_the_living_keep_theirs_however_old_its_heartbeat(tmp_path: Path, record: Path, ours: Claim) -> None:
    os.utime(ours.path, (0, 0))
    assert isinstance(claim(tmp_path, record), Owner)


def test_a_process_that_is_gone_loses_its_claim_at_once(tmp_path: Path, record: Path, ours: Claim) -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    write(record, msgspec.structs.replace(ours.owner, pid=child.pid, token="another"))
    assert holder(record) is None
    after = claim(tmp_path, record)
    assert isinstance(after, Claim)
    assert not ours.kept()
    after.release()


@pytest.mark.parametrize(
    "change", [{"host": "elsewhere"}, {"space": "pid:[1]"}, {"started": 0.0}], ids=["host", "container", "reused pid"]
)
def test_where_the_process_says_nothing_the_heartbeat_decides(
    tmp_path: Path, record: Path, ours: Claim, change: dict[str, object]
) -> None:
    other = msgspec.structs.replace(ours.owner, token="another", **change)
    write(record, other, age=locks.DEAD_AFTER_SECONDS - 60)
    assert claim(tmp_path, record) == other
    write(record, other, age=locks.DEAD_AFTER_SECONDS + 60)
    after = claim(tmp_path, record)
    assert isinstance(after, Claim)
    after.release()


def test_the_heart_beats(tmp_path: Path, record: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "HEARTBEAT_SECONDS", 0.01)
    with claim(tmp_path, record) as ours:  # type: ignore[union-attr]
        os.utime(ours.path, (0, 0))
        end = time.monotonic() + 10
        while ours.path.stat().st_mtime == 0 and time.monotonic() < end:
            time.sleep(0.01)
        assert time.time() - ours.path.stat().st_mtime < 60


def test_who_was_taken_over_leaves_the_new_claim_alone(tmp_path: Path, record: Path) -> None:
    with claim(tmp_path, record) as ours:  # type: ignore[union-attr]
        other = msgspec.structs.replace(ours.owner, host="elsewhere", token="another")
        write(record, other)
    assert holder(record) == other


@pytest.mark.parametrize("content", [b"", b"{}", b"[" * 50_000, b"\xff", b"null"])
def test_what_is_no_claim_holds_nothing(tmp_path: Path, record: Path, content: bytes) -> None:
    claim_path(record).parent.mkdir(parents=True)
    claim_path(record).write_bytes(content)
    with claim(tmp_path, record) as ours:  # type: ignore[union-attr]
        assert ours.kept()


@pytest.mark.parametrize("pid", [0, -1, 2**31, 2**80])
def test_no_process_number_is_a_crash(record: Path, ours: Claim, pid: int) -> None:
    write(record, msgspec.structs.replace(ours.owner, pid=pid, token="another"), age=locks.DEAD_AFTER_SECONDS + 60)
    assert holder(record) is None
