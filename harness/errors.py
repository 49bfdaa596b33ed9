"""Errors with a message (what is wrong, and where) and a hint (what to do)."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")
MOST_LISTED = 12  # names in a hint


class HarnessError(Exception):  # decides no number
    """An error that a user can correct. The command line prints it as one line and exits with code 2.

    `message` says what is wrong and where; `hint` says what to do. `further`: what else is wrong in the same place.
    """

    def __init__(self, message: str, hint: str = "", further: Sequence["HarnessError"] = ()) -> None:
        super().__init__(message if not hint else f"{message} — {hint}")
        self.message = message
        self.hint = hint
        self.further = tuple(further)

    def _render_traceback_(self) -> list[str]:
        """The text in a notebook: the line, without a traceback."""
        return [f"{type(self).__name__}: {self}"]


def said_by(error: BaseException) -> str:
    """An exception of a plug-in in one line: its type, its text if it has one, and its place in the plug-in's code."""
    from encoders.errors import place_of  # here, because it imports the registry, and --help is to start soon

    try:
        text = " ".join(str(error).split())[:500]
    except Exception:  # its own `__str__` may raise anything
        text = ""
    return f"{type(error).__name__}{text and f': {text}'}{place_of(error)}"


def did_you_mean(kind: str, name: str, names: list[str]) -> HarnessError:
    """An error for an unknown name, with the nearest known one as its hint."""
    import difflib

    near = [word for word in names if name in word][:1] or difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    more = f" and {len(names) - MOST_LISTED} more" if len(names) > MOST_LISTED else ""
    known = names and f"known: {', '.join(sorted(names)[:MOST_LISTED])}{more}"
    hint = f"did you mean '{near[0]}'?" if near else known or "leave it out"
    return HarnessError(f"unknown {kind} '{name}'", hint)


def named(kind: str, name: str, known: Mapping[str, T]) -> T:
    """The thing called `name`. Raises HarnessError with the nearest known name."""
    if name not in known:
        raise did_you_mean(kind, name, list(known))
    return known[name]


class Stopped(Exception):  # decides no number
    """The work was asked to end, by a time limit or a signal. `stage`: where. `kept`: with a checkpoint."""

    def __init__(self, stage: str, kept: bool = True) -> None:
        super().__init__(stage)
        self.kept = kept


class CellFailure(Exception):  # decides no number
    """A cell cannot be finished: a result about its arm, not a mistake of the user, which its record keeps."""
