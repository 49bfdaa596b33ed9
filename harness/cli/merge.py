"""`harness merge`: copy records that were computed elsewhere into your own results folder."""

import json
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import LOCAL, AsJson, folder_option


def merge(
    folders: Annotated[list[Path], typer.Argument(metavar="FOLDER...", help="Results folders to take records from.")],
    results_dir: Annotated[Path, folder_option("Folder that receives the records.")] = LOCAL,
    as_json: AsJson = False,
) -> None:
    """Copy records that were computed elsewhere. If a cell here has another result, nothing is copied (exit 1)."""
    from harness.runs.merge import planned
    from harness.runs.plan import require_writable

    found = planned(folders, results_dir)
    if not found.refused:
        require_writable(results_dir)
        found.write()
    if as_json:
        taken = [] if found.refused else [str(path) for path in found.taken]
        print(json.dumps({"taken": taken, "equal": found.equal, "refused": found.refused}))
    else:
        print("\n".join(found.lines()))
    if found.refused:
        raise typer.Exit(1)
