"""Figures inside the page: themed by the page's colours, free of clashing ids, with arms that can be switched off."""

import re

from harness.report.drawing import GRID, IDENTITY, INK, MUTED, PAINTER, PAPER, Picture

THEMED = {INK: "var(--ink)", MUTED: "var(--muted)", GRID: "var(--grid)", PAPER: "none"}


def inline_svg(picture: Picture) -> str:
    """The picture as an <svg> element; its own legend is cut off, because the page has one with switches."""
    text = picture.svg.decode()
    marks = [pattern.search(picture.svg) for pattern in (IDENTITY, PAINTER)]
    drawn, painter = (mark[0].decode() if mark else "" for mark in marks)
    body = text[text.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    head, body = body[: body.index(">")], body[body.index(">") + 1 :]
    for colour, variable in THEMED.items():
        body = body.replace(colour, variable)
    box = _cropped(head, picture.legend_height)
    label = _escaped(picture.alternative)
    return (
        f'<svg xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="{box}" role="img" aria-label="{label}"'
        f' data-drawn="{drawn}" data-painter="{painter}">{_own_ids(body, picture.name)}'
    ).rstrip()


def _cropped(head: str, fraction: float) -> str:
    box = re.search(r'viewBox="([\d. ]+)"', head)
    assert box is not None
    left, top, width, height = (float(number) for number in box[1].split())
    return f"{left:g} {top:g} {width:g} {height * (1 - fraction):.2f}"


def _own_ids(body: str, name: str) -> str:
    body = re.sub(r'<g id="arm--(.+?)--(.+?)"', rf'<g data-arm="\1" id="{name}-\1-\2"', body)
    body = re.sub(r'(<(?!g data-arm)[^<>]*?\bid=")', rf"\1{name}-", body)
    body = body.replace('xlink:href="#', f'xlink:href="#{name}-')
    return body.replace("url(#", f"url(#{name}-")


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


INLINED = re.compile(rb'<svg [^>]*?data-drawn="([^"]*)" data-painter="([^"]*)">.*?</svg>', re.DOTALL)


def same_page(committed: bytes, fresh: bytes) -> bool:
    """True for equal bytes, and for pages whose figures show equal data but were painted by other versions."""
    if committed == fresh:
        return True
    painters = [{match[2] for match in INLINED.finditer(page)} for page in (committed, fresh)]
    bare = [INLINED.sub(rb"\1", page) for page in (committed, fresh)]
    return painters[0] != painters[1] and bare[0] == bare[1]
