"""The arguments and options of `harness run`, under the headings of its help."""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from harness.cli.options import folder

WHAT, HOW_MUCH, WHERE, HOW_LONG = "What", "How much", "Where", "How long"

ExperimentOrFile = Annotated[
    str,
    typer.Argument(
        metavar="EXPERIMENT", help="Its name, as `harness list` shows it, or a .py file.", rich_help_panel=WHAT
    ),
]
Arms = Annotated[
    list[str] | None, typer.Option(help="Train only this arm; repeat the option for more.", rich_help_panel=WHAT)
]
Encoders = Annotated[
    list[str] | None,
    typer.Option(help="Add an arm with this encoder; repeat the option for more.", rich_help_panel=WHAT),
]

Profile = Annotated[
    str | None,
    typer.Option(
        help="smoke, lite, short or paper. Default: the fullest practical but short.", rich_help_panel=HOW_MUCH
    ),
]
Seeds = Annotated[
    int | None,
    typer.Option(help="Number of seeds, from seed 0. Default: as the profile plans.", rich_help_panel=HOW_MUCH),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show what would be trained; train nothing.", rich_help_panel=HOW_MUCH)
]
RetryFailed = Annotated[
    bool, typer.Option("--retry-failed", help="Train failed cells again.", rich_help_panel=HOW_MUCH)
]

Device = Annotated[str, typer.Option(help="auto, cpu or cuda.", rich_help_panel=WHERE)]
KernelName = Annotated[
    str,
    typer.Option(
        help="auto, numba, events (skips inputs of zero; for wide networks without a GPU), triton or reference (slow, "
        "readable).",
        rich_help_panel=WHERE,
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        help="Number of processes. Default: one here; on slurm or ray as many as cells and room allow.",
        rich_help_panel=WHERE,
    ),
]
On = Annotated[str, typer.Option(help="here, slurm or ray.", rich_help_panel=WHERE)]
SlurmOptions = Annotated[
    list[str] | None,
    typer.Option(
        metavar="KEY=VALUE",
        help="An option for sbatch, such as partition=long; repeat for more.",
        rich_help_panel=WHERE,
    ),
]
DataFolder = Annotated[
    Path | None,
    typer.Option(help="Folder of the data sets. Default: HARNESS_DATA, cache, download.", rich_help_panel=WHERE),
]
CacheFolder = Annotated[
    Path | None,
    typer.Option(
        help="Folder of decoded images and ANNs, which runs may share. Default: HARNESS_CACHE, the user's.",
        rich_help_panel=WHERE,
    ),
]
Results = Annotated[
    Path, typer.Option(help="Folder of the records.", parser=folder, metavar="FOLDER", rich_help_panel=WHERE)
]
KeepWeights = Annotated[
    bool | None,
    typer.Option(
        help="Keep the trained weights beside each record. Default: only those of networks under 2 MB.",
        rich_help_panel=WHERE,
    ),
]

ForTime = Annotated[
    str | None,
    typer.Option(
        "--for",
        help="Stop with a checkpoint after this time, such as 90s, 9m or 2h (exit 75).",
        rich_help_panel=HOW_LONG,
    ),
]
Detach = Annotated[bool, typer.Option("--detach", help="Submit to Slurm and do not wait.", rich_help_panel=HOW_LONG)]

# What a run tells the workers that it starts.
WorkerOf = Annotated[int | None, typer.Option(hidden=True, help="The process with which this one ends; 0: none.")]
Began = Annotated[int | None, typer.Option(hidden=True, help="When the run began whose worker this is, in ns.")]


class Grouped(TyperCommand):
    """A command whose options are listed under the heading that each names as its `rich_help_panel`."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write every option under its heading."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            row = parameter.get_help_record(ctx)
            if row is not None:
                heading = getattr(parameter, "rich_help_panel", None) or "Other"
                groups.setdefault(heading, []).append(row)
        for heading, rows in groups.items():
            with formatter.section(heading):
                formatter.write_dl(rows)
