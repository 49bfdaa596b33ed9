"""`harness encoders`: list, show, probe, check and new."""

import json
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import MOST_TIMESTEPS, AsJson, DataDir, Grouped, group
from harness.errors import HarnessError
from harness.machine.console import plain_console, say

encoders_app = group("List encoders, draw one, probe one, check one, or start your own.")

Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME", help="As `harness encoders list` shows it, or with parameters: 'dct(schedule=interleaved)'."
    ),
]
Timesteps = Annotated[int, typer.Option(metavar="T", min=1, max=MOST_TIMESTEPS, help="Number of timesteps.")]


@encoders_app.command(name="list", cls=Grouped)
def list_(as_json: AsJson = False) -> None:
    """List the installed encoders: origin, alphabet, period, deterministic or random."""
    from rich.table import Table

    from encoders.registry import PEERS, describe, how_to_get_peers, library_of, peers

    rows = describe()
    if as_json:
        import msgspec

        say(json.dumps({"encoders": msgspec.to_builtins(rows)}))
        return
    console, table = plain_console(), Table(box=None, header_style="bold", padding=(0, 1, 0, 0))
    for column in ("name", "origin", "alphabet", "period", "deterministic", "window"):
        table.add_column(column, no_wrap=True)
    for row in rows:
        facts = ["broken"]
        if info := row.info:
            words = ["yes" if holds else "no" for holds in (info.deterministic, info.window)]
            facts = [info.alphabet + "*" * info.multiplies, str(info.period or "none"), *words]
        table.add_row(row.name, row.origin, *facts)
    console.print(table)
    for row in rows:
        if row.broken is not None:
            console.print(f"{row.name}: {row.broken}", style="red")
    say(
        "*: values are not 0 or ±1, so the first layer must multiply. window = yes: the image is spread over all T "
        "steps; stopping early loses part of it."
    )
    if missing := sorted({library_of(name) for name in PEERS} - {library_of(name) for name in peers()}):
        say(f"not installed: {', '.join(missing)}; {how_to_get_peers()} adds their encoders")


@encoders_app.command(cls=Grouped)
def check(name: Name) -> None:
    """Check an encoder against every law that encoders keep, one line each. Exit code 1 if it breaks one."""
    from encoders.laws import check as check_laws
    from harness.inspect import encoder_of
    from harness.plugins.skeleton import require_installed

    require_installed(name)
    findings = check_laws(encoder_of(name))
    for finding in findings:
        say(str(finding))
    if any(finding.passed is False for finding in findings):
        raise typer.Exit(1)


@encoders_app.command(cls=Grouped)
def show(
    name: Name,
    image: Annotated[int, typer.Option(metavar="NUMBER", help="Number of the test image, from 0.")] = 0,
    dataset: Annotated[
        str, typer.Option(metavar="NAME", help="digits, mnist, cifar10 or another that `harness doctor` finds.")
    ] = "digits",
    timesteps: Timesteps = 16,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The figure, without suffix. Default: named after the image, here."),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Draw how an encoder codes one image: spikes, their number at each step, and the image read back from them."""
    from harness.inspect import figure_of, look
    from harness.machine.files import write_atomically

    if out is not None and out.name in ("", ".."):  # such as "." or "..", before any work
        raise HarnessError(f"{out}: names no file", "name the figure, such as my-figure")
    drawn = figure_of(look(name, dataset, image, timesteps, data_dir))
    path = out or Path(drawn.name)
    stem = path.with_suffix("") if path.suffix in (".svg", ".png") else path
    for suffix, content in ((".svg", drawn.svg), (".png", drawn.png())):
        path = stem.with_name(stem.name + suffix)
        write_atomically(path, content)
        say(str(path))
    say(drawn.words)


@encoders_app.command(cls=Grouped)
def probe(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME", help="With or without parameters. Default: all built-in encoders."),
    ] = None,
    dataset: Annotated[str, typer.Option(metavar="NAME", help="digits or mnist.")] = "digits",
    timesteps: Timesteps = 16,
    data_dir: DataDir = None,
) -> None:
    """Train a linear classifier on the spikes, without any SNN, and show its test accuracy after t steps."""
    from encoders.registry import BUILTIN
    from harness import inspect
    from harness.report.table import Column, Row, Table, terminal

    accuracies = inspect.probe(names or list(BUILTIN), dataset, timesteps, data_dir)
    console = plain_console()
    console.print(
        f"Linear probe of codes on {dataset}. A linear classifier of each pixel at each timestep, trained on "
        f"{inspect.TRAINING_IMAGES:,} images; no SNN."
    )
    columns = Column("encoder"), *(Column(f"t={t}", "number", digits=1) for t in inspect.steps_of(timesteps))
    console.print(terminal(Table("", columns, tuple(Row.of(name, *of) for name, of in accuracies.items()))))


@encoders_app.command(cls=Grouped)
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name, such as my_encoder.")],
) -> None:
    """Write a working package for an encoder of your own: code, entry point and conformance test."""
    from harness.plugins.skeleton import write_skeleton

    paths = write_skeleton(name)
    for path in paths:
        say(str(path))
    say(f"next: pip install -e {paths[0].parent}")
    say(f"then: harness encoders check {name}")
    say(f"and:  harness run quickstart --encoder {name}")
