"""Claims: which run is at work on which cell, so that two runs on one results folder never train the same cell.

A claim is a hidden file beside the record's place that names its owner; its time of change is the owner's
heartbeat. It is judged and taken under one short file lock for the whole folder, so taking over is safe too.
"""

import os
import platform
import secrets
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import filelock
import msgspec
import psutil

from harness.errors import HarnessError
from harness.machine.files import write_atomically

HEARTBEAT_SECONDS = 20.0
DEAD_AFTER_SECONDS = 600.0  # a network disk may hang and a laptop may nod off for some minutes
GUARD_SECONDS = 60.0  # the folder's lock is held for milliseconds; longer means that locks do not work there


class Owner(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A run: host, process-id space (containers may share a host's name), process, its start, and a random token."""

    host: str
    space: str
    pid: int
    started: float
    token: str

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}"


class Claim:
    """A cell that is ours. Beats in the background until it is released; a context manager."""

    def __init__(self, path: Path, owner: Owner) -> None:
        self.path, self.owner = path, owner
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True, name="claim")
        self._thread.start()

    def kept(self) -> bool:
        """Whether nobody has taken the cell over, as may happen to a machine that slept."""
        return _read(self.path) == self.owner

    def release(self) -> None:
        """Give the cell back."""
        self._stop.set()
        self._thread.join()
        if self.kept():
            self.path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _beat(self) -> None:
        while not self._stop.wait(HEARTBEAT_SECONDS):
            try:
                if self.kept():
                    os.utime(self.path)
            except OSError:  # a disk that is away for a moment; the next beat tries again
                continue


def claim_path(record: Path) -> Path:
    """Where the claim of the cell with that record lies: `.seed-0003.lock` for `seed-0003.json`."""
    return record.with_name(f".{record.stem}.lock")


def claim(results: Path, record: Path) -> Claim | Owner:
    """Claim the cell of `record`: ours, or the living owner that has it. A dead owner's claim is taken over.

    Raises HarnessError where the folder cannot be locked, OSError when the disk refuses.
    """
    path = claim_path(record)
    guard = results / ".claims.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        # Two people of one group share a folder: the lock is both of theirs.
        with filelock.FileLock(guard, timeout=GUARD_SECONDS, mode=0o664):
            # The time of the disk's own clock: other hosts' clocks may differ from ours by more than a heartbeat.
            guard.touch()
            other = _living(path, guard.stat().st_mtime)
            if other is not None:
                return other
            owner = _ourselves()
            write_atomically(path, msgspec.json.encode(owner))
            return Claim(path, owner)
    except (filelock.Timeout, NotImplementedError):
        raise HarnessError(
            f"{guard} stays locked: no cell can be claimed", "choose a --results-dir on a disk with file locks"
        ) from None


def holder(record: Path) -> Owner | None:
    """The living owner of a cell, without claiming anything."""
    return _living(claim_path(record), time.time())


def _living(path: Path, now: float) -> Owner | None:
    owner = _read(path)
    if owner is None:  # none, or not a claim: whoever wrote that will not be back for it
        return None
    state = _process(owner)
    if state != "unknown":
        return owner if state == "alive" else None
    try:
        return owner if now - path.stat().st_mtime < DEAD_AFTER_SECONDS else None
    except FileNotFoundError:
        return None


def _read(path: Path) -> Owner | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Owner)
    except (FileNotFoundError, IsADirectoryError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _process(owner: Owner) -> Literal["alive", "dead", "unknown"]:
    """What can be known of the owner's process from here; of one on another host, nothing."""
    if (owner.host, owner.space) != _here():
        return "unknown"
    try:
        os.kill(owner.pid, 0)
    except PermissionError:
        pass  # somebody else's, and there
    except (ProcessLookupError, OverflowError):
        return "dead"
    try:
        process = psutil.Process(owner.pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return "dead"
        # Another start means a reused number, or a clock that was put right: the heartbeat decides.
        return "alive" if abs(process.create_time() - owner.started) < 2 else "unknown"
    except (psutil.Error, ValueError):
        return "unknown"


def _here() -> tuple[str, str]:
    try:
        space = os.readlink("/proc/self/ns/pid")
    except OSError:
        space = ""
    return platform.node(), space


def _ourselves() -> Owner:
    pid = os.getpid()
    return Owner(*_here(), pid, psutil.Process(pid).create_time(), secrets.token_hex(8))
