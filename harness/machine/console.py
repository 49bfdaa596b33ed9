"""Printing for people: text without markup, names not cut, and no wrapping in a pipe.

Names, reasons and values come from records, files and arguments: control characters among them would reach the
terminal. `say` and `plain_console` show them as their codes.
"""

import re
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

UNUSUAL = re.compile(r"[^\x20-\x7e\n\t]")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|[+-]?(inf|nan)", re.ASCII)
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet takes a text that begins so for a formula
PIPE_WIDTH = 1000  # columns where there is no terminal: wider than any table


def plain_console(stderr: bool = False, quiet: bool = False) -> "Console":
    """A console on standard output, or on standard error, for text that is not ours; `quiet`: it prints nothing.

    Brackets are no markup, and control characters are shown as their codes.
    """
    from rich.console import Console  # here, because `harness --help` needs none and would start later

    class PlainConsole(Console):
        def render_str(self, text: str, **options: object):  # type: ignore[no-untyped-def]
            return super().render_str(printable(text), **options)  # type: ignore[arg-type]

    plain = PlainConsole(stderr=stderr, markup=False, highlight=False, emoji=False, soft_wrap=True, quiet=quiet)
    if not plain.is_terminal:
        plain.width = PIPE_WIDTH
    return plain


def say(text: str, stderr: bool = False, end: str = "\n") -> None:
    """Print one text."""
    print(printable(text), file=sys.stderr if stderr else sys.stdout, end=end, flush=stderr)


def printable(text: str) -> str:
    """`text` with every control character but line breaks and tabs written as its code."""
    return UNUSUAL.sub(lambda c: c[0] if c[0].isprintable() else c[0].encode("unicode_escape").decode(), text)


def no_formula(text: str) -> str:
    """`text` for a spreadsheet, with an apostrophe if it would be read as a formula. Numbers stay numbers."""
    return f"'{text}" if text.startswith(FORMULA) and not NUMBER.fullmatch(text) else text


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun: "1 seed", "3 seeds"; `many` is the plural if it is not `one` with an s."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
