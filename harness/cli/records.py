"""`harness verify` computes records a second time; `harness predict` runs a saved network."""

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from harness.cli.options import LOCAL, MOST_TIMESTEPS, AsJson, DataDir, Quiet, ResultsDir, stoppable
from harness.machine.console import console as plain
from harness.machine.console import counted, say

SourceChoice = Literal["weights", "training", "snntorch", "norse"]


def verify(
    records: Annotated[
        list[str], typer.Argument(metavar="RECORD…", help="Files of records, or EXPERIMENT/PROFILE/ARM/SEED.")
    ],
    source: Annotated[
        SourceChoice | None,
        typer.Option("--from", help="What computes them. Default: the kept weights, else training."),
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the second curve beside the record, and weights that it lacks.")
    ] = False,
    results_dir: ResultsDir = LOCAL,
    data_dir: DataDir = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compute records a second time: identical, within tolerance, or different (exit code 1)."""
    with stoppable("nothing was changed; the same command starts again"):
        from harness.runs import verify as verifying
        from harness.runs.estimate import Cost
        from harness.runs.progress import Progress
        from harness.training.checkpoint import SILENT, Watch

        paths = [verifying.find(name, results_dir) for name in records]
        found = [(path, verifying.finished(path)) for path in paths]
        asked = [(path, record, verifying.source_of(source, path, record)) for path, record in found]
        rows = []
        for path, record, how in asked:
            data = verifying.recorded_data(record, data_dir)
            if how == "training":
                cost = verifying.expected_cost(record, data)
                with Progress(plain(stderr=True, quiet=quiet), cost.seconds) as show:
                    show.cell(str(path))

                    def progress(stage: str, work: float, cost: Cost = cost, show: Progress = show) -> None:
                        show.advance(stage, cost.of(work))

                    result, notes = verifying.verify(path, record, data, how, keep, Watch(progress))
            else:
                result, notes = verifying.verify(path, record, data, how, keep, SILENT)
            rows.append(
                {
                    "record": str(path),
                    "from": how,
                    "verdict": result.word,
                    "largest": result.largest,
                    "allowed": result.allowed,
                }
            )
            if not as_json:
                gap = ""
                if result.largest is not None and result.word != "identical":
                    gap = f": {result.largest} images apart, {result.allowed:.0f} allowed"
                plain(quiet=quiet).print("\n  ".join((f"{path}: from {how}: {result.word}{gap}", *notes)))
    if as_json:
        say(json.dumps({"verifications": rows}))
    if any(row["verdict"] == "different" for row in rows):
        raise typer.Exit(1)


def predict(
    weights: Annotated[Path, typer.Argument(metavar="WEIGHTS", help="A .safetensors file that harness run wrote.")],
    images: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Your own images. Default: the test images of the network's data set."),
    ] = None,
    frequencies: Annotated[
        int | None, typer.Option(metavar="NUMBER", help="Use the first so many frequencies of the DCT alone.")
    ] = None,
    schedule: Annotated[
        str | None, typer.Option(metavar="NAME", help="Feed the frequencies in this order of the DCT code.")
    ] = None,
    timesteps: Annotated[
        int | None,
        typer.Option(metavar="T", min=1, max=MOST_TIMESTEPS, help="Number of timesteps. Default: as it was trained."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the class of each image after each timestep, as .parquet or .csv."),
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Run a saved network on test images or your own, and print accuracy after each timestep."""
    import msgspec
    from rich.table import Table

    from harness.runs.predict import answer

    done = answer(
        weights,
        images=images,
        data_dir=data_dir,
        frequencies=frequencies,
        schedule=schedule,
        timesteps=timesteps,
        out=out,
    )
    counts = done.predictions.counts
    if as_json:
        say(json.dumps(msgspec.to_builtins(counts)))
        return
    console, about = plain(quiet=quiet), done.about
    console.print(
        f"{about.experiment}/{about.profile}/{about.arm} seed {about.seed}: "
        f"{counted(len(done.predictions.labels), 'image')} of {images or about.dataset}"
    )
    if not counts.total:
        console.print("no labels: no accuracy; --out writes the classes")
        return
    table = Table(box=None, header_style="bold")
    for column in ("t", "correct", f"of {counts.total}"):
        table.add_column(column, justify="right")
    for t, correct in enumerate(counts.correct, start=1):
        table.add_row(str(t), str(correct), f"{100 * correct / counts.total:.2f} %")
    console.print(table)
