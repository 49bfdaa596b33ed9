"""Locks that the operating system releases when their process ends, however it ends.

Their only purpose is that two runs do not do the same work. On a network disk they work between machines if its server
supports locks (NFS version 4, or 3 with a lock service). On a disk without locks, work may be done twice. Nothing is
damaged then, because a result is written in one step.
"""

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock
import msgspec


class Owner(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The process that holds a lock. Without a host: a process that has not written its name."""

    host: str = ""
    pid: int = 0

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}" if self.host else "another process"


@contextmanager
def hold(path: Path) -> Iterator[Owner | None]:
    """Try to hold the lock file `path` inside the block. The value is None if that works, else the present owner.

    The file is not removed, because then two processes could each hold a lock of that name. Raises OSError if the
    file cannot be made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(path, thread_local=False)
    try:
        lock.acquire(blocking=False)
    except filelock.Timeout:
        yield _read(path)
        return
    except NotImplementedError:  # a disk without locks
        yield None
        return
    try:
        path.write_bytes(msgspec.json.encode(Owner(platform.node(), os.getpid())))
        yield None
    finally:
        _emptied(path)
        lock.release()


def holder(path: Path) -> Owner | None:
    """The process that holds the lock file `path` now; None if no process does."""
    if not path.is_file():
        return None
    lock = filelock.FileLock(path, thread_local=False)
    try:
        lock.acquire(blocking=False)
    except (filelock.Timeout, PermissionError):
        return _read(path)
    except (NotImplementedError, OSError):
        return None
    lock.release()
    return None


def _read(path: Path) -> Owner:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Owner)
    except (OSError, ValueError, RecursionError):
        return Owner()


def _emptied(path: Path) -> None:
    """Clear the owner's name in a lock file, unless the file was removed."""
    try:
        os.truncate(path, 0)
    except OSError:  # the name of a process that is gone does no harm
        return
