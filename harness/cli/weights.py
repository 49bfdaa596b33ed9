"""`harness predict`: kept weights at work."""

import json
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.table import Table

from harness.cli.options import AsJson, DataDir
from harness.machine.console import console as plain
from harness.machine.console import counted


def predict(
    weights: Annotated[Path, typer.Argument(metavar="WEIGHTS", help="A .safetensors file that harness run wrote.")],
    images: Annotated[
        Path | None, typer.Option(help="A folder of images; else the test images of its data set.")
    ] = None,
    frequencies: Annotated[int | None, typer.Option(help="Read it with so many frequencies of the DCT.")] = None,
    schedule: Annotated[str | None, typer.Option(help="Read it under this schedule of the DCT.")] = None,
    timesteps: Annotated[int | None, typer.Option(min=1, help="So many timesteps; else as it was trained.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write each image's classes to this .parquet or .csv file.")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Classify images by a trained network, as it stood: accuracy after every timestep."""
    from harness.runs.predict import Shorter
    from harness.runs.predict_request import Request, answer

    shorter = Shorter(frequencies, schedule, timesteps)
    done = answer(Request(weights, images, data_dir, shorter, out))
    counts = done.predictions.counts
    if as_json:
        print(json.dumps(msgspec.to_builtins(counts)))
        return
    console, about = plain(), done.about
    title = f"{about.experiment}/{about.profile}/{about.arm} seed {about.seed}"
    console.print(
        f"{title}: {counted(len(done.predictions.labels), 'image')} of {images or about.dataset}", highlight=False
    )
    if counts.total:
        table = Table(box=None, header_style="bold")
        for column in ("t", "correct", f"of {counts.total}"):
            table.add_column(column, justify="right")
        for t, correct in enumerate(counts.correct, start=1):
            table.add_row(str(t), str(correct), f"{100 * correct / counts.total:.2f} %")
        console.print(table)
    else:
        console.print("no labels: no accuracy; --out writes the classes", highlight=False)
