"""Options and folders that several commands share."""

import re
from pathlib import Path
from typing import Annotated

import typer

from harness.errors import HarnessError

DataDir = Annotated[Path | None, typer.Option(help="Folder of the data sets. Default: HARNESS_DATA, cache, download.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document to stdout, and nothing else.")]

EVIDENCE = Path("results/evidence")
LOCAL = Path("results/local")
REPORTS = Path("reports")
README = Path("README.md")


def beside(results: Path) -> Path:
    """The folder for the report of a results folder: results/local-report for results/local."""
    return results.with_name(f"{results.name}-report")


UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


def seconds_of(text: str | None) -> float | None:
    """Seconds in a duration such as "90s", "9m" or "1.5h". Raises HarnessError for anything else."""
    if text is None:
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smh]?)", text.strip())
    if not found or float(found[1]) <= 0:
        raise HarnessError(f"'{text}' is not a duration", "write it as 90s, 9m or 2h")
    return float(found[1]) * UNITS[found[2]]
