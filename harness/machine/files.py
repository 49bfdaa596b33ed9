"""Atomic writing of files, their locks, the cache folder, and the free space on a disk."""

import errno
import hashlib
import os
import platform
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import filelock
import msgspec
from platformdirs import user_cache_path

from harness.errors import HarnessError

LARGEST_FILE = 2**34  # bytes; of checkpoints, the largest files that we read
SEAL = hashlib.sha256().digest_size  # bytes
LARGEST_LOCK = 4096  # bytes
TRIES, RETRY_SECONDS = 3, 0.02  # for a lock whose holder has not written its name


def write_atomically(path: Path, content: bytes, private: bool = False, durable: bool = True) -> None:
    """Replace `path` by `content` in one step: a reader sees the old file or the new one, never a part.

    Written under another name, flushed to disk, then renamed. private: others may not write to it, whatever the mask.
    durable: it survives a power cut from here on; without, a process that is killed loses nothing all the same.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        # A temporary file is private; others may read results. The mask can only be read by setting it.
        mask = os.umask(0o077)
        os.umask(mask)
        os.fchmod(handle, 0o666 & ~mask & ~(0o022 if private else 0))
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    if not durable:
        return
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def read_regular(path: Path, largest: int = LARGEST_FILE, private: bool = False) -> bytes:
    """The content of a regular file of at most `largest` bytes; OSError for anything else, before a byte is read.

    Every file of a results folder and of the cache is read so: a pipe would keep us waiting for ever, and a device or a
    sparse file fill the memory. private: it must be a file of this user that others may not write to.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as file:
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode):
            raise OSError(errno.EINVAL, "not a file", str(path))
        if private and (facts.st_uid != os.geteuid() or facts.st_mode & 0o022):
            raise PermissionError(errno.EPERM, "not a file of this user alone", str(path))
        if facts.st_size > largest:
            raise OSError(errno.EFBIG, f"{facts.st_size:,} bytes, more than {largest:,}", str(path))
        try:
            return file.read(facts.st_size)
        except MemoryError:
            raise OSError(errno.EFBIG, "larger than the memory", str(path)) from None


def content_digest(content: bytes) -> str:
    """SHA-256 of `content`, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def write_sealed(path: Path, content: bytes) -> None:
    """`write_atomically` the SHA-256 of `content` and then `content`, so that `read_sealed` notices a changed byte.

    Not flushed to disk: it is written after every epoch, which may take less time than that, and a power cut
    costs work.
    """
    write_atomically(path, hashlib.sha256(content).digest() + content, private=True, durable=False)


def read_sealed(path: Path) -> bytes | None:
    """The content that `write_sealed` wrote to `path`; None if it cannot be read or a byte has changed.

    A file of another user is not read: the seal is no secret, so anybody who may write to the folder could make one.
    """
    try:
        written = read_regular(path, private=True)
    except OSError:
        return None
    seal, content = written[:SEAL], written[SEAL:]
    return content if hashlib.sha256(content).digest() == seal else None


def nearest_existing(path: Path) -> Path:
    """`path` itself, or the nearest folder above it that exists."""
    return next(folder for folder in (path, *path.absolute().parents) if folder.exists())


def free_gib(path: Path) -> float:
    """Free space on the disk of `path`, which need not exist yet, in GiB."""
    return shutil.disk_usage(nearest_existing(path)).free / 2**30


def cache_root() -> Path:
    """The cache folder: the environment's HARNESS_CACHE, else the user's default; a temporary one without a home."""
    try:
        chosen = folder_from("HARNESS_CACHE") or user_cache_path("dct-snn-harness")
    except RuntimeError:
        chosen = Path("~")
    return Path(tempfile.gettempdir()) / f"dct-snn-harness-{os.geteuid()}" if chosen.parts[:1] == ("~",) else chosen


def folder_from(variable: str) -> Path | None:
    """The folder that an environment variable names, if it is set; raises HarnessError for an unknown user's home."""
    chosen = os.environ.get(variable)
    try:
        return Path(chosen).expanduser() if chosen else None
    except RuntimeError:
        raise HarnessError(f"{variable} is {chosen}: there is no such user", "name a folder that exists") from None


NO_LOCKS = (errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK)  # what a disk without locks answers


class Owner(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The process that holds a lock. Without a host: a process that has not written its name.

    stage, work: what it does and how much it has done, as it last wrote by `write_progress`.
    """

    host: str = ""
    pid: int = 0
    stage: str = ""
    work: float = 0.0

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}" if self.host else "another process"


def lock_at(path: Path) -> filelock.BaseFileLock:
    """The lock file `path` as filelock has it; its `acquire` raises an OSError with one of NO_LOCKS on a disk without.

    filelock's stand-in for such a disk, a file that is there or not, would outlive a process that is killed.
    """
    return filelock.FileLock(path, thread_local=False, fallback_to_soft=False)


@contextmanager
def hold(path: Path) -> Iterator[Owner | None]:
    """Try to hold the lock file `path` inside the block. The value is None if that works, else the present owner.

    The operating system releases a lock when its process ends, however it ends. The only purpose of a lock is that
    two runs do not do the same work. On a network disk it works between machines if the server supports locks (NFS
    version 4, or 3 with a lock service). On a disk without locks, work may be done twice; nothing is damaged then,
    because a result is written in one step.

    The file is not removed, because then two processes could each hold a lock of that name. Raises OSError if the
    file cannot be made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_symlink() or (path.exists() and not path.is_file()):  # a link: what it leads to would be overwritten
        raise OSError(errno.EINVAL, "not a file", str(path))
    lock = lock_at(path)
    for left in reversed(range(TRIES)):
        try:
            lock.acquire(blocking=False)
            break
        except filelock.Timeout:
            # No name: it may be a process in `holder`, which releases the lock at once.
            if not left or _owner(path).host:
                yield _owner(path)
                return
            time.sleep(RETRY_SECONDS)
        except OSError as error:
            if error.errno not in NO_LOCKS:
                raise
            yield None
            return
    try:
        write_progress(path)
        yield None
    finally:
        with suppress(OSError):  # the file was removed; and the name of a process that has ended does no harm
            os.truncate(path, 0)
        lock.release()


def write_progress(path: Path, stage: str = "", work: float = 0.0) -> None:
    """Write the stage of this process, and the work that it has done, into the lock file `path` that it holds."""
    content = msgspec.json.encode(Owner(platform.node(), os.getpid(), stage, work)).ljust(200)
    with suppress(FileNotFoundError), open(path, "r+b", buffering=0) as file:  # it may have been deleted
        # In one write and without emptying the file first, so that a reader finds the old content or the new.
        file.write(content)
        file.truncate()


def has_locks(folder: Path) -> bool:
    """Whether the file system of the existing `folder` has locks."""
    path = folder / f".lock-test-{os.getpid()}"
    try:
        with lock_at(path):
            return True
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
        return False
    finally:
        path.unlink(missing_ok=True)


def holder(path: Path) -> Owner | None:
    """The process that holds the lock file `path` now; None if no process does."""
    if path.is_symlink() or not path.is_file():
        return None
    lock = lock_at(path)
    try:
        lock.acquire(blocking=False)
    except (filelock.Timeout, PermissionError):
        return _owner(path)
    except OSError:
        return None
    lock.release()
    return None


def _owner(path: Path) -> Owner:
    try:
        return msgspec.json.decode(read_regular(path, LARGEST_LOCK), type=Owner)
    except (OSError, ValueError, RecursionError):
        return Owner()
