"""`python -m bench`: our training step beside SNN libraries and the bare matrix products.

`race`: whole trainings; `products`: matrix products alone; `waiting`: commands that train nothing.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from harness.cli import program
from harness.cli.options import AsJson, DataDir
from harness.machine.console import plain_console

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
PageOption = Annotated[Path | None, typer.Option("--page", help="Page whose table is replaced: docs/speed.md.")]
Only = Annotated[list[str] | None, typer.Option(help="Measure only this one; repeat for more.")]


@app.callback(invoke_without_command=True)
def bench(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="Where bench.json and the plot are written.")] = Path("results/local-bench"),
    quick: Annotated[bool, typer.Option("--quick", help="Measure a few steps in under a minute.")] = False,
    implementation: Only = None,
    as_json: AsJson = False,
) -> None:
    """Measure a training step beside SpikingJelly, snnTorch, Norse and the bare layers, in about three minutes."""
    if context.invoked_subcommand:
        return
    from bench.measure import run
    from bench.report import table
    from bench.workload import DEFAULT, QUICK

    report = run(
        out, plan=QUICK if quick else DEFAULT, implementations=implementation, progress=plain_console(stderr=True).print
    )
    if as_json:
        print(json.dumps(msgspec.to_builtins(report)))
    else:
        print(f"{table(report)}\nwrote {out / 'bench.json'}")


@app.command()
def products(page: PageOption = None) -> None:
    """Time the products of layers, by torch alone and by us, in some minutes, with OMP_NUM_THREADS threads."""
    from bench.products import rows

    _line_by_line(rows(), "products", page)


@app.command()
def waiting(page: PageOption = None) -> None:
    """Time what a user waits for besides training: commands, from their start to their end."""
    from bench.waiting import rows

    _line_by_line(rows(), "waiting", page)


def _line_by_line(rows: Iterator[str], mark: str, page: Path | None) -> None:
    lines = []
    for line in rows:
        lines.append(line)
        print(line, flush=True)
    if page is not None:
        from bench.measure import machine  # imports our products, which take the place of torch's
        from bench.report import onto_page

        onto_page(page, mark, machine(()), "\n".join(lines))


@app.command()
def race(
    courses: Annotated[list[str] | None, typer.Argument(help="mnist (the default), cifar10, digits.")] = None,
    timesteps: Annotated[list[int] | None, typer.Option(help="Default: those of the course; repeat for more.")] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Runs of each library, in the faster of its precisions.")] = 3,
    limit: Annotated[float, typer.Option(help="Seconds after which a run is ended.")] = 3600,
    quick: Annotated[bool, typer.Option("--quick", help="Small digits, one run of each library.")] = False,
    implementation: Only = None,
    out: Annotated[Path, typer.Option(help="Where race.json and the plot are written.")] = Path("results/local-bench"),
    page: PageOption = None,
    data_dir: DataDir = None,
) -> None:
    """Train one network to one accuracy with each library; seconds from the start of a process to its answer."""
    from bench.race import run, save, table

    names, rounds = (["digits"], 1) if quick else (courses or ["mnist"], rounds)
    results = run(names, timesteps or (), rounds, limit, implementation, data_dir, plain_console(stderr=True).print)
    save(results, out, page)
    print(table(results))


if __name__ == "__main__":
    program(app)
