"""Writes reference/claims.md, the kinds of claims with their fields, from the types: `python docs/claims.py`."""

import inspect
import re
import types
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from harness.catalogue import claims

PAGE = Path(__file__).parent / "reference" / "claims.md"
HEAD = """\
# Claims

<!-- Made from harness/catalogue/claims.py by `python docs/claims.py`. -->

A paper's `claims.toml` has `[[statement]]` tables, which are what is counted, with `[[statement.claim]]` tables, their
parts, and `[[context]]` tables: published numbers that are shown beside ours and judge nothing. A claim without a
`source` has its statement's, and fields that the claims of a statement have alike stand once, in its
`each = { experiment = "…", kind = "…" }`. Numbers are text, exactly as printed: the place of the last digit belongs to
the claim. Accuracies are in percent, differences in percentage points. `harness papers check` says what is wrong with a
file.
"""
WORDS = {str: "text", int: "whole number", float: "number", bool: "true or false", claims.Rerun: "tables"}


def page() -> str:
    """The page as Markdown."""
    common = {field.name for field in msgspec.structs.fields(claims.Claim)}
    parts = [HEAD, _section("Statement", claims.Statement), _section("Every claim", claims.Claim, skip={"statement"})]
    for kind in get_args(claims.AnyClaim):
        skip = (common | {"row"}) - ({"rival"} if kind is claims.AboveRow else set())
        parts.append(_section(f'kind = "{kind.__struct_config__.tag}"', kind, skip))
    return "\n".join([*parts, _section("A rerun", claims.Rerun)])


def _section(title: str, kind: Any, skip: set[str] = frozenset()) -> str:  # type: ignore[assignment]
    """What a type's docstring says, and a row for each field that it has beside those of `skip`."""
    hints = get_type_hints(kind, include_extras=True)
    rows = [
        f"| `{field.name}` | {_in_words(hints[field.name])} | {_default(field)} |"
        for field in msgspec.structs.fields(kind)
        if field.name not in skip
    ]
    said = re.split(r"\n *The properties", inspect.getdoc(kind) or "")[0].strip()
    table = ["| field | | default |", "| --- | --- | --- |", *rows, ""] if rows else []
    return "\n".join([f"## {title}", "", said, "", *table])


def _default(field: Any) -> str:
    if field.required:
        return "required"
    return "none" if field.default in (None, "", ()) else f"`{field.default}`".replace("False", "false")


def _in_words(hint: Any) -> str:
    """A type in words."""
    if hint in WORDS:
        return WORDS[hint]
    if get_origin(hint) is Annotated:
        base, *constraints = get_args(hint)
        printed = any(getattr(one, "pattern", None) for one in constraints)
        return "printed number" if printed else _in_words(base)
    if get_origin(hint) is Literal:
        return " or ".join(f'`"{value}"`' for value in get_args(hint))
    if get_origin(hint) is tuple:
        return f"list of {_in_words(get_args(hint)[0])}"
    if get_origin(hint) in (Union, types.UnionType):
        return _in_words(get_args(hint)[0])
    return str(hint)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
