"""Options and folders that several commands share."""

import re
from pathlib import Path
from typing import Annotated, Any

import typer

from harness.errors import HarnessError

DataDir = Annotated[Path | None, typer.Option(help="Folder of the data sets. Default: HARNESS_DATA, cache, download.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document to stdout, and nothing else.")]

EVIDENCE = Path("results/evidence")
LOCAL = Path("results/local")
REPORTS = Path("reports")
README = Path("README.md")


def folder(text: str | Path) -> Path:
    """The folder that an option names. Raises HarnessError for an empty name and for the root of the disk."""
    if not str(text).strip():
        raise HarnessError("a folder's name is empty", "name a folder, such as results/local; . is this one")
    path = Path(text)
    try:
        whole = path.resolve()
    except (OSError, RuntimeError) as error:  # links that lead in a circle
        raise HarnessError(f"{text}: no folder ({error})", "name a folder, such as results/local") from None
    if whole == Path(whole.anchor):
        raise HarnessError(f"{text} is the root of the disk", "name a folder below it, such as results/local")
    return path


def folder_option(text: str) -> Any:
    """An option that takes a folder; `text` is its help."""
    return typer.Option(help=text, parser=folder, metavar="FOLDER")


ResultsDir = Annotated[Path, folder_option("Folder of the records.")]


def beside(results: Path) -> Path:
    """The folder for the report of a results folder: results/local-report for results/local, /a/b-report for . in b."""
    named = results if results.name not in ("", "..") else results.resolve()
    return named.with_name(f"{named.name}-report")


def is_named(results: Path) -> bool:
    """Whether the results folder was named. Raises HarnessError if so, and it is not there.

    The folder that `run` writes to by default may be missing: then nothing was run yet.
    """
    if results == LOCAL:
        return False
    if not results.is_dir():
        raise HarnessError(f"{results}: no such results folder", "name a folder that `harness run` wrote")
    return True


UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


def seconds_of(text: str | None) -> float | None:
    """Seconds in a duration such as "90s", "9m" or "1.5h". Raises HarnessError for anything else."""
    if text is None:
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smh]?)", text.strip())
    if not found or float(found[1]) <= 0:
        raise HarnessError(f"'{text}' is not a duration", "write it as 90s, 9m or 2h")
    return float(found[1]) * UNITS[found[2]]
