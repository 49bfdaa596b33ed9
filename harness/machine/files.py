"""Files that are never seen half written: written under another name, flushed to disk, then renamed."""

import hashlib
import os
import tempfile
from pathlib import Path

SEAL = hashlib.sha256().digest_size  # bytes


def write_atomically(path: Path, content: bytes) -> None:
    """Replace `path` by `content` in one step: a reader sees the old file or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        os.fchmod(handle, 0o666 & ~_umask())  # a temporary file is private; others may read results
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def content_digest(content: bytes) -> str:
    """SHA-256 of `content`, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def write_sealed(path: Path, content: bytes) -> None:
    """`write_atomically` the SHA-256 of `content` and then `content`, so that `read_sealed` notices a changed byte."""
    write_atomically(path, hashlib.sha256(content).digest() + content)


def read_sealed(path: Path) -> bytes | None:
    """The content that `write_sealed` wrote to `path`; None if it cannot be read or a byte has changed."""
    try:
        written = path.read_bytes()
    except OSError:
        return None
    seal, content = written[:SEAL], written[SEAL:]
    return content if hashlib.sha256(content).digest() == seal else None


def _umask() -> int:
    # It can only be read by setting it.
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
