"""`harness encoders`: which there are, whether one keeps the laws, and a package to start one's own from."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

encoders_app = typer.Typer(no_args_is_help=False, rich_markup_mode=None, help="Encoders: list, check, new.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="As `harness encoders` names it.")]


@encoders_app.callback(invoke_without_command=True)
def list_encoders(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """List the encoders that are installed: origin, alphabet, period, whether they are deterministic."""
    if context.invoked_subcommand is not None:
        return
    from encoders.catalogue import describe

    rows = describe()
    if as_json:
        import msgspec

        print(json.dumps({"encoders": msgspec.to_builtins(rows)}))
        return
    table = Table(box=None, header_style="bold")
    for column in ("name", "origin", "alphabet", "period", "deterministic", "prefix-stable", "source"):
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(row.name, row.origin, *_facts(row))
    Console().print(table)


def _facts(row: Any) -> tuple[str, ...]:
    if row.info is None:
        return ("[red]broken[/]", "", "", "", row.broken or "")
    info = row.info
    return (
        info.alphabet + (" (first layer multiplies)" if info.multiplies else ""),
        str(info.period or "none"),
        "yes" if info.deterministic else "no",
        "no (window)" if info.window else "yes",
        info.source,
    )


@encoders_app.command()
def check(name: Name) -> None:
    """Try every law of an encoder, one line each; exit 1 if one is broken."""
    from encoders import create
    from encoders.conformance import check as check_laws

    findings = check_laws(create(name))
    for finding in findings:
        print(finding)
    if any(finding.passed is False for finding in findings):
        raise typer.Exit(1)


@encoders_app.command()
def new(
    name: Name,
    directory: Annotated[Path | None, typer.Option(help="Where to write it; else a folder of that name.")] = None,
) -> None:
    """Write a working package for an encoder of your own: code, entry point and conformance test."""
    from harness.plugins import write_skeleton

    for path in write_skeleton(directory or Path(name), name):
        print(path)
