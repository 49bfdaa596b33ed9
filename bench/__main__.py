"""`python -m bench`: our training step beside SNN libraries and the bare matrix products, in one run."""

import json
from pathlib import Path
from typing import Annotated

import typer

from harness.cli import program
from harness.cli.options import AsJson
from harness.machine.console import console

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.command()
def bench(
    out: Annotated[Path, typer.Option(help="Where bench.json and the plot are written.")] = Path("results/local-bench"),
    quick: Annotated[bool, typer.Option("--quick", help="Measure a few steps in under a minute.")] = False,
    implementation: Annotated[list[str] | None, typer.Option(help="Measure only this one; repeat for more.")] = None,
    as_json: AsJson = False,
) -> None:
    """Measure time and memory beside SpikingJelly, snnTorch, Norse and the bare layers, in about three minutes."""
    from bench.measure import run
    from bench.report import table
    from bench.workload import DEFAULT, QUICK

    errors = console(stderr=True)
    report = run(
        out,
        plan=QUICK if quick else DEFAULT,
        implementations=implementation,
        progress=lambda text: errors.print(text, highlight=False),
    )
    if as_json:
        print(json.dumps(report.document()))
    else:
        console().print(table(report))
        console().print(f"wrote {out / 'bench.json'}", highlight=False, soft_wrap=True)


if __name__ == "__main__":
    program(app)
