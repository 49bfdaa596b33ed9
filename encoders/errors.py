"""The one error an encoder raises, and where it raised another. Imports no torch, so that a command starts fast."""

import sys
from pathlib import Path
from traceback import walk_tb


class EncoderError(ValueError):  # decides no number
    """A parameter or input that an encoder cannot work with; the message says what, and what to do."""

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows: the line, without a traceback."""
        return [f"{type(self).__name__}: {self}"]


OURS = {"encoders", "harness", "torch", "numpy", "numba", *sys.stdlib_module_names}


def place_of(error: BaseException) -> str:
    """The place in third-party code that raised the error, such as " (my_encoder.py:36)"; "" if none took part."""
    frames = [(frame.f_globals.get("__name__", ""), frame, line) for frame, line in walk_tb(error.__traceback__)]
    theirs = [(frame.f_code.co_filename, line) for name, frame, line in frames if name.partition(".")[0] not in OURS]
    return f" ({Path(theirs[-1][0]).name}:{theirs[-1][1]})" if theirs else ""
