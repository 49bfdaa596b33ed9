"""`harness papers`: new and check."""

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import Grouped, group
from harness.errors import HarnessError, did_you_mean, said_by
from harness.machine.console import counted, say

papers_app = group("Start a paper of your own, or check one. `harness list` lists them.")


@papers_app.command(cls=Grouped)
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name, such as my-paper.")],
) -> None:
    """Write a working package for a paper of your own: experiment, claims, entry point and test."""
    from harness.papers.authoring import write_paper

    paths = write_paper(name)
    for path in paths:
        say(str(path))
    say(f"next: harness papers check {paths[0].parent}")
    say(f"then: pip install -e {paths[0].parent}")
    say(f"and:  harness run {name}-digits")


@papers_app.command(cls=Grouped)
def check(
    paper: Annotated[
        str | None, typer.Argument(metavar="NAME|FOLDER", help="A paper, or the folder of its package. Default: all.")
    ] = None,
) -> None:
    """Say what is wrong with a paper, one line each: names, recipes, claims that nobody can judge. Exit code 1 then."""
    from harness.papers import authoring

    if paper is not None and paper not in authoring.names():
        if not Path(paper).is_dir():
            raise did_you_mean("paper", paper, authoring.names())
        if not (Path(paper) / "pyproject.toml").is_file():
            raise HarnessError(f"{paper}: no pyproject.toml in it", "`harness papers new NAME` starts a package")
    wrong = False
    for name in [paper] if paper is not None else authoring.names():
        try:
            with authoring.paper_in(name) as made:
                problems = authoring.check(made)
        except HarnessError as error:
            problems = [str(error), *map(str, error.further)]
        except (Exception, SystemExit) as error:  # the code of a package may raise anything
            problems = [said_by(error)]
        wrong |= bool(problems)
        if not problems:
            problems = [f"sound: {counted(len(made.experiments), 'experiment')}, {counted(len(made.claims), 'claim')}"]
        for line in problems:
            say(f"{name}: {line}")
    if wrong:
        raise typer.Exit(1)
