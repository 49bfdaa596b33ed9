"""The report as text: index.html, one self-contained page, and report.md for readers who have no browser at hand.

Everything that comes from records is escaped; only our own figures are not.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import TYPE_CHECKING

from harness.analysis.verdicts import VERDICTS
from harness.report.document import IN_PAGE, Document
from harness.report.drawing import GRID, INK, MUTED, PAPER, Picture
from harness.report.table import Table, as_text, human, letter, markdown, verdict_of

if TYPE_CHECKING:
    from jinja2 import Environment

    from harness.report.publish import Origin

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
THEMED = {INK: "var(--ink)", MUTED: "var(--muted)", GRID: "var(--grid)", PAPER: "none"}
HREF = f"{{{XLINK}}}href"
NONE = "No records yet: nothing is found."


@cache
def _environment() -> "Environment":
    """The templates; a name that is not given is an error. Filter `text`: where Markdown takes words as text."""
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    made = Environment(
        loader=PackageLoader("harness.report", "templates"),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {"text": as_text, "human": human, "tone": lambda word: VERDICTS[verdict_of(word)].tone}
    return made


def page(document: Document, origin: "Origin", others: Sequence[tuple[str, str]]) -> str:
    """The page as text. `others`: title and file of the other papers' pages."""
    from markupsafe import Markup

    templates = files("harness.report") / "templates"
    return (
        _environment()
        .get_template("page.html")
        .render(
            document=document,
            origin=origin,
            others=others,
            claims=document.claims.only(*IN_PAGE),
            topics=by_topic(document.findings),
            style=Markup((templates / "style.css").read_text(encoding="utf-8")),
            script=Markup((templates / "page.js").read_text(encoding="utf-8")),
            svg=lambda picture: Markup(inline_svg(picture)),
            letter=letter,
            words={word: verdict.means for word, verdict in VERDICTS.items()},
        )
    )


def report(document: Document) -> str:
    """The report as one Markdown file; figures are links to the SVG files beside it."""
    text = (
        _environment()
        .get_template("report.md")
        .render(
            document=document,
            claims=document.claims.only(*IN_PAGE),
            findings=findings(document, heading="###"),
            words={word: verdict.means for word, verdict in VERDICTS.items()},
            table=markdown,
        )
    )
    return re.sub(r"\n{3,}", "\n\n", text.strip()) + "\n"


def findings(document: Document, heading: str = "##") -> str:
    """What became of the claims, and the findings under their topics, as Markdown."""
    parts = [in_brief(document), markdown(document.tally)] if document.tally.rows else []
    for topic, tables in by_topic(document.findings):
        parts.append(f"{heading} {as_text(topic)}")
        parts += [f"{heading}# {as_text(human(table.title))}\n\n{markdown(table)}" for table in tables]
    return "\n\n".join(parts) or NONE


def in_brief(document: Document) -> str:
    """What README shows and findings begin with: the answer, how many statements come out, and the first sentences."""
    if not document.tally.rows:
        return NONE
    answer, sentences = document.first[:1], document.first[1:]
    parts = [*(f"**{as_text(one)}**" for one in answer), as_text(document.tally.title)]
    parts += ["\n".join(f"{place}. {as_text(one)}" for place, one in enumerate(sentences, 1))] if sentences else []
    return "\n\n".join(parts)


def by_topic(tables: Sequence[Table]) -> list[tuple[str, list[Table]]]:
    """Tables that follow each other under one topic, with that topic."""
    return [(topic, list(found)) for topic, found in groupby(tables, key=lambda table: table.topic)]


# --- Figures inside the page: themed by its colours, free of clashing ids, with arms that can be switched off


def inline_svg(picture: Picture) -> str:
    """The picture as an <svg> element; its own legend is cut off, because the page has one with switches."""
    ET.register_namespace("", SVG)
    ET.register_namespace("xlink", XLINK)
    root = ET.fromstring(picture.svg)
    box = _cropped(root.attrib["viewBox"], picture.legend_height)
    root.attrib.clear()
    root.attrib |= {"viewBox": box, "role": "img", "aria-label": picture.alternative}
    for metadata in root.findall(f"{{{SVG}}}metadata"):
        root.remove(metadata)
    for element in root.iter():
        _adapt(element, picture.name)
    return ET.tostring(root, encoding="unicode").strip()


def _cropped(box: str, fraction: float) -> str:
    left, top, width, height = (float(number) for number in box.split())
    return f"{left:g} {top:g} {width:g} {height * (1 - fraction):.2f}"


def _adapt(element: ET.Element, name: str) -> None:
    """The page's colours in place of the figure's, ids of its own, and the arm that a group belongs to."""
    own = element.attrib.get("id")
    for key, value in element.attrib.items():
        element.attrib[key] = _themed(value).replace("url(#", f"url(#{name}-")
    if element.text:
        element.text = _themed(element.text)
    target = element.attrib.get(HREF, "")
    if target.startswith("#"):
        element.attrib[HREF] = f"#{name}-{target[1:]}"
    elif target:  # an image inside the figure: a parser turns its line breaks into blanks
        element.attrib[HREF] = target.replace(" ", "")
    if own is None:
        return
    mark, _, rest = own.partition("arm--")
    if mark == "" and rest:
        arm, _, part = rest.partition("--")
        element.attrib |= {"data-arm": arm, "id": f"{name}-{arm}-{part}"}
    else:
        element.attrib["id"] = f"{name}-{own}"


def _themed(text: str) -> str:
    for colour, variable in THEMED.items():
        text = text.replace(colour, variable)
    return text
