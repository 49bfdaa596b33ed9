"""The command line run inside the test's own process."""

import io
import sys

import pytest

from harness import cli


def main(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[int, str]:
    """Exit code and standard error of the command, as a shell sees them; any other exception is a crash."""
    out, err = io.StringIO(), io.StringIO()
    monkeypatch.setattr(sys, "argv", ["harness", *arguments])
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    try:
        cli.main()
    except SystemExit as leaving:
        return int(leaving.code or 0), err.getvalue()
    return 0, err.getvalue()
