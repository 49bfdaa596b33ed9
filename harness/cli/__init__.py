"""The command line.

Exit codes: 0 done; 1 a cell failed; 2 wrong usage or input; 3 a claim failed under --strict; 75 ended with a
checkpoint; 130 stopped by Ctrl-C.
"""

import atexit
import io
import json
import os
import sys
from typing import Annotated, Any, NoReturn

import typer

from encoders.errors import EncoderError
from harness.cli.encoders import encoders_app
from harness.cli.options import LOCAL, AsJson, DataDir, ResultsDir
from harness.cli.records import status, verify
from harness.cli.report import report
from harness.cli.run import run
from harness.cli.run_options import Grouped
from harness.cli.weights import predict
from harness.errors import HarnessError
from harness.machine.console import console as plain
from harness.machine.process import STOPPED, bound_spinning

FLUSH_FAILED = 120

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Do the published accuracy-versus-timestep results of DCT-SNN come out again? Evidence and verdicts.",
)


def _print_version(requested: bool) -> None:
    """Print the installed version and end."""
    if requested:
        from importlib.metadata import version

        print(f"harness {version('dct-snn-harness')}")
        raise typer.Exit


@app.callback()
def _harness(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    pass


app.command(cls=Grouped)(run)
app.add_typer(encoders_app, name="encoders")
app.command()(status)
app.command()(verify)
app.command()(predict)
app.command()(report)

USAGE_ERROR: Any = typer.BadParameter.__base__  # of arguments that Typer refuses; its own module is private

ExperimentName = Annotated[str, typer.Argument(metavar="EXPERIMENT", help="Its name, as `harness list` shows it.")]


@app.command(name="list")
def list_(as_json: AsJson = False) -> None:
    """List the experiments."""
    from harness.cli.look import experiment_rows, show_experiments
    from harness.papers import catalogue

    if as_json:
        print(json.dumps({"experiments": experiment_rows(catalogue())}))
    else:
        show_experiments(catalogue(), plain())


@app.command()
def show(
    experiment: ExperimentName,
    profile: Annotated[str | None, typer.Option(help="Show the recipe of this profile alone.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show an experiment: arms, recipe of each profile, claims, deviations from the paper."""
    from harness.cli.look import experiment_document, show_experiment
    from harness.papers import catalogue

    known = catalogue()
    found = known.experiment(experiment)
    profiles = found.profiles if profile is None else (found.profile(profile),)
    if as_json:
        print(json.dumps(experiment_document(found, known, profiles)))
    else:
        show_experiment(found, known, profiles, plain())


@app.command()
def doctor(data_dir: DataDir = None, results_dir: ResultsDir = LOCAL, as_json: AsJson = False) -> None:
    """Show this machine: versions, device, data sets found and verified, free disk space."""
    from harness.cli.machine import machine_document, show_machine

    if as_json:
        print(json.dumps(machine_document(data_dir, results_dir)))
    else:
        show_machine(plain(), data_dir, results_dir)


def main(commands: typer.Typer = app) -> None:
    """Run a command line; an error that the user can fix is one line and exit code 2."""
    bound_spinning()
    # A path may hold bytes that are not text. A message that names such a path must still be printed.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        sys.exit(commands(standalone_mode=False))
    except USAGE_ERROR as error:
        if type(error).show is not USAGE_ERROR.show:  # no error: a command without arguments shows its help
            error.show()
            sys.exit(error.exit_code)
        message = _usage(error)
    except typer.Abort:
        sys.exit(STOPPED)
    except (HarnessError, EncoderError) as error:
        message = str(error)
    except OSError as error:  # a full disk, a folder that may not be written, a name that is too long
        named = error.filename2 or error.filename  # the second: where a finished file was to be put
        place = f": {named}" if named else ""
        message = f"{error.strerror or error}{place} — check the path, its permissions and the space on its disk"
    print(f"error: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(2)


def program(commands: typer.Typer = app) -> NoReturn:
    """As `main`, and the process ends at once: to free every object takes 2 s where torch is loaded."""
    code = 0
    try:
        main(commands)
    except SystemExit as leaving:
        code = int(leaving.code or 0)
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:  # a closed pipe or a full disk: the code with which Python would end
            code = code or FLUSH_FAILED
    os._exit(code)


def _usage(error: Any) -> str:
    """What Typer found wrong with the arguments, worded as every other error: what, then what to do."""
    said = error.format_message().strip().removesuffix(".")
    place = f" — see {error.ctx.command_path} --help" if error.ctx else ""
    return f"{said[:1].lower()}{said[1:]}{place}"


if __name__ == "__main__":
    program()
