"""Where data sets are looked for, in which order, and the error for one that is nowhere."""

import os
from pathlib import Path

from filelock import FileLock

from harness.data import archive, cache, download
from harness.data.catalog import MNIST_FILES, Facts
from harness.data.reading import shown
from harness.errors import HarnessError

# MNIST lies deepest, in MNIST/raw. Links that lead in a circle would go down for ever.
MAX_LEVELS = 4


def locate(facts: Facts, data_dir: Path | None, may_download: bool) -> Path:
    """The folder or archive that holds the data set; downloads it if it is nowhere and `may_download`.

    Raises HarnessError saying where it looked and how to get the files. If `data_dir` is given, no other place is
    looked at, because to use other files than those asked for would be a silent change of data.
    """
    found = find(facts, data_dir)
    if found is not None:
        return found
    problems: list[str] = []
    if data_dir is None and may_download:
        found, problems = _download(facts)
    if found is None:
        raise _nowhere(facts, data_dir, problems)
    return found


def find(facts: Facts, data_dir: Path | None) -> Path | None:
    """The folder or archive that holds the data set, of the files already here; None if there is none."""
    if data_dir is not None and _is_source(data_dir, facts):
        return data_dir
    # Files that were named are to be read, or to be complained of; elsewhere a part of them is a download under way.
    whole = data_dir is None
    found = (_found_in(place, facts, whole) for place in places(data_dir).values())
    return next((path for path in found if path is not None), None)


def places(data_dir: Path | None) -> dict[str, Path]:
    """The folders to look in, by what chose them, the first to be tried first."""
    if data_dir is not None:
        return {"--data-dir": data_dir}
    chosen = os.environ.get("HARNESS_DATA")
    environment = {"HARNESS_DATA": Path(chosen).expanduser()} if chosen else {}
    return {**environment, "the cache": cache.root()}


def _found_in(place: Path, facts: Facts, whole: bool = True, levels: int = MAX_LEVELS) -> Path | None:
    """`place` itself or something in it, `levels` down at most, that goes by one of the data set's names."""
    if _is_named(place, facts) and _is_source(place, facts, whole):
        return place
    if levels == 0 or not place.is_dir():
        return None
    named = [child for child in place.iterdir() if _is_named(child, facts)]
    # Folders before archives: they were unpacked for a reason, and need no unpacking.
    ordered = sorted(named, key=lambda child: (child.is_file(), child.name))
    return next((path for child in ordered if (path := _found_in(child, facts, whole, levels - 1)) is not None), None)


def _is_named(path: Path, facts: Facts) -> bool:
    name = path.name.lower()
    stem = next((name.removesuffix(suffix) for suffix in archive.SUFFIXES if name.endswith(suffix)), name)
    return stem.translate({ord(mark): None for mark in "-_ "}) in facts.stems


def _is_source(path: Path, facts: Facts, whole: bool = False) -> bool:
    """Whether the data set's files are here; `whole`: all of MNIST's four, else one of them suffices."""
    if facts.files == MNIST_FILES:
        here = [any((path / f"{name}{suffix}").is_file() for suffix in ("", ".gz")) for name in MNIST_FILES]
        return all(here) if whole else any(here)
    if path.is_file():
        return archive.is_archive(path)
    return (path / "train").is_dir() or any((path / name).is_file() for name in facts.files)


def _download(facts: Facts) -> tuple[Path | None, list[str]]:
    into = cache.root()
    try:
        into.mkdir(parents=True, exist_ok=True)
        # Cells run side by side: one downloads, the others wait and then find the files.
        with FileLock(into / f"{facts.name}.lock"):
            problems = [] if _found_in(into, facts) else download.fetch(facts.name, into)
        return _found_in(into, facts), problems
    except OSError as error:
        return None, [cache.fault(error)]


def _nowhere(facts: Facts, data_dir: Path | None, problems: list[str]) -> HarnessError:
    looked = ", ".join(f"{chosen_by} ({shown(place)})" for chosen_by, place in places(data_dir).items())
    failed = f"; download failed: {'; '.join(problems)}" if problems else ""
    there = data_dir or "the folder HARNESS_DATA names"
    return HarnessError(f"no {facts.name} in {looked}{failed}", f"put {facts.expected} in {shown(there)}")
