"""`python -m bench waiting`: what a user waits for besides training, from the start of a process to its end."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.products import fastest

EVIDENCE = "results/evidence"
SECONDS = 20.0
WHAT: Mapping[str, Sequence[str]] = {
    "`harness --help`": ("--help",),
    "`harness status`, all evidence": ("status", "--results-dir", EVIDENCE),
    "`harness report`, all evidence, painted anew": (
        "HARNESS_CACHE={folder}",
        "report",
        "--out",
        "{folder}/out",
    ),
    "`harness report`, all evidence, again": ("report", "--out", "{folder}/out"),
    "`harness run quickstart`, nine cells, ANNs and figures at hand": ("run", "quickstart", "--results-dir", "{folder}/records"),
}


def rows(what: Mapping[str, Sequence[str]] = WHAT) -> Iterator[str]:
    """The lines of a table in Markdown. Each command runs once, and then is timed a few times.

    Options may begin with a variable of the environment, as in a shell.
    """
    yield "| command | seconds |"
    yield "| --- | --- |"
    for name, options in what.items():
        yield f"| {name} | {fastest(partial(_run, options), SECONDS):.1f} |"


def _run(options: Sequence[str]) -> None:
    with TemporaryDirectory() as folder:
        words = [word.format(folder=folder) for word in options]
        variables = {name: value for word in words[:1] for name, given, value in [word.partition("=")] if given}
        command = [sys.executable, "-m", "harness", *words[len(variables) :]]
        environment = os.environ | variables
        subprocess.run(command, check=True, capture_output=True, cwd=Path(__file__).parents[1], env=environment)
