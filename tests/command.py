"""The command line, run within the test's own process; and another Python, run by itself."""

import io
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

from harness import cli

ROOT = Path(__file__).parent.parent


class Done(NamedTuple):
    code: int
    out: str
    err: str


def harness(*words: object) -> Done:
    """`harness` with these words, as a shell sees it. An exception that is no exit is a crash, and goes through."""
    before, out, err, code = sys.argv, io.StringIO(), io.StringIO(), 0
    sys.argv = ["harness", *map(str, words)]
    try:
        with redirect_stdout(out), redirect_stderr(err):
            cli.main()
    except SystemExit as leaving:
        code = int(leaving.code or 0)
    finally:
        sys.argv = before
    return Done(code, out.getvalue(), err.getvalue())


def said(*words: object) -> str:
    """What `harness` prints with these words, which it takes."""
    done = harness(*words)
    assert done.code == 0, done.err
    return done.out


def python(*words: object, cwd: Path | None = None, **environment: Any) -> str:
    """What another Python prints, to which this repository is known. A variable that is None is not set there."""
    known = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    given = {name: value for name, value in known.items() if value is not None}
    command = [sys.executable, *map(str, words)]
    done = subprocess.run(command, cwd=cwd, env=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
