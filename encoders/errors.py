"""The one error an encoder raises. Imports no torch, so that a command line can know it and still start fast."""


class EncoderError(ValueError):  # decides no number
    """A parameter or input that an encoder cannot work with; the message says what, and what to do."""

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows: the line, without a traceback."""
        return [f"{type(self).__name__}: {self}"]
