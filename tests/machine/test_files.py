"""Files: whole or not there. Locks: one holder at a time, named to the others, none once its process has ended."""

import errno
import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import filelock
import pytest

from harness.machine.files import Owner, cache_root, hold, holder, read_sealed, write_atomically, write_sealed

PROGRAM = """
import sys, time
from pathlib import Path
from harness.machine.files import hold
with hold(Path(sys.argv[1])) as owner:
    print(owner, flush=True)
    time.sleep(60)
"""


def test_the_cache_may_be_the_working_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_CACHE", ".")
    assert cache_root() == Path()


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    return tmp_path / "e/smoke/a/.seed-0003.lock"


def elsewhere(lock: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(lock)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "None"
    return process


@pytest.mark.slow
def test_what_another_process_holds_is_named_until_it_ends(lock: Path) -> None:
    process = elsewhere(lock)
    os.kill(process.pid, signal.SIGSTOP)  # a stopped process keeps its lock
    with hold(lock) as owner:
        assert str(process.pid) in str(owner)
    assert holder(lock) == owner
    for signalled in (signal.SIGCONT, signal.SIGKILL):
        os.kill(process.pid, signalled)
    process.communicate()
    assert holder(lock) is None
    with hold(lock) as owner:
        assert owner is None


@pytest.mark.parametrize("content", [None, b"", b"[" * 50_000, b"\xff", b"null"])
def test_a_lock_file_that_nobody_holds_is_ours_whatever_it_contains(lock: Path, content: bytes | None) -> None:
    assert holder(lock) is None
    lock.parent.mkdir(parents=True)
    if content is not None:
        lock.write_bytes(content)
    with hold(lock) as owner:
        assert owner is None
    with filelock.FileLock(lock):  # by somebody who does not say so
        found = holder(lock)
    assert (found, str(found)) == (Owner(), "another process")


def test_a_pipe_or_a_link_in_place_of_a_lock_is_refused(lock: Path, tmp_path: Path) -> None:
    lock.parent.mkdir(parents=True)
    os.mkfifo(lock)
    (tmp_path / "mine").write_text("mine")
    lock.with_suffix(".link").symlink_to(tmp_path / "mine")
    for path in (lock, lock.with_suffix(".link")):
        assert holder(path) is None
        with pytest.raises(OSError, match="not a file"), hold(path):
            pass
    assert (tmp_path / "mine").read_text() == "mine"


def test_a_disk_without_locks_lets_everybody_in(lock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fcntl, "flock", Mock(side_effect=OSError(errno.ENOSYS, "Function not implemented")))
    with hold(lock) as owner:
        assert owner is None
    lock.touch()
    assert holder(lock) is None


@pytest.mark.parametrize("fault", ["another user's", "writable by others", "a changed byte", "a pipe"])
def test_a_sealed_file_is_whole_and_this_users_own(fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "entry"
    write_sealed(path, b"weights")
    assert read_sealed(path) == b"weights"
    if fault == "another user's":
        monkeypatch.setattr(os, "geteuid", lambda: 12345)
    elif fault == "writable by others":
        path.chmod(0o666)
    elif fault == "a changed byte":
        path.write_bytes(path.read_bytes()[:-1] + b"S")
    else:
        path.unlink()
        os.mkfifo(path)
    assert read_sealed(path) is None


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")
    monkeypatch.setattr("os.fsync", Mock(side_effect=OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
