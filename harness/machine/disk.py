"""Where a path that may not exist yet will lie, and how much room there is."""

import shutil
from pathlib import Path


def nearest_existing(path: Path) -> Path:
    """`path` itself, or the nearest folder above it that is there."""
    return next(place for place in (path, *path.absolute().parents) if place.exists())


def free_gib(path: Path) -> float:
    """Free space where `path` lies or will lie, in GiB."""
    return shutil.disk_usage(nearest_existing(path)).free / 2**30
