"""Free disk space, also for paths that do not exist yet."""

import shutil
from pathlib import Path


def nearest_existing(path: Path) -> Path:
    """`path` itself, or the nearest folder above it that exists."""
    return next(folder for folder in (path, *path.absolute().parents) if folder.exists())


def free_gib(path: Path) -> float:
    """Free space on the disk of `path`, in GiB."""
    return shutil.disk_usage(nearest_existing(path)).free / 2**30
