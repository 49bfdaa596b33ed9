"""`harness bench`: our training step beside SNN libraries and the bare matrix products, in one run."""

import json
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import AsJson
from harness.machine.console import console as plain


def bench(
    out: Annotated[Path, typer.Option(help="Where bench.json and the plot are written.")] = Path("results/local-bench"),
    quick: Annotated[bool, typer.Option("--quick", help="Measure a few sizes in under a minute.")] = False,
    implementation: Annotated[list[str] | None, typer.Option(help="Measure only this one; repeat for more.")] = None,
    as_json: AsJson = False,
) -> None:
    """Measure a training step, time and peak memory, beside SpikingJelly, snnTorch, Norse and the bare layers."""
    from harness.bench import FULL, QUICK, run
    from harness.bench.table import table

    errors = plain(stderr=True)
    report = run(
        out,
        plan=QUICK if quick else FULL,
        implementations=implementation,
        progress=lambda text: errors.print(text, highlight=False),
    )
    if as_json:
        print(json.dumps(report.document()))
    else:
        plain().print(table(report))
        plain().print(f"wrote {out / 'bench.json'}", highlight=False, soft_wrap=True)
