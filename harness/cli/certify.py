"""`harness certify`: proof that changed code computes what it computed at an earlier commit."""

import json
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from harness.cli.options import AsJson, DataDir
from harness.errors import HarnessError
from harness.machine.console import console as plain


def certify(
    base: Annotated[str | None, typer.Option(help="The commit whose results are the standard.")] = None,
    cell: Annotated[
        list[str] | None, typer.Option(help="Compare only this cell, `smoke` or `kernels` (again for more).")
    ] = None,
    dump: Annotated[
        list[str] | None, typer.Option(help="Print what this cell computes, as JSON lines, and compare nothing.")
    ] = None,
    results_dir: Annotated[Path, typer.Option(help="Where the certificate is kept.")] = Path("results/evidence"),
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Compute cells with the code at --base and with today's, and certify what is equal bit for bit (else exit 1)."""
    from harness.papers import catalogue
    from harness.runs.dump import KERNELS, SMOKE, config_of, dumps

    for name in {*(cell or ()), *(dump or ())} - {KERNELS, SMOKE}:
        config_of(name, catalogue())
    if dump:
        for found in dumps(dump, catalogue(), data_dir):
            print(json.dumps(msgspec.to_builtins(found)), flush=True)
        return
    if base is None:
        raise HarnessError("no --base to compare with", "name a commit, such as HEAD")
    from harness.runs.certify import certify as compare

    console = plain(stderr=True)
    made = compare(base, results_dir, data_dir, tuple(cell or ()), lambda text: console.print(text, markup=False))
    if as_json:
        print(json.dumps(msgspec.to_builtins(made.certificate)))
    else:
        print("\n".join(made.lines()))
    if made.certificate.differing:
        raise typer.Exit(1)
