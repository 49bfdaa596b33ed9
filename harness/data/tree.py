"""A data set's files by name, whether they lie in a folder or in an archive."""

import os
from pathlib import Path
from typing import NamedTuple

from harness.data import archive
from harness.data.reading import read_file, shown
from harness.errors import HarnessError

Tree = dict[str, bytes | Path]

# Tiny ImageNet, the data set with the most files, has 120,000.
MAX_ENTRIES = 500_000


def open_tree(source: Path) -> Tree:
    """The files under `source` by name, with `/`: the content if it is an archive, the path if it is a folder."""
    if source.is_dir():
        return {name: source / name for name in walk(source)}
    return {name: content for name, content in archive.read(source).items() if not _hidden(name)}


def walk(folder: Path) -> list[str]:
    """The names of all files below `folder`, relative to it, sorted.

    Links are followed, except to a folder on the way to them. Raises HarnessError for a folder that may not be read
    and for more than MAX_ENTRIES entries.
    """
    found: list[str] = []
    entries = 0
    # Users link data sets into place, so links in a folder are followed; links in an archive are refused.
    waiting = [_Folder(str(folder), "", frozenset(map(_identity, folder.absolute().parents)))]
    while waiting:
        here = waiting.pop()
        identity = _identity(here.path)
        if identity in here.above:
            continue
        for entry in _entries(here.path):
            entries += 1
            if entries > MAX_ENTRIES:
                raise HarnessError(f"{shown(folder)} holds more than {MAX_ENTRIES:,} files", "name another folder")
            name = f"{here.prefix}{entry.name}"
            if _hidden(entry.name):
                continue
            if _is_folder(entry):
                waiting.append(_Folder(entry.path, f"{name}/", here.above | {identity}))
            else:
                found.append(name)
    return sorted(found)


class _Folder(NamedTuple):
    """A folder to be read: its path, the prefix of the names in it, and the folders on the way to it."""

    path: str
    prefix: str
    above: frozenset[tuple[int, int]]


def _entries(path: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(path) as found:
            return list(found)
    except OSError as error:
        raise HarnessError(f"{shown(path)} cannot be read: {error.strerror}", "check its permissions") from error


def _identity(place: Path | str) -> tuple[int, int]:
    """What two paths to the same folder have in common."""
    facts = os.stat(place)
    return facts.st_dev, facts.st_ino


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def content(tree: Tree, name: str, source: Path) -> bytes:
    """The bytes of one file; raises HarnessError if it is missing, unreadable or no regular file."""
    entry = tree.get(name)
    if entry is None:
        raise HarnessError(f"{shown(name)} is missing in {shown(source)}", "get the data set again")
    return entry if isinstance(entry, bytes) else read_file(entry)


def prefix_of(tree: Tree, part: str) -> str | None:
    """The shortest folder (with its `/`, or "") in which `part`, a file or a folder with its `/`, lies."""
    found = []
    for name in tree:
        rooted = f"/{name}"
        if part.endswith("/") and f"/{part}" in rooted:
            found.append(name[: rooted.index(f"/{part}")])
        elif rooted.endswith(f"/{part}"):
            found.append(name[: -len(part)])
    return min(found, key=lambda prefix: (prefix.count("/"), prefix), default=None)


def _hidden(name: str) -> bool:
    # macOS puts a resource fork beside every file of an archive, under the same suffix.
    return "__MACOSX" in name or any(step.startswith(".") for step in name.split("/"))
