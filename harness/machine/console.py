"""The one way to print for people: text as it is, names whole, nothing wrapped in a pipe."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

PIPE_WIDTH = 1000  # columns where there is no terminal: wider than any table


def console(stderr: bool = False) -> "Console":
    """A console on standard output, or on standard error, for text that is not ours.

    Brackets are no markup, and control characters are shown as their codes.
    """
    from rich.console import Console  # here, because `harness --help` needs none and would start later

    class PlainConsole(Console):
        def render_str(self, text: str, **options: object):  # type: ignore[no-untyped-def]
            return super().render_str(printable(text), **options)  # type: ignore[arg-type]

    found = PlainConsole(stderr=stderr, markup=False, highlight=False, emoji=False, soft_wrap=True)
    if not found.is_terminal:
        found.width = PIPE_WIDTH
    return found


def printable(text: str) -> str:
    """`text` with every control character but line breaks and tabs written as its code."""
    return "".join(c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in text)


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun: "1 seed", "3 seeds"; `many` is the plural where it is not `one` with an s."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
