"""`python -m bench waiting`: what a user waits for besides training, from the start of a process to its end."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.products import fastest

EVIDENCE = "results/evidence"
SECONDS = 20.0
# A command may begin with a variable of the environment, as in a shell.
WHAT = {
    "`harness --help`": "--help",
    "`harness status`, all evidence": f"status --results-dir {EVIDENCE}",
    "`harness report`, all evidence, painted anew": "HARNESS_CACHE={folder} report --out {folder}/out",
    "`harness report`, all evidence, again": "report --out {folder}/out",
    "`harness run quickstart`, nine cells, caches warm": "run quickstart --results-dir {folder}/records",
}


def rows(what: Mapping[str, str] = WHAT) -> Iterator[str]:
    """The lines of a table in Markdown. Each command runs once, and then is timed a few times."""
    yield "| command | seconds |"
    yield "| --- | --- |"
    for name, command in what.items():
        yield f"| {name} | {fastest(partial(_run, command), SECONDS):.1f} |"


def _run(command: str) -> None:
    with TemporaryDirectory() as folder:
        words = command.format(folder=folder).split()
        variables = dict(word.split("=", 1) for word in words[:1] if "=" in word)
        subprocess.run(
            [sys.executable, "-m", "harness", *words[len(variables) :]],
            check=True,
            capture_output=True,
            cwd=Path(__file__).parents[1],
            env=os.environ | variables,
        )
