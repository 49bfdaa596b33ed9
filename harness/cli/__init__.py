"""The command line.

Exit codes: 0 done; 1 a cell failed, or a check found a difference; 2 wrong usage or input; 3 a claim failed under
--strict; 75 ended with a checkpoint; 130 stopped by Ctrl-C.
"""

import atexit
import errno
import gc
import io
import os
import sys
from contextlib import suppress
from typing import Annotated, Any, NoReturn

import typer

from harness.cli.claims import claims
from harness.cli.encoders import encoders_app
from harness.cli.options import Grouped, group
from harness.cli.papers import papers_app
from harness.cli.report import report
from harness.cli.run import predict, run, verify
from harness.cli.see import doctor, list_, show, status
from harness.errors import HarnessError
from harness.machine.console import say
from harness.machine.process import STOPPED, bound_spinning, tidy_environment

FLUSH_FAILED = 120
# New objects after which Python looks for unreachable cycles. At its default, 700, a report waits for these searches.
COLLECT_AFTER = 50_000
USAGE_ERROR: Any = typer.BadParameter.__base__  # of arguments that Typer refuses; its own module is private

app = group(
    "Do the published accuracy-versus-timestep results of spiking networks come out again? Evidence and verdicts."
)


def _print_version(requested: bool) -> None:
    """Print the installed version and end."""
    if requested:
        from importlib.metadata import version

        say(f"harness {version('dct-snn-harness')}")
        raise typer.Exit


@app.callback()
def _harness(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    pass


app.command(name="list", cls=Grouped, rich_help_panel="See")(list_)
app.command(cls=Grouped, rich_help_panel="See")(show)
app.command(cls=Grouped, rich_help_panel="See")(claims)
app.command(cls=Grouped, rich_help_panel="See")(report)
app.command(cls=Grouped, rich_help_panel="See")(status)
app.command(cls=Grouped, rich_help_panel="Try")(run)
app.add_typer(encoders_app, name="encoders", rich_help_panel="Try")
app.add_typer(papers_app, name="papers", rich_help_panel="Try")
app.command(cls=Grouped, rich_help_panel="Trust")(verify)
app.command(cls=Grouped, rich_help_panel="Use")(predict)
app.command(cls=Grouped, rich_help_panel="Machine")(doctor)


def main(commands: typer.Typer = app) -> None:
    """Run a command line; an error that the user can fix is one line and exit code 2."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed: a file that is opened later would else stand in its place
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
    gc.set_threshold(COLLECT_AFTER)
    tidy_environment()
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
    except HarnessError as error:
        message = str(error)
    except ValueError as error:
        from encoders.errors import EncoderError  # here, because it imports the registry, and --help is to start soon

        if not isinstance(error, EncoderError):
            raise
        message = str(error)
    except OSError as error:  # a full disk, a folder that may not be written, a name that is too long
        named = error.filename2 or error.filename  # the second: where a finished file was to be put
        place = f": {named}" if named else ""
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        remedy = "make room on the disk" if full else "check the path and its permissions"
        message = f"{error.strerror or error}{place} — {remedy}"
    with suppress(OSError):  # a full disk for standard error: the exit code stays
        say(f"error: {' '.join(message.split())}", stderr=True)
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
    """Typer's usage error in our format: problem, then remedy."""
    options = error.ctx.command.params if error.ctx else ()
    hidden = {name for option in options if getattr(option, "hidden", False) for name in option.opts}
    if possible := getattr(error, "possibilities", None):
        error.possibilities = [name for name in possible if name not in hidden]
    said = error.format_message().replace("Value error, ", "").strip().removesuffix(".")
    place = f" — see {error.ctx.command_path} --help" if error.ctx else ""
    return f"{said[:1].lower()}{said[1:]}{place}"
