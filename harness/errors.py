"""The one way to fail: what is wrong and where, and what to do about it."""

from collections.abc import Sequence


class HarnessError(Exception):  # decides no number
    """An error a user can mend. The command line prints it as one line and exits with code 2.

    `message` says what is wrong and where; `hint` says what to do. `further`: what else is wrong in the same place.
    """

    def __init__(self, message: str, hint: str = "", further: Sequence["HarnessError"] = ()) -> None:
        super().__init__(message if not hint else f"{message} — {hint}")
        self.message = message
        self.hint = hint
        self.further = tuple(further)

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows: the line, without a traceback."""
        return [f"{type(self).__name__}: {self}"]


def said_by(error: BaseException) -> str:
    """An exception of code that is not ours in one line: its kind, and what it says if it can say it."""
    try:
        text = " ".join(str(error).split())[:500]
    except Exception:  # its own `__str__` may raise anything
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def did_you_mean(kind: str, name: str, known: list[str]) -> HarnessError:
    """An error for an unknown name, with the nearest known one as its hint."""
    import difflib

    near = [word for word in known if name in word][:1] or difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(sorted(known))}"
    return HarnessError(f"unknown {kind} '{name}'", hint)


class Stopped(Exception):  # decides no number
    """The work was told to end: its time is up, or a signal came. Says in which stage. `kept`: with a checkpoint."""

    def __init__(self, stage: str, kept: bool = True) -> None:
        super().__init__(stage)
        self.kept = kept


class CellFailure(Exception):  # decides no number
    """A cell that cannot be finished: a finding about an arm, not a mistake of the user. Kept in its record."""
