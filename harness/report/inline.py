"""Figures inside the page: themed by the page's colours, free of clashing ids, with arms that can be switched off."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator

from harness.report.drawing import GRID, INK, MUTED, PAPER, Picture, svg_marks

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
THEMED = {INK: "var(--ink)", MUTED: "var(--muted)", GRID: "var(--grid)", PAPER: "none"}
HREF = f"{{{XLINK}}}href"
START, END = "<svg ", "</svg>"
ORIGIN = re.compile(rb'<div id="origin".*?</div>', re.DOTALL)


def inline_svg(picture: Picture) -> str:
    """The picture as an <svg> element; its own legend is cut off, because the page has one with switches."""
    ET.register_namespace("", SVG)
    ET.register_namespace("xlink", XLINK)
    root = ET.fromstring(picture.svg)
    drawn, painter = svg_marks(picture.svg)
    box = _cropped(root.attrib["viewBox"], picture.legend_height)
    root.attrib.clear()
    root.attrib |= {"viewBox": box, "role": "img", "aria-label": picture.alternative}
    root.attrib |= {"data-drawn": drawn, "data-painter": painter}
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


def same_page(committed: bytes, fresh: bytes) -> bool:
    """True for pages that are equal but for their origin, or whose figures show equal data by another painter."""
    committed, fresh = (ORIGIN.sub(b"", page) for page in (committed, fresh))
    if committed == fresh:
        return True
    try:
        (before, painted), (after, painting) = (_without_figures(page.decode()) for page in (committed, fresh))
    except (UnicodeDecodeError, ET.ParseError):
        return False
    return painted != painting and before == after


def _without_figures(page: str) -> tuple[list[str], set[str]]:
    """The page's text with the digest of what it shows in the place of each figure, and who painted them."""
    text, painters = [], set()
    for part, figure in _parts(page):
        text.append(part)
        if figure is not None:
            text.append(figure.attrib.get("data-drawn", ""))
            painters.add(figure.attrib.get("data-painter", ""))
    return text, painters


def _parts(page: str) -> Iterator[tuple[str, ET.Element | None]]:
    while START in page:
        before, _, rest = page.partition(START)
        figure, _, page = rest.partition(END)
        yield before, ET.fromstring(f"{START}{figure}{END}")
    yield page, None
