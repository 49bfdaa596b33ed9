"""A data set's files by name, whether they lie in a folder or in an archive."""

import os
from pathlib import Path

from harness.data import archive
from harness.errors import HarnessError

Tree = dict[str, bytes | Path]


def open_tree(source: Path) -> Tree:
    """The files under `source`: name with `/` → content (from an archive) or where it lies (in a folder)."""
    if source.is_dir():
        return {name: source / name for name in walk(source)}
    return {name: content for name, content in archive.read(source).items() if not _hidden(name)}


def walk(folder: Path) -> list[str]:
    """The names of all files below `folder`, relative to it, sorted."""
    found: list[str] = []
    # Links are followed because people link data sets into place; they chose these links, an archive's are not.
    for here, _, files in os.walk(folder, followlinks=True):
        prefix = Path(here).relative_to(folder)
        found += [(prefix / file).as_posix() for file in files]
    return sorted(name for name in found if not _hidden(name))


def content(tree: Tree, name: str, source: Path) -> bytes:
    """The bytes of one file; raises HarnessError if it is missing or unreadable."""
    entry = tree.get(name)
    if entry is None:
        raise HarnessError(f"{name} is missing in {source}", "get the data set again")
    if isinstance(entry, bytes):
        return entry
    try:
        return entry.read_bytes()
    except OSError as error:
        raise HarnessError(f"{entry} cannot be read: {error}", "check its permissions") from error


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
