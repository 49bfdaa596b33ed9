"""An extension of Griffe, which reads docstrings for the reference: attributes and parameters become a list.

Our docstrings explain them in running text, as in "`low` .. `high`: its interval. margin: δ in points." Each such
explanation becomes an item of a list, in the order of the text. Examples (`>>>`) become blocks of code.
"""

import re
from typing import Any

import griffe

SEPARATOR = r"(?:, | \.\. | and )"


class ByAttribute(griffe.Extension):
    """Rewrites the docstrings of classes and functions."""

    def on_class_members(self, *, cls: griffe.Class, **_: Any) -> None:
        """Attributes of a class; its members are known by now."""
        names = [name for name, member in cls.members.items() if member.is_attribute]
        _list(cls, names)

    def on_function_instance(self, *, func: griffe.Function, **_: Any) -> None:
        """Parameters of a function."""
        _list(func, [parameter.name for parameter in func.parameters])


def _list(owner: griffe.Object, names: list[str]) -> None:
    if owner.docstring is None:
        return
    name = rf"`?(?:{'|'.join(map(re.escape, names or ['-']))})`?"  # "-" is no name: nothing is found
    # An explanation begins a line or follows a sentence, and ends where the next one or a new paragraph begins.
    begins = re.compile(rf"(?:(?<=[.;)])[ \n]|^) *({name}(?:{SEPARATOR}{name})*): ", re.MULTILINE)
    paragraphs = []
    for paragraph in owner.docstring.value.split("\n\n"):
        if paragraph.lstrip().startswith(">>>"):
            paragraphs.append(f"```pycon\n{paragraph.strip()}\n```")
            continue
        before, *parts = begins.split(paragraph)
        items = [
            f"- **{label.replace('`', '')}**: {' '.join(text.split()).rstrip(';')}"
            for label, text in zip(parts[::2], parts[1::2], strict=True)
        ]
        paragraphs += [text for text in (before.strip(), "\n".join(items)) if text]
    owner.docstring.value = "\n\n".join(paragraphs)
