"""`python -m harness`: the command line without an installed script, with the same packages in sight."""

import sys
from pathlib import Path

# Python looks for modules, and for entry points, in the working folder first. The installed command does not.
# A clone that is not installed is found there alone.
if not sys.flags.safe_path and Path(sys.path[0]).resolve() == Path.cwd() != Path(__file__).resolve().parents[1]:
    del sys.path[0]

from harness.cli import program

program()
