"""Options, folders and forms of help that several commands share."""

import math
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer.core import TyperCommand, TyperGroup

from harness.errors import HarnessError, Stopped, did_you_mean
from harness.machine import process
from harness.machine.console import say

if TYPE_CHECKING:
    from harness.catalogue import Catalogue

MOST_TIMESTEPS = 10_000  # as in `harness.config`, which would start --help later
EVIDENCE = Path("results/evidence")
LOCAL = Path("results/local")


ProfileChoice = Literal["smoke", "lite", "short", "paper"]  # as in `harness.config`


def folder(text: str | Path) -> Path:
    """The folder that an option names. Raises HarnessError for an empty name and for the root of the disk."""
    if not str(text).strip():
        raise HarnessError("a folder's name is empty", "name a folder, such as results/local; . is this one")
    path = Path(text)
    try:
        whole = path.resolve()
    except (OSError, RuntimeError) as error:  # links that lead in a circle
        raise HarnessError(f"{text}: no folder ({error})", "name a folder, such as results/local") from None
    if whole == Path(whole.anchor):
        raise HarnessError(f"{text} is the root of the disk", "name a folder below it, such as results/local")
    return path


def folder_option(text: str, group: str | None = None) -> Any:
    """An option that takes a folder; `text` is its help."""
    return typer.Option(help=text, parser=folder, metavar="FOLDER", rich_help_panel=group)


AS_LISTED = "Its name, as `harness list` shows it, or the .py file that defines it."
DATA_HELP = "Only folder to read data sets from. Default: $HARNESS_DATA and the cache; missing ones are downloaded."
DataDir = Annotated[Path | None, typer.Option(metavar="FOLDER", help=DATA_HELP)]
ResultsDir = Annotated[Path, folder_option("Folder of the records.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document to stdout, and nothing else.")]
OnePaper = Annotated[str | None, typer.Option("--paper", metavar="NAME", help="One paper alone, as `list` names it.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print errors alone; the exit code tells the rest.")]


def asked_for(catalogue: "Catalogue", paper: str | None, names: Sequence[str] | None = None) -> list[str] | None:
    """The names of the experiments asked for: those in `names`, or all of `paper`; None for all.

    Raises HarnessError for an unknown paper, and for a named experiment that is not of the paper.
    """
    if paper is None:
        return list(names) if names else None
    experiments = [experiment.name for experiment in catalogue.paper(paper).experiments]
    for name in names or ():
        if name not in experiments:
            raise did_you_mean(f"experiment of {paper}", name, experiments)
    return list(names or experiments)


def beside(results: Path) -> Path:
    """The folder for the report of a results folder: results/local-report for results/local, /a/b-report for . in b."""
    named = results if results.name not in ("", "..") else results.resolve()
    return named.with_name(f"{named.name}-report")


def is_named(results: Path, default: Path = LOCAL) -> bool:
    """Whether the results folder was named. Raises HarnessError if it was named and is missing.

    The default one may be missing: then nothing was run yet.
    """
    if results == default:
        return False
    if not results.is_dir():
        what = "is a file" if results.exists() else "no such results folder"
        raise HarnessError(f"{results}: {what}", "name a folder that `harness run` wrote")
    return True


def with_records(results: Path, default: Path = LOCAL) -> Path | None:
    """The results folder, or None if there are no records in it. Raises HarnessError if it was named and has none."""
    from harness.records.store import record_paths

    named = is_named(results, default)
    if not record_paths(results):
        if named:
            raise HarnessError(f"{results}: no records in it", "name a folder that `harness run` wrote")
        return None
    return results


UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


def seconds_of(text: str | None) -> float | None:
    """Seconds in a duration such as "90s", "9m" or "1.5h". Raises HarnessError for anything else."""
    if text is None:
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smh]?)", text.strip())
    if not match or not 0 < float(match[1]) < math.inf:
        raise HarnessError(f"'{text}' is not a duration", "write it as 90s, 9m or 2h")
    return float(match[1]) * UNITS[match[2]]


@contextmanager
def stoppable(how_to_go_on: str, deadline: process.Deadline | None = None) -> Iterator[None]:
    """Inside the block, Ctrl-C ends the command with exit code 130 and a line that says how to go on.

    So do SIGTERM and SIGUSR1. With a `deadline`, these two end the command with a checkpoint and exit code 75. A second
    signal ends the process.
    """

    def stop(number: int) -> None:
        if deadline is None or number not in process.GRACEFUL:
            raise KeyboardInterrupt
        deadline.asked = True
        if deadline.end is None:
            raise Stopped("its preparation", kept=False)

    try:
        with process.first_signal(stop):
            yield
    except KeyboardInterrupt:
        say(f"stopped: {how_to_go_on}", stderr=True)
        raise typer.Exit(process.STOPPED) from None
    except Stopped as stopped:
        kept = "with a checkpoint: run the same command again to go on"
        lost = "without a checkpoint of it: the same command begins it again"
        say(f"stopped in {stopped} {kept if stopped.kept else lost}", stderr=True)
        raise typer.Exit(process.AGAIN) from None


def _write_groups(rows: list[tuple[str, tuple[str, str]]], formatter: Any) -> None:
    """Write rows of help, each under the heading that comes with it."""
    for heading in dict.fromkeys(heading for heading, _ in rows):
        with formatter.section(heading):
            formatter.write_dl([row for under, row in rows if under == heading])


class Grouped(TyperCommand):
    """A command whose options are listed under the heading that each names as its `rich_help_panel`."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write every option under its heading. Names of Python's types are left out, choices are not."""
        rows = []
        for parameter in self.get_params(ctx):
            row = parameter.get_help_record(ctx)
            if row is not None:
                other = "Arguments" if parameter.param_type_name == "argument" else "Options"
                heading = getattr(parameter, "rich_help_panel", None) or other
                rows.append((heading, (re.sub(r" <[^|>]*>", "", row[0]), row[1])))
        _write_groups(rows, formatter)


class GroupedCommands(TyperGroup):
    """Commands listed under the heading that each names as its `rich_help_panel`, their first paragraph whole."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write every command under its heading."""
        rows = []
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if command is not None and not command.hidden:
                heading = getattr(command, "rich_help_panel", None) or "Commands"
                rows.append((heading, (name, " ".join((command.help or "").split("\n\n")[0].split()))))
        _write_groups(rows, formatter)


def group(text: str) -> typer.Typer:
    """A group of commands; `text` is its help."""
    return typer.Typer(
        cls=GroupedCommands, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None, help=text
    )
