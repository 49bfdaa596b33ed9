"""The command line, run within the test's own process."""

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from typing import NamedTuple

from harness import cli


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
