"""Locks that the operating system holds for a process and gives back when it ends, however it ends.

They only keep two runs from doing the same work. On a network disk they hold between machines where its server knows
locks (NFS version 4, or 3 with a lock service). Where a disk refuses locks, work may be done twice; results are written
whole and in one step, so nothing is damaged.
"""

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock
import msgspec


class Owner(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The process that holds a lock; without a host, one that did not say who it is."""

    host: str = ""
    pid: int = 0

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}" if self.host else "another process"


@contextmanager
def hold(path: Path) -> Iterator[Owner | None]:
    """Within, the lock `path` is held by this process, and the value is None; else the value is who holds it.

    The file stays, since removing it could let two processes hold a lock each. Raises OSError when the disk refuses
    the file itself.
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
    """Who holds the lock `path` now; None where nobody does."""
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
    """Take the owner's name out of a lock file, unless the file was removed."""
    try:
        os.truncate(path, 0)
    except OSError:  # the name of a process that is gone does no harm
        return
