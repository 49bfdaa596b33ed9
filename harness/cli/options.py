"""Options and folders that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

DataDir = Annotated[Path | None, typer.Option(help="Where the data sets are; else HARNESS_DATA, cache, download.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout and nothing else there.")]

EVIDENCE = Path("results/evidence")
LOCAL = Path("results/local")
REPORTS = Path("reports")
README = Path("README.md")


def beside(results: Path) -> Path:
    """Where the report of a results folder goes: results/local-report for results/local."""
    return results.with_name(f"{results.name}-report")
