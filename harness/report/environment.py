"""Jinja for every format that a report is written in: HTML is escaped, Markdown and LaTeX have filters of their own."""

from functools import cache
from typing import TYPE_CHECKING

from harness.catalogue import by_topic

if TYPE_CHECKING:
    from jinja2 import Environment

LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "±": r"$\pm$", "×": r"$\times$", "—": "---",
    "§": r"\S", "≥": r"$\ge$", "≤": r"$\le$", "<": r"\textless{}", ">": r"\textgreater{}", "−": "$-$",
}  # fmt: skip


@cache
def environment() -> "Environment":
    """The templates of `harness/report/templates`; a name that is not given is an error.

    Filters: `text`, where Markdown takes words as text; `tex`, as LaTeX sets them literally; `by_topic`, of findings.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    made = Environment(
        loader=PackageLoader("harness.report", "templates"),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {"text": as_text, "tex": escaped, "by_topic": by_topic}
    return made


def as_text(words: str) -> str:
    """`words` on one line, where Markdown takes it as text: errors may quote anything."""
    for sign in ("\\", "|", "<", "[", "]", "*", "_", "`"):
        words = words.replace(sign, f"\\{sign}")
    return " ".join(words.split())


def escaped(words: str) -> str:
    """`words` as LaTeX sets them literally."""
    return "".join(LATEX.get(sign, sign) for sign in words)
